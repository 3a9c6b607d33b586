"""The trainings whose results are compared with Keras: what is trained, on which numbers.

Used by `make_keras.py`, which asks Keras, and by `test_keras.py`, which asks nnctl. Both build the
same model from a case, start from the same arrays, and train without shuffling in float64.

Keras rounds learning rates, and one over a batch of three rows, to float32: so all rates here are
powers of two, and the short last batch holds two rows.
"""

from typing import Any

import numpy as np

ROWS, FEATURES, UNITS, CLASSES = 10, 4, 5, 3
EPOCHS, BATCH_SIZE = 3, 4  # the last batch holds two rows

Case = dict[str, Any]


def dense(units: int, activation: Any = "linear", **options: Any) -> dict[str, Any]:
    return {"type": "dense", "units": units, "activation": activation, **options}


def case(layers: list[dict[str, Any]], loss: dict[str, Any], optimizer: Any, **more: Any) -> Case:
    return {"layers": layers, "loss": loss, "optimizer": optimizer, **more}


REGRESSION = {"type": "mean_squared_error"}
SGD = {"type": "sgd", "learning_rate": 0.125}
ADAM = {"type": "adam", "learning_rate": 0.015625}
SPARSE = {"type": "sparse_categorical_crossentropy", "from_logits": True}
BINARY = {"type": "binary_crossentropy", "from_logits": True}

CASES: dict[str, Case] = {
    **{
        f"activation {name}": case([dense(UNITS, name), dense(2)], REGRESSION, SGD, metrics=["mae"])
        for name in ("linear", "relu", "sigmoid", "softmax")
    },
    "mean squared error": case([dense(2)], REGRESSION, SGD, metrics=["mae", "mse"]),
    "binary logits": case([dense(UNITS, "relu"), dense(1)], BINARY, SGD),
    "binary probabilities": case(
        [dense(UNITS, "relu"), dense(1, "sigmoid")],
        {"type": "binary_crossentropy"},
        SGD,
        metrics=["accuracy"],
    ),
    "multi-label logits": case([dense(UNITS, "sigmoid"), dense(3)], BINARY, ADAM),
    "sparse logits": case(
        [dense(UNITS, "relu"), dense(CLASSES)], SPARSE, SGD, metrics=["accuracy"]
    ),
    "sparse probabilities": case(
        [dense(UNITS, "relu"), dense(CLASSES, "softmax")],
        {"type": "sparse_categorical_crossentropy"},
        SGD,
        metrics=["accuracy"],
    ),
    "optimizer adam": case([dense(UNITS, "relu"), dense(CLASSES)], SPARSE, ADAM),
    "optimizer adam betas": case(
        [dense(UNITS, "relu"), dense(CLASSES)],
        SPARSE,
        {"type": "adam", "learning_rate": 0.0625, "beta_1": 0.75, "beta_2": 0.875, "epsilon": 1e-3},
    ),
    "optimizer rmsprop": case(
        [dense(UNITS, "relu"), dense(2)], REGRESSION, {"type": "rmsprop", "learning_rate": 0.03125}
    ),
    "without bias": case([dense(UNITS, "sigmoid", use_bias=False), dense(2)], REGRESSION, SGD),
    "full batch": case([dense(CLASSES)], SPARSE, SGD, batch_size=ROWS),
    "class weight": case(
        [dense(UNITS, "relu"), dense(CLASSES)], SPARSE, SGD, class_weight={0: 0.5, 2: 3.0}
    ),
    "sample weight": case([dense(UNITS, "relu"), dense(2)], REGRESSION, SGD, sample_weight=True),
}


def data(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, targets and sample weights of a case."""
    generator = np.random.default_rng(7)
    x = generator.standard_normal((ROWS, FEATURES))
    outputs = case["layers"][-1]["units"]
    kind = case["loss"]["type"]
    if kind == "sparse_categorical_crossentropy":
        y = generator.integers(0, CLASSES, ROWS)
    elif kind == "binary_crossentropy":
        y = generator.integers(0, 2, (ROWS, outputs)).astype(float)
    else:
        y = generator.standard_normal((ROWS, outputs))
    return x, y, generator.integers(4, 17, ROWS) / 8


def initial(shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The arrays that training starts from, biases included."""
    generator = np.random.default_rng(11)
    return [generator.uniform(-0.7, 0.7, shape) for shape in shapes]
