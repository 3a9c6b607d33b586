"""Small runs whose answers are calibrated, cut or given a range, of every kind of target."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nnctl.jobs.predict import predict
from nnctl.jobs.train import train

ROWS = 240
ANSWERS = {"calibrate": True, "intervals": 0.8}
CONFIG: dict[str, Any] = {
    "data": {
        "train": "t.csv",
        "features": ["a", "b"],
        "validation": 0.2,
        "calibration": 0.3,
        "test": "new.csv",
    },
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "epochs": 3,
}
QUANTILES = {"type": "quantile", "quantiles": [0.1, 0.5, 0.8]}
SPARSE, LOGITS = "sparse_categorical_crossentropy", {"from_logits": True}
# By kind: the target, the units and the activation of the last layer, the loss, and what is asked.
KINDS: dict[str, tuple[Any, int, str, Any, dict[str, Any]]] = {
    "binary": ("yes", 1, "sigmoid", "binary_crossentropy", {**ANSWERS, "threshold": 0.4}),
    "binary logits": (
        "yes",
        1,
        "linear",
        {"type": "binary_crossentropy", **LOGITS},
        {**ANSWERS, "threshold": {"maximize": "f1"}, "class_weight": "balanced"},
    ),
    "classes": ("kind", 3, "softmax", SPARSE, ANSWERS),
    "classes logits": ("kind", 4, "linear", {"type": SPARSE, **LOGITS}, ANSWERS),
    "classes of sigmoids": ("kind", 3, "sigmoid", SPARSE, ANSWERS),
    "labels": (
        ["yes", "high"],
        2,
        "sigmoid",
        "binary_crossentropy",
        {"calibrate": True, "threshold": {"recall": 0.8}},
    ),
    "number": ("n", 1, "linear", "mean_squared_error", {"intervals": 0.8}),
    "numbers": (["n", "m"], 2, "linear", "huber", {"intervals": 0.8}),
    "quantiles": (["n", "m"], 6, "linear", QUANTILES, {"intervals": 0.8}),
}


def write_table(path: Path, rows: int = ROWS, seed: int = 0) -> Path:
    """A table of two numbers, and what they tell more or less well."""
    draws = np.random.default_rng(seed)
    a, b = draws.normal(size=(2, rows)).round(4)
    noise = draws.normal(size=(3, rows))
    columns = {
        "a": a,
        "b": b,
        "yes": (a + noise[0] > 0.8).astype(int),
        "high": (b + 0.5 * noise[1] > 0).astype(int),
        "kind": np.array(["ash", "elm", "oak"])[np.digitize(a + 0.7 * noise[2], [-0.5, 0.7])],
        "n": (3 * a + noise[1]).round(3),
        "m": (100 + 20 * b + 10 * noise[0]).round(3),
        "weight": draws.uniform(0.5, 2, rows).round(3),
    }
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def config_of(kind: str, folder: Path, data: Any = None, **changes: Any) -> Path:
    """The config of a kind, with its two tables beside it; what is None is left out."""
    target, units, activation, loss, asked = KINDS[kind]
    write_table(folder / "t.csv")
    write_table(folder / "new.csv", seed=1)
    config = {
        **CONFIG,
        "loss": loss,
        "layers": [
            {"type": "dense", "units": 5, "activation": "tanh"},
            {"type": "dense", "units": units, "activation": activation},
        ],
        **asked,
        **changes,
    }
    config["data"] = {**CONFIG["data"], "target": target, **(data or {})}
    if kind.startswith(("number", "quantile")):
        config["data"]["target_scale"] = "standardize"
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in config.items() if v is not None}))
    return path


def run_of(kind: str, folder: Path, data: Any = None, **changes: Any) -> Any:
    """The result of training such a config, in the folder `run`."""
    return train(
        config_of(kind, folder, data, **changes), output=folder / "run", overwrite=True, processes=1
    )


def said(run: Path, table: Path, **given: Any) -> dict[str, list[str]]:
    """What `predict` says of the rows of a table, by column."""
    text = "".join(predict(run, table, **given).chunks())
    header, *rows = csv.reader(io.StringIO(text))
    return {name: [row[k] for row in rows] for k, name in enumerate(header)}


def numbers(column: list[str]) -> np.ndarray:
    return np.array(list(map(float, column)))


def truth(table: Path, column: str) -> list[str]:
    """A column of a table as it is written."""
    with table.open() as file:
        return [row[column] for row in csv.DictReader(file)]
