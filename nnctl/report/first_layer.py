"""The weights of the first layer that has any: what its units look for in the input."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnctl.assembly.example_views import View
from nnctl.assembly.trained import Trained
from nnctl.graph import Array, Shape
from nnctl.network.layers import Conv1D, Conv2D, Dense, Layer
from nnctl.runs.weights import member_name

MOST_TILES, MOST_LINES = 64, 24
POOLING = "pooling"


@dataclass(frozen=True)
class FirstLayer:
    """A layer's kernel in parts, each with its name.

    A part is a picture (height, width), or a series (steps,) of weights; `count` are there in all.
    """

    layer: str
    kind: Literal["pictures", "series"]
    parts: tuple[tuple[str, Array], ...]
    count: int
    largest: float


def first_layer(trained: Trained, view: View) -> FirstLayer | None:
    """The first layer whose kernel can be seen as pictures or series, or None.

    Weights of a table's columns are not shown: how large they are says little about what the
    columns are worth, which `nnctl importance` tells.
    """
    model = trained.members[0]  # those of an ensemble are alike, and one shows enough
    shapes: list[Shape] = [model.input_shape, *model.shapes]
    for index, layer in enumerate(model.layers):
        if isinstance(layer, Dense | Conv1D | Conv2D):
            name = model.layer_names[index]
            kernel = model.named_arrays()[f"{name}/kernel"]
            shown = name if len(trained.members) == 1 else member_name(1, name)
            return kernel_parts(shown, layer, kernel, shapes[index], view)
        if POOLING in layer.type_name:
            return None
    return None


def kernel_parts(
    name: str, layer: Layer, kernel: Array, seen: Shape, view: View
) -> FirstLayer | None:
    """A kernel in the form that suits its layer, for an input of shape `seen`."""
    largest = float(np.abs(kernel).max())
    if isinstance(layer, Conv2D):
        filters = [
            (part_name("filter", unit, kernel.shape[2], channel), kernel[:, :, channel, unit])
            for unit in range(kernel.shape[3])
            for channel in range(kernel.shape[2])
        ]
        return FirstLayer(name, "pictures", tuple(filters[:MOST_TILES]), len(filters), largest)
    if isinstance(layer, Conv1D):
        filters = [
            (part_name("filter", unit, kernel.shape[1], channel), kernel[:, channel, unit])
            for unit in range(kernel.shape[2])
            for channel in range(kernel.shape[1])
        ]
        return FirstLayer(name, "series", tuple(filters[:MOST_LINES]), len(filters), largest)
    if view.kind == "picture" and len(seen) == 1 and len(kernel) == np.prod(view.shape):
        pixels = kernel.reshape(*view.shape, -1)
        units = [
            (part_name("unit", unit, view.shape[2], channel), pixels[:, :, channel, unit])
            for unit in range(kernel.shape[1])
            for channel in range(view.shape[2])
        ]
        return FirstLayer(name, "pictures", tuple(units[:MOST_TILES]), len(units), largest)
    return None


def part_name(noun: str, unit: int, channels: int, channel: int) -> str:
    """What a part of a kernel is called; units and channels count from 1."""
    return f"{noun} {unit + 1}" + (f", channel {channel + 1}" if channels > 1 else "")
