"""Writes `keras.json`: what Keras 3 makes of every case. Needs keras and jax.

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/golden/make_keras.py
"""

import functools
import importlib.metadata
import json
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import cases
import keras
import numpy as np

# Unless told otherwise, Keras on JAX lets means and normalisations of float64 have float32 digits.
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
keras.backend.set_floatx("float64")
keras.config.set_dtype_policy("float64")
NAMES = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adamw": "AdamW",
    "l1_l2": "L1L2",
    "piecewise_constant": "PiecewiseConstantDecay",
    "mae": "MeanAbsoluteError",
    "mse": "MeanSquaredError",
    "rmse": "RootMeanSquaredError",
    "r2": "R2Score",
}


def accurate_tanh(z: Any) -> Any:
    """tanh by Keras's sigmoid: the tanh of JAX's compiler is good to eight digits only."""
    return 2 * keras.activations.sigmoid(2 * z) - 1


def made(module: Any, given: Any) -> Any:
    """The Keras object for a name or `{type: …}`, by Keras's CamelCase of the name."""
    arguments = {"type": given} if isinstance(given, str) else dict(given)
    name = arguments.pop("type")
    camel = NAMES.get(name) or "".join(part.capitalize() for part in name.split("_"))
    camel = re.sub("([12])d$", r"\1D", camel)
    if isinstance(arguments.get("activation"), dict):
        activation = dict(arguments["activation"])
        function = getattr(keras.activations, activation.pop("type"))
        arguments["activation"] = functools.partial(function, **activation)
    if arguments.get("activation") == "tanh":
        arguments["activation"] = accurate_tanh
    if isinstance(arguments.get("learning_rate"), dict):
        schedules = keras.optimizers.schedules
        arguments["learning_rate"] = made(schedules, arguments["learning_rate"])
    for key, value in arguments.items():
        if key.endswith("_regularizer"):
            arguments[key] = made(keras.regularizers, value)
    return getattr(module, camel)(**arguments)


def metric(given: Any, loss: str) -> Any:
    """The Keras metric, named as nnctl names it."""
    name = given if isinstance(given, str) else given["type"]
    if name == "accuracy":
        return name
    if name == "top_k_accuracy":
        return keras.metrics.SparseTopKCategoricalAccuracy(given["k"], name=name)
    return made(keras.metrics, {"type": name, "name": name})


def train(case: dict[str, Any]) -> dict[str, Any]:
    layers = [made(keras.layers, layer) for layer in case["layers"]]
    model = keras.Sequential([keras.Input(cases.input_shape(case)), *layers])
    model.set_weights(cases.initial(case, [w.shape for w in model.get_weights()]))
    metrics = [metric(given, case["loss"]["type"]) for given in case.get("metrics", [])]
    model.compile(
        optimizer=made(keras.optimizers, case["optimizer"]),
        loss=made(keras.losses, case["loss"]),
        metrics=metrics,
    )
    x, y, weight = cases.data(case)
    history = model.fit(
        x,
        y,
        batch_size=case.get("batch_size", cases.BATCH_SIZE),
        epochs=cases.EPOCHS,
        shuffle=False,
        verbose=0,
        class_weight=case.get("class_weight"),
        sample_weight=weight if case.get("sample_weight") else None,
    )
    return {
        "weights": [np.asarray(w, np.float64).tolist() for w in model.get_weights()],
        "history": {name: [float(v) for v in values] for name, values in history.history.items()},
        "output": keras.ops.convert_to_numpy(
            model(keras.ops.convert_to_tensor(x, "float64"))
        ).tolist(),
    }


if __name__ == "__main__":
    versions = {name: importlib.metadata.version(name) for name in ("keras", "jax", "numpy")}
    results = {"versions": versions, "cases": {name: train(c) for name, c in cases.CASES.items()}}
    path = Path(__file__).with_name("keras.json")
    path.write_text(json.dumps(results, separators=(",", ":")) + "\n")
