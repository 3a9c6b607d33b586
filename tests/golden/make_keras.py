"""Writes `keras.json`: what Keras 3 makes of every case. Needs keras and jax.

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/golden/make_keras.py
"""

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import cases
import jax
import keras
import numpy as np

keras.backend.set_floatx("float64")
keras.config.set_dtype_policy("float64")
NAMES = {"sgd": "SGD", "rmsprop": "RMSprop"}


def made(module: Any, given: Any) -> Any:
    """The Keras object for a name or `{type: …}`, by Keras's CamelCase of the name."""
    arguments = {"type": given} if isinstance(given, str) else dict(given)
    name = arguments.pop("type")
    camel = NAMES.get(name) or "".join(part.capitalize() for part in name.split("_"))
    return getattr(module, camel)(**arguments)


def train(case: dict[str, Any]) -> dict[str, Any]:
    layers = [made(keras.layers, layer) for layer in case["layers"]]
    model = keras.Sequential([keras.Input((cases.FEATURES,)), *layers])
    model.set_weights(cases.initial([w.shape for w in model.get_weights()]))
    metrics = case.get("metrics", [])
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
        "output": np.asarray(model(keras.ops.convert_to_tensor(x, "float64")), np.float64).tolist(),
    }


if __name__ == "__main__":
    results = {
        "versions": {"keras": keras.__version__, "jax": jax.__version__, "numpy": np.__version__},
        "cases": {name: train(case) for name, case in cases.CASES.items()},
    }
    path = Path(__file__).with_name("keras.json")
    path.write_text(json.dumps(results, separators=(",", ":")) + "\n")
