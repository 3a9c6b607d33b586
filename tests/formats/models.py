"""Small trained models of each kind, with rows to predict: what a weights file may hold."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from nnctl.jobs.train import train

ROWS = 24


class Kind(NamedTuple):
    """A config, less its data file, and whether those data are arrays."""

    config: dict
    is_table: bool = True


def dense(units: int, activation: str = "linear") -> dict:
    return {"type": "dense", "units": units, "activation": activation}


SMALL = {"optimizer": "adam", "epochs": 2, "batch_size": 8}
KINDS = {
    "binary": Kind(
        {
            "data": {"target": "sick", "features": ["age", "size"], "scale": "standardize"},
            "layers": [dense(3, "tanh"), dense(1, "sigmoid")],
            "loss": "binary_crossentropy",
        }
    ),
    "ensemble": Kind(
        {
            "data": {
                "target": "price", "features": ["age", "size"], "scale": "standardize",
                "validation": 0.25, "target_scale": "standardize",
            },
            "layers": [dense(3, "tanh"), dense(1)],
            "loss": "mean_squared_error",
            "ensemble": {"members": 3, "split": "own"},
        }
    ),
    "sure of classes": Kind(
        {
            "data": {
                "target": "sick", "features": ["age", "size"], "scale": "standardize",
                "calibration": 0.25,
            },
            "layers": [dense(3, "tanh"), dense(1, "sigmoid")],
            "loss": "binary_crossentropy",
            "calibrate": True,
            "threshold": {"maximize": "f1"},
            "intervals": 0.5,
        }
    ),
    "sure of numbers": Kind(
        {
            "data": {"target": ["price", "age"], "features": ["size"], "calibration": 0.25},
            "layers": [dense(4)],
            "loss": {"type": "quantile", "quantiles": [0.2, 0.8]},
            "intervals": 0.5,
        }
    ),
    "multiclass": Kind(
        {
            "data": {
                "target": "kind", "features": ["age", "colour", "size", "town"], "missing": "mean",
                "scale": "standardize", "text": ["town"], "sample_weight": "weight",
            },
            "layers": [
                dense(4),
                {"type": "batch_normalization"},
                {"type": "activation", "activation": {"type": "leaky_relu", "negative_slope": 0.1}},
                {"type": "dropout", "rate": 0.2},
                dense(3),
            ],
            "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
        }
    ),
    "regression": Kind(
        {
            "data": {
                "target": ["price", "sick"], "scale": "minmax", "target_scale": "standardize",
                "features": ["age", "size", "colour"], "missing": "drop",
            },
            "layers": [dense(3, "relu"), {"type": "layer_normalization"}, dense(2)],
            "loss": "mean_squared_error",
        }
    ),
    "multi-label": Kind(
        {
            "data": {
                "target": ["sick", "old"], "features": ["age", "price"],
                "scale": {"type": "rescale", "by": 40}, "missing": "drop",
            },
            "layers": [dense(3, "elu"), dense(2)],
            "loss": {"type": "binary_crossentropy", "from_logits": True},
            "dtype": "float64",
        }
    ),
    "columns": Kind(
        {
            "data": {
                "target": "price", "features": ["age", "size", "colour", "town", "day"],
                "scale": "standardize", "missing": "mean", "bins": 3,
                "columns": {
                    "age": {"scale": {"type": "robust", "clip": True}, "missing": "median"},
                    "size": {"scale": "quantile", "indicator": True},
                    "town": {"type": "category", "min_count": 9},
                    "day": {"type": "date", "parts": ["year", "weekday", "days"]},
                },
            },
            "layers": [dense(3, "tanh"), dense(1)],
            "loss": "mean_squared_error",
        }
    ),
    "one-hot": Kind(
        {
            "data": {"target": ["p", "q", "r"], "features": ["town"], "text": ["town"]},
            "layers": [dense(3, "softmax")],
            "loss": "categorical_crossentropy",
        }
    ),
    "images": Kind(
        {
            "data": {"scale": "standardize"},
            "layers": [
                {"type": "conv2d", "filters": 2, "kernel_size": 2, "activation": "relu"},
                {"type": "max_pooling2d"},
                {"type": "flatten"},
                dense(4),
            ],
            "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
        },
        is_table=False,
    ),
}  # fmt: skip


def table(generator: np.random.Generator) -> list[dict[str, object]]:
    """Rows with a gap here and there, none in what the simpler kinds use."""
    rows: list[dict[str, object]] = []
    for number in range(ROWS):
        age = round(float(generator.normal(40, 12)), 1)
        hot = number % 3
        rows.append(
            {
                "age": age,
                "size": round(float(generator.normal(1.7, 0.1)), 2),
                "colour": ("red", "green", "", "blue")[number % 4],
                "town": (1, 20, 3)[number % 3 if number else 1],
                "day": f"202{number % 3}-0{1 + number % 8}-1{number % 9}",
                "price": round(float(generator.normal(9, 4)), 2),
                "weight": 1 + number % 2,
                "sick": number % 2,
                "old": int(age > 40),
                "kind": ("ash", "elm", "oak")[(number + int(age)) % 3],
                **{name: int(hot == place) for place, name in enumerate("pqr")},
            }
        )
    return rows


def write_data(kind: Kind, folder: Path) -> Path:
    """The data file of a kind."""
    generator = np.random.default_rng(7)
    if not kind.is_table:
        x = generator.normal(size=(ROWS, 4, 4, 1)).astype(np.float32)
        np.savez(folder / "data.npz", x=x, y=np.arange(ROWS) % 4)
        return folder / "data.npz"
    rows = table(generator)
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "data.csv"


def trained(name: str, folder: Path) -> tuple[Path, Path]:
    """The weights file of a model of that kind, and rows for it."""
    kind = KINDS[name]
    folder.mkdir()
    data = write_data(kind, folder)
    config = {**SMALL, **kind.config, "data": {"train": data.name, **kind.config["data"]}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return train(folder / "config.yaml", output=folder / "run").weights, data
