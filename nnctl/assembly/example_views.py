"""How an example is shown: as a picture, as a series of values, or as a row of a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import Literal

import numpy as np

from nnctl.assembly.trained import Trained
from nnctl.data.inputs import Inputs
from nnctl.graph import Array, Shape
from nnctl.network.layers import Flatten, Reshape
from nnctl.training.blocks import Blocks
from nnctl.training.sequential import Sequential

SMALLEST_SIDE = 8  # of pictures that nobody declared, in pixels
FEWEST_PIXELS = 4  # along each side of an example of two axes, to be a picture
CLEARLY = 0.1  # by how much a correlation is greater
COMPARED = 500  # rows, to tell pictures from other numbers


@dataclass(frozen=True)
class View:
    """How the examples of a model are shown.

    `shape` is (height, width, channels) of a picture, (steps, channels) of a series, and empty for
    a row of a table; `said` tells the reader what that rests on.
    """

    kind: Literal["picture", "series", "table"]
    shape: Shape = ()
    said: str = ""


def view_of(trained: Trained, x: Array | Blocks) -> View:
    """How examples like `x` (rows, *input_shape) are shown.

    The shape that the model declares decides. A vector of numbers is a picture where both the
    columns' names and the numbers themselves speak for it.
    """
    model = trained.members[0]
    inputs = trained.preprocessing.inputs
    if inputs.categories or inputs.columns:
        return View("table")
    shape = declared_shape(model)
    one_axis = any(layer.type_name.endswith("1d") for layer in model.layers)
    said = f"Drawn as pictures of {size_text(shape)}, the shape of an example."
    if len(shape) == 3 and shape[2] in (1, 3):
        return View("picture", shape, said)
    if len(shape) == 2 and not one_axis and min(shape) >= FEWEST_PIXELS:
        return View("picture", (*shape, 1), said)
    if len(shape) == 2:
        return View("series", shape, f"Each is a series of {shape[0]} steps, from left to right.")
    side = isqrt(shape[0])
    if len(shape) == 1 and is_flat_picture(inputs.names, values_of(inputs, x[:COMPARED])):
        said = (
            f"Drawn as pictures of {side} × {side}: the data do not say that they are any, but the "
            f"{shape[0]} columns {inputs.names[0]} … {inputs.names[-1]} are as many as their "
            "pixels, and those one row apart are alike."
        )
        return View("picture", (side, side, 1), said)
    return View("table")


def declared_shape(model: Sequential) -> Shape:
    """The shape of an example as the first layer that computes anything sees it."""
    shape = model.input_shape
    for layer, output in zip(model.layers, model.shapes, strict=True):
        if isinstance(layer, Reshape):
            shape = output
        elif not isinstance(layer, Flatten):
            break
    return shape


def size_text(shape: Shape) -> str:
    return " × ".join(map(str, shape[:2]))


def is_flat_picture(names: Sequence[str], values: Array) -> bool:
    """Whether columns are the pixels of a square picture, row by row from the top left.

    Their names must differ in ascending numbers alone; and columns that would be a row of pixels
    apart must be clearly more alike than those half a row apart, as they are in pictures, and are
    not in time series or in columns without an order. `values` are (rows, columns).
    """
    side = isqrt(len(names))
    if side < SMALLEST_SIDE or side * side != len(names) or len(values) < 2:
        return False
    if len({re.sub(r"\d+", "#", name) for name in names}) > 1:
        return False
    numbers = [tuple(map(int, re.findall(r"\d+", name))) for name in names]
    if any(low >= high for low, high in pairwise(numbers)):
        return False
    return likeness(values, side) > likeness(values, side // 2) + CLEARLY


def likeness(values: Array, apart: int) -> float:
    """The mean correlation between columns so far apart; constant ones are like none."""
    centred = values - values.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean(axis=0))
    units = centred / np.where(spread > 0, spread, np.inf)
    return float((units[:, apart:] * units[:, :-apart]).mean())


def values_of(inputs: Inputs, x: Array) -> Array:
    """The numbers of the data that inputs `x` were made of, (rows, columns), without text."""
    return inputs.own_numbers(x)
