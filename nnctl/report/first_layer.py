"""The weights of the first layer that has any: what its units look for in the input."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnctl.assembly.trained import Trained
from nnctl.graph import Array, Shape
from nnctl.network.layers import Conv1D, Conv2D, Dense, Layer
from nnctl.report.example_views import View
from nnctl.runs.weights import member_name

MOST_TILES, MOST_LINES, MOST_ROWS = 64, 24, 40
POOLING = "pooling"


@dataclass(frozen=True)
class FirstLayer:
    """A layer's kernel in parts, each with its name.

    A part is a picture (height, width), a series (steps,) of weights, or a row of weights, one a
    unit. `count` parts are there in all, and `strongest` says that those shown were chosen by size.
    """

    layer: str
    kind: Literal["pictures", "series", "rows"]
    parts: tuple[tuple[str, Array], ...]
    count: int
    largest: float
    strongest: bool = False


def first_layer(trained: Trained, view: View) -> FirstLayer | None:
    """The first layer with a kernel, or None where there is none, or one that acts on no input."""
    model = trained.members[0]  # those of an ensemble are alike, and one shows enough
    shapes: list[Shape] = [model.input_shape, *model.shapes]
    for index, layer in enumerate(model.layers):
        if isinstance(layer, Dense | Conv1D | Conv2D):
            name = model.layer_names[index]
            kernel = model.named_arrays()[f"{name}/kernel"]
            shown = name if len(trained.members) == 1 else member_name(1, name)
            names = names_for(trained, index)
            return kernel_parts(shown, layer, kernel, shapes[index], view, names)
        if POOLING in layer.type_name:
            return None
    return None


def names_for(trained: Trained, index: int) -> list[str]:
    """The names of the inputs that layer `index` sees as one vector; empty where it does not."""
    model = trained.members[0]
    before: list[Layer] = model.layers[:index]
    shapes = [model.input_shape, *model.shapes]
    if len(shapes[index]) != 1 or any(POOLING in layer.type_name for layer in before):
        return []
    return trained.preprocessing.inputs.input_names()


def kernel_parts(
    name: str, layer: Layer, kernel: Array, seen: Shape, view: View, names: list[str]
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
    if len(names) != len(kernel):
        return None
    sizes = np.sqrt(np.square(kernel, dtype=np.float64).sum(axis=1))
    order = np.argsort(-sizes, kind="stable")[:MOST_ROWS].tolist()
    rows = tuple((names[row], kernel[row]) for row in order)
    return FirstLayer(name, "rows", rows, len(kernel), largest, strongest=True)


def part_name(noun: str, unit: int, channels: int, channel: int) -> str:
    """What a part of a kernel is called; units and channels count from 1."""
    return f"{noun} {unit + 1}" + (f", channel {channel + 1}" if channels > 1 else "")
