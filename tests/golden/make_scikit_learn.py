"""Writes `scikit_learn.json`: what scikit-learn makes of each metric. Needs scikit-learn.

python tests/golden/make_scikit_learn.py
"""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import metrics

ROWS, CLASSES = 40, 4


def figures(truth: Any, chosen: Any, average: str) -> dict[str, float]:
    options: dict[str, Any] = {"average": average, "zero_division": 0.0}
    return {
        "accuracy": float(np.mean(truth == chosen)),
        "precision": float(metrics.precision_score(truth, chosen, **options)),
        "recall": float(metrics.recall_score(truth, chosen, **options)),
        "f1": float(metrics.f1_score(truth, chosen, **options)),
    }


def binary(generator: np.random.Generator, columns: int) -> dict[str, Any]:
    """Probabilities on a grid, so that some tie."""
    y = generator.integers(0, 2, (ROWS, columns))
    a = np.clip(np.round(0.4 * y + 0.6 * generator.random((ROWS, columns)), 1), 0.05, 0.95)
    found = figures(y.ravel(), (a > 0.5).astype(int).ravel(), "binary")
    found["auc"] = float(metrics.roc_auc_score(y.ravel(), a.ravel()))
    return {"task": "binary", "y": y.tolist(), "a": a.tolist(), "figures": found}


def multiclass(generator: np.random.Generator) -> dict[str, Any]:
    y = generator.integers(0, CLASSES, ROWS)
    scores = generator.random((ROWS, CLASSES)) + 0.7 * np.eye(CLASSES)[y]
    a = scores / scores.sum(axis=1, keepdims=True)
    found = figures(y, a.argmax(axis=1), "macro")
    found["top_k_accuracy"] = float(metrics.top_k_accuracy_score(y, a, k=2))
    found["auc"] = float(metrics.roc_auc_score(y, a, multi_class="ovr", average="macro"))
    return {"task": "multiclass", "y": y.tolist(), "a": a.tolist(), "figures": found}


def regression(generator: np.random.Generator) -> dict[str, Any]:
    y = generator.normal(5, 2, (ROWS, 2))
    a = y + generator.normal(0, 1, (ROWS, 2))
    found = {
        "r2": float(metrics.r2_score(y, a)),
        "mae": float(metrics.mean_absolute_error(y, a)),
        "mse": float(metrics.mean_squared_error(y, a)),
        "rmse": float(np.sqrt(metrics.mean_squared_error(y, a))),
    }
    return {"task": "regression", "y": y.tolist(), "a": a.tolist(), "figures": found}


if __name__ == "__main__":
    draws = np.random.default_rng(5)
    cases = {
        "binary": binary(draws, 1),
        "multi-label": binary(draws, 3),
        "multiclass": multiclass(draws),
        "regression": regression(draws),
    }
    versions = {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")}
    path = Path(__file__).with_name("scikit_learn.json")
    path.write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")
