"""Checks of the data against the model: of the examples as the model is given them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.network import Output, output_of
from nnctl.advice.network_checks import NORMALIZING
from nnctl.advice.samples import rows_at_once
from nnctl.assembly.build import Built
from nnctl.data.axes import transpose_call
from nnctl.graph import Array
from nnctl.rules import data as rules
from nnctl.rules.output import RELU_BELOW_ZERO, SQUASHED_NUMBERS
from nnctl.training.blocks import Blocks, Inputs

SAMPLE_ROWS = 1000  # rows
LARGE, SMALL = 10.0, 0.01
PIXELS, BRIGHTEST = 64, 255
INTERVALS = {"sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1)}
SLIDING = ("conv", "max_pooling", "average_pooling")
MOST_CHANNELS = 4
NEVER_NEGATIVE = ("relu", "softplus")
MOST_CLASSES = 10
ROWS_A_CLASS = 10


def sample(array: Inputs) -> Array:
    """About a thousand rows, or fewer of many numbers, evenly spaced: `(rows, numbers)`."""
    rows = min(SAMPLE_ROWS, rows_at_once(array.size // len(array)))
    chosen = array[:: max(1, len(array) // rows)]
    return chosen.reshape(len(chosen), -1)


def passes_on(layer: str) -> bool:
    """Whether a type of layer gives the numbers that it is given, in another place at most."""
    return layer in ("flatten", "reshape") or layer.startswith("random_")


def unscaled_inputs(built: Built) -> Iterator[Finding]:
    layers = [layer.type for layer in built.config.layers]
    first = next((name for name in layers if not passes_on(name)), None)
    if first in NORMALIZING:
        return
    x = sample(built.train.x)
    with np.errstate(over="ignore"):
        sizes = np.sqrt(np.square(x, dtype=np.float64).mean(axis=0))
    largest = float(sizes.max())
    if SMALL <= largest <= LARGE or largest == 0:
        return
    scale: Any = "standardize"
    held = x if isinstance(built.train.x, Blocks) else built.train.x
    low, high = float(held.min()), float(held.max())
    if low >= 0 and BRIGHTEST / 2 < high <= BRIGHTEST and x.shape[1] >= PIXELS:
        scale = {"type": "rescale", "by": BRIGHTEST}
    if built.config.data.scale.type == scale:
        return
    some = f"of {len(x):,} rows " if held is x else ""
    found = f"the inputs {some}are between {low:.4g} and {high:.4g}"
    yield Finding(rules.UNSCALED_INPUTS, "data.scale", found, {"data.scale": scale})


def channels_first(built: Built) -> Iterator[Finding]:
    """Images whose first axis looks like their channels."""
    config, shape = built.config, built.model.input_shape
    place = next((k for k, layer in enumerate(config.layers) if not passes_on(layer.type)), 0)
    first = config.layers[place].type
    if len(shape) != 3 or not first.startswith(SLIDING) or not first.endswith("2d"):
        return
    channels, height, width = shape
    if channels > MOST_CHANNELS or width <= max(MOST_CHANNELS, channels) or height <= channels:
        return
    found = f"layers.{place} slides over {channels} x {height} with {width} channels"
    change: dict[str, Any] = {"input_shape": [height, width, 1]}
    if channels > 1:
        order = transpose_call((1, 2, 0))
        found += f"; where the first axis is that of the channels, move it: {order}"
        change = {"ignore_advice": [*config.ignore_advice, rules.CHANNELS_FIRST.code]}
    yield Finding(rules.CHANNELS_FIRST, f"layers.{place}", found, change)


def limited_numbers(built: Built) -> Iterator[Finding]:
    """Targets of a regression that the output cannot reach."""
    output = output_of(built.config)
    if built.model.loss.task != "regression" or output is None:
        return
    y = built.train.y
    low, high = float(y.min()), float(y.max())
    change = {output.activation: "linear"}
    if output.function in NEVER_NEGATIVE and low < 0:
        found = f"the output is a {output.function}, and targets go down to {low:.4g}"
        if built.config.data.target_scale.type != "none":
            found += " once they are scaled"
        yield Finding(RELU_BELOW_ZERO, output.activation, found, change)
    elif output.function in INTERVALS and (output.function, output.units) != ("softmax", 1):
        least, most = INTERVALS[output.function]
        shares = least <= low and high <= most and not are_whole(y)
        if not shares:
            found = f"the output is a {output.function}, between {least} and {most}, and the loss "
            found += f"for numbers, here {low:.4g} to {high:.4g}"
            yield Finding(SQUASHED_NUMBERS, output.activation, found, change)


def are_whole(values: Array) -> bool:
    """Whether all are whole numbers, up to rounding."""
    return bool((np.abs(values - np.rint(values)) <= 1e-4).all())


def squared_error_on_classes(built: Built) -> Iterator[Finding]:
    output = output_of(built.config)
    if built.model.loss.task != "regression" or output is None:
        return
    scaling = built.prepared.preprocessing.targets.scaling
    y = scaling.invert(built.prepared.train.y.astype(np.float64))
    several = y.shape[1] > 1
    low, high = float(y.min()), float(y.max())
    count = round(high - low) + 1 if high - low < MOST_CLASSES else 0
    if not 2 <= count <= (2 if several else MOST_CLASSES) or len(y) < ROWS_A_CLASS * count:
        return
    if not are_whole(y) or round(low) not in (0, 1) or (several and round(low) != 0):
        return
    if not np.bincount(np.rint(y - low).astype(np.intp).ravel(), minlength=count).all():
        return
    found = f"every target is one of the whole numbers {low:.0f} to {high:.0f}"
    change = classification_change(built, output, count)
    yield Finding(rules.SQUARED_ERROR_ON_CLASSES, "loss", found, change)


def classification_change(built: Built, output: Output, count: int) -> dict[str, Any]:
    """The change from a loss for numbers to one for so many classes."""
    name = "binary_crossentropy" if count == 2 else "sparse_categorical_crossentropy"
    change: dict[str, Any] = {} if count == 2 else {f"{output.path}.units": count}
    if output.function != "linear":
        change[output.activation] = "linear"
    if built.config.data.target_scale.type != "none":
        change["data.target_scale"] = "none"
    return {**change, "loss": {"type": name, "from_logits": True}, "metrics": ["accuracy"]}


EXAMPLE_CHECKS = (unscaled_inputs, channels_first, limited_numbers, squared_error_on_classes)
