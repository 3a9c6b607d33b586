"""Writes `scalings.json`: what scikit-learn makes of columns. Needs scikit-learn.

python tests/golden/make_scalings.py
"""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

QUANTILES = 257


def columns(rows: int) -> np.ndarray:
    """Columns of several distributions, with ties, a constant, and numbers below zero."""
    draws = np.random.default_rng(rows)
    return np.column_stack(
        [
            draws.normal(5, 2, rows),
            draws.lognormal(3, 2, rows),
            draws.integers(0, 4, rows),
            np.round(draws.normal(size=rows), 1),
            np.full(rows, 7.25),
            -50 - draws.exponential(size=rows),
        ]
    )


def unseen(x: np.ndarray) -> np.ndarray:
    """Rows of the columns, and others: beyond their ends, and between their numbers."""
    draws = np.random.default_rng(1)
    ends = [x.min(axis=0), x.max(axis=0), x.min(axis=0) - 3, x.max(axis=0) + 3]
    return np.vstack([x[:12], ends, draws.permuted(x, axis=0)[:12] + 0.01])


def scalers(rows: int) -> dict[str, Any]:
    return {
        "standardize": StandardScaler(),
        "minmax": MinMaxScaler(),
        "robust": RobustScaler(),
        "quantile": QuantileTransformer(
            n_quantiles=min(QUANTILES, rows), subsample=None, output_distribution="normal"
        ),
    }


def of_log(x: np.ndarray, new: np.ndarray) -> np.ndarray:
    log = FunctionTransformer(lambda each: np.sign(each) * np.log1p(np.abs(each)))
    return StandardScaler().fit(log.transform(x)).transform(log.transform(new))


if __name__ == "__main__":
    cases = []
    for rows in (1, 2, 40, 256, 257, 700):
        x = columns(rows)
        new = unseen(x)
        made = {name: scaler.fit(x).transform(new) for name, scaler in scalers(rows).items()}
        made["log"] = of_log(x, new)
        values = {name: array.tolist() for name, array in made.items()}
        cases.append({"rows": rows, "x": x.tolist(), "new": new.tolist(), "scaled": values})
    versions = {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")}
    path = Path(__file__).with_name("scalings.json")
    path.write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")
