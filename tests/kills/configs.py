"""The runs that are killed: small ones with all that a checkpoint has to remember."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROWS, EPOCHS = 90, 8
OUTPUT = {"type": "dense", "units": 3}
DROPOUT = {"type": "dropout", "rate": 0.3}
SCHEDULE = {"type": "cosine_decay", "initial_learning_rate": 0.05, "decay_steps": 60}
EXPONENTIAL = {
    "type": "exponential_decay",
    "initial_learning_rate": 0.1,
    "decay_steps": 20,
    "decay_rate": 0.5,
}


def hidden(*more: Any) -> list[Any]:
    return [{"type": "dense", "units": 8, "activation": "relu"}, *more, OUTPUT]


CONFIGS: dict[str, dict[str, Any]] = {
    "adam and dropout": {
        "layers": hidden(DROPOUT),
        "optimizer": {"type": "adam", "learning_rate": 0.02},
        "metrics": ["accuracy", "auc", "f1"],
    },
    "momentum, schedule and class weights": {
        "layers": hidden(),
        "optimizer": {"type": "sgd", "learning_rate": EXPONENTIAL, "momentum": 0.9},
        "class_weight": "balanced",
    },
    "early stopping": {
        "layers": hidden(DROPOUT),
        "optimizer": {"type": "rmsprop", "learning_rate": 0.1},
        "early_stopping": {"patience": 2},
        "epochs": 40,
    },
    "plateau and regularization": {
        "layers": [{**layer, "kernel_regularizer": "l2"} for layer in hidden()],
        "optimizer": {"type": "adagrad", "learning_rate": 0.3},
        "reduce_lr_on_plateau": {"patience": 1},
    },
    "batch normalization and a schedule": {
        "layers": hidden({"type": "batch_normalization"}),
        "optimizer": {"type": "adamw", "learning_rate": SCHEDULE},
        "dtype": "float64",
    },
    "blocks from the disk": {
        "data": {"train": "table.csv", "target": "kind", "validation": 0.2, "memory": 700},
        "layers": hidden(DROPOUT),
        "optimizer": {"type": "adam", "learning_rate": 0.02},
    },
    "an ensemble": {
        "layers": hidden(DROPOUT),
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        "early_stopping": {"patience": 1},
        "ensemble": 3,
    },
    "full batches": {
        "layers": hidden(DROPOUT),
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        "batch_size": "full",
        "epochs": 30,
    },
}


def write(folder: Path) -> dict[str, Path]:
    """Writes the table and the configs; returns the configs' paths."""
    generator = np.random.default_rng(3)
    kinds = generator.integers(0, 3, ROWS)
    columns = generator.normal(size=(ROWS, 4)) + kinds[:, None]
    table = ["a,b,c,d,kind", *(",".join(map(repr, [*row, k])) for row, k in zip(
        columns.tolist(), kinds.tolist(), strict=True))]  # fmt: skip
    (folder / "table.csv").write_text("\n".join(table) + "\n")
    paths = {}
    for name, changes in CONFIGS.items():
        config = {
            "data": {"train": "table.csv", "target": "kind", "validation": 0.2},
            "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
            "epochs": EPOCHS,
            "batch_size": 16,
            **changes,
        }
        paths[name] = folder / f"{name.replace(' ', '-').replace(',', '')}.yaml"
        paths[name].write_text(yaml.safe_dump(config))
    return paths
