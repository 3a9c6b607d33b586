"""Writes `augmentation.json`: what Keras 3 makes of some images. Needs keras and jax.

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/golden/make_augmentation.py
"""

import importlib.metadata
import itertools
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import keras
import numpy as np

keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
keras.backend.set_floatx("float64")
keras.config.set_dtype_policy("float64")
SHAPE = (4, 5, 4, 1)
SEED = 4
UNFLIPPED, FLIPPED = 0.75, 0.25


def cases() -> list[tuple[str, dict[str, Any]]]:
    """The layers, with their arguments."""
    found: list[tuple[str, dict[str, Any]]] = []
    for fill, way in itertools.product(
        ["reflect", "wrap", "constant", "nearest"], ["bilinear", "nearest"]
    ):
        options = {"fill_mode": fill, "interpolation": way, "fill_value": 3.5}
        shares = {"height_factor": 0.9, "width_factor": [-0.25, 0.75]}
        found.append(("random_translation", {**shares, **options}))
        found.append(("random_rotation", {"factor": [-0.125, 0.5], **options}))
        found.append(("random_zoom", {"height_factor": [-0.5, 0.75], **options}))
        shares = {"height_factor": 0.5, "width_factor": [-0.25, 1.0]}
        found.append(("random_zoom", {**shares, **options}))
    for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
        found.append(("random_flip", {"mode": mode}))
    found.append(("random_contrast", {"factor": 0.75}))
    found.append(("random_contrast", {"factor": [0.25, 1.0], "value_range": [20, 200]}))
    return found


def shares_drawn(layer: Any, drawn: dict[str, Any]) -> list[Any]:
    """What in [0, 1) a layer drew to come to a transformation, draw by draw."""
    _, height, width, _ = SHAPE
    if isinstance(layer, keras.layers.RandomFlip):
        return [np.where(drawn["flips"], FLIPPED, UNFLIPPED)]
    if isinstance(layer, keras.layers.RandomContrast):
        return [share(drawn["contrast_factor"], 1 - layer.factor[0], 1 + layer.factor[1])]
    if isinstance(layer, keras.layers.RandomRotation):
        return [share(drawn["angle"], *(360 * end for end in layer.factor))]
    if isinstance(layer, keras.layers.RandomZoom):
        high = share(drawn["height_zoom"], 1 + layer.height_lower, 1 + layer.height_upper)
        if layer.width_factor is None:
            return [high]
        wide = share(drawn["width_zoom"], 1 + layer.width_lower, 1 + layer.width_upper)
        return [high, wide]
    right, down = drawn["translations"].T
    return [
        share(down, layer.height_lower * height, layer.height_upper * height),
        share(right, layer.width_lower * width, layer.width_upper * width),
    ]


def share(numbers: Any, low: float, high: float) -> Any:
    return (np.asarray(numbers, np.float64) - low) / (high - low)


def answer(name: str, options: dict[str, Any], images: Any) -> dict[str, Any]:
    """What a layer drew for the images, and what it made of them."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    layer = getattr(keras.layers, camel)(**options)
    drawn = layer.get_random_transformation(images, seed=keras.random.SeedGenerator(SEED))
    # What draws wrote may be written over by what uses them.
    copied = {
        key: np.array(value) if hasattr(value, "shape") else value for key, value in drawn.items()
    }
    made = np.asarray(layer.transform_images(images, drawn, training=True))
    return {
        "layer": {"type": name, **options},
        "draws": [np.ravel(each).tolist() for each in shares_drawn(layer, copied)],
        "images": np.round(np.ravel(made), 6).tolist(),
    }


def main() -> None:
    images = np.random.default_rng(SEED).integers(0, 256, SHAPE).astype(np.float64)
    written = {
        "made_by": {name: importlib.metadata.version(name) for name in ("keras", "jax")},
        "images": images.tolist(),
        "cases": [answer(name, options, images) for name, options in cases()],
    }
    file = Path(__file__).with_name("augmentation.json")
    file.write_text(json.dumps(written, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
