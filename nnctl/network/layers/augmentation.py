"""Augmentation: images that are changed by chance while training, each time otherwise.

What is learnt from an image is so to hold of the image turned, shifted or in another light, too.
In evaluation images pass as they are. Every example draws for itself; names, arguments and
mathematics are Keras's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Shape, Value
from nnctl.graph.operations import broadcast
from nnctl.graph.sampling import FillMode, Interpolation, Lookup, sample
from nnctl.network.annotations import Range, Share
from nnctl.network.layers.spatial import HEIGHT_WIDTH, Spatial

Part = Annotated[float, Range(-1, 1)]
Growth = Annotated[float, Range(-1, 1, low_open=True)]
Factor = Part | tuple[Part, Part]
GrowthFactor = Growth | tuple[Growth, Growth]
ContrastFactor = Share | tuple[Share, Share]


class Augmentation(Spatial):
    """Base of the layers that change images `(n, height, width, channels)` while training."""

    axes: ClassVar[tuple[str, ...]] = HEIGHT_WIDTH
    example_shape: ClassVar[Shape] = (5, 4, 2)

    def build(self, shape: Shape) -> Shape:
        self.require_axes(shape)
        return shape

    def forward(self, graph: Graph, x: Value) -> Value:
        return self.change(graph, x) if graph.training else x

    def change(self, graph: Graph, x: Value) -> Value:
        """The images, changed by chance."""
        raise TypeError("this layer has no formula")


@dataclass(eq=False, repr=False)
class RandomFlip(Augmentation):
    """Half of the images mirrored: left to right, top to bottom, or, under both, both at once."""

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"

    def change(self, graph: Graph, x: Value) -> Value:
        flips = graph.draw((x.shape[0], 1, 1)) <= 0.5
        rows, columns = places(graph, x.shape)
        if self.mode != "horizontal":
            rows = mirror(rows, x.shape[1], flips)
        if self.mode != "vertical":
            columns = mirror(columns, x.shape[2], flips)
        return move(x, rows, columns, Lookup("nearest"))


class Moving(Augmentation):
    """Base of the layers that look cells up at other places.

    Between cells and outside of the image `interpolation`, `fill_mode` and `fill_value` decide.
    """

    fill_mode: FillMode
    interpolation: Interpolation
    fill_value: float

    @property
    def lookup(self) -> Lookup:
        """How numbers are found between cells and outside."""
        return Lookup(self.interpolation, self.fill_mode, float(self.fill_value))


@dataclass(eq=False, repr=False)
class RandomTranslation(Moving):
    """Images moved down and to the right by shares of their height and width.

    The shares are drawn between the two numbers of a factor; one number f stands for -f and f.
    """

    example_arguments: ClassVar[Mapping[str, Any]] = {
        "height_factor": 0.4,
        "width_factor": (-0.3, 0.6),
    }
    height_factor: Factor
    width_factor: Factor
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    fill_value: float = 0.0

    def change(self, graph: Graph, x: Value) -> Value:
        n, height, width, _ = x.shape
        down = draw_between(graph, n, *ends_of(self.height_factor)) * height
        right = draw_between(graph, n, *ends_of(self.width_factor)) * width
        rows, columns = places(graph, x.shape)
        # What stands at a place was that much above it, and to its left.
        return move(x, rows - down, columns - right, self.lookup)


@dataclass(eq=False, repr=False)
class RandomRotation(Moving):
    """Images turned about their middle by a share of a full turn.

    The share is drawn between the two numbers of the factor; one number f stands for -f and f.
    """

    example_arguments: ClassVar[Mapping[str, Any]] = {"factor": 0.3}
    factor: Factor
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    fill_value: float = 0.0

    def change(self, graph: Graph, x: Value) -> Value:
        n, height, width, _ = x.shape
        angle: Any = draw_between(graph, n, *ends_of(self.factor)) * (2 * math.pi)
        cos, sin = np.cos(angle), np.sin(angle)
        rows, columns = places(graph, x.shape)
        middle, centre = (height - 1) / 2, (width - 1) / 2
        down, right = rows - middle, columns - centre
        return move(
            x, sin * right + (cos * down + middle), cos * right - (sin * down - centre), self.lookup
        )


@dataclass(eq=False, repr=False)
class RandomZoom(Moving):
    """Images made smaller about their middle (positive factors), or larger (negative ones).

    What is drawn between the two numbers of a factor is how much more of the height or width is
    seen; one number f stands for -f and f. Without a `width_factor` the width goes with the height.
    """

    example_arguments: ClassVar[Mapping[str, Any]] = {"height_factor": 0.4}
    height_factor: GrowthFactor
    width_factor: GrowthFactor | None = None
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    fill_value: float = 0.0

    def change(self, graph: Graph, x: Value) -> Value:
        n, height, width, _ = x.shape
        high = wide = draw_between(graph, n, *ends_of(self.height_factor)) + 1
        if self.width_factor is not None:
            wide = draw_between(graph, n, *ends_of(self.width_factor)) + 1
        rows, columns = places(graph, x.shape)
        middle, centre = (height - 1) / 2, (width - 1) / 2
        rows, columns = (rows - middle) * high + middle, (columns - centre) * wide + centre
        return move(x, rows, columns, self.lookup)


@dataclass(eq=False, repr=False)
class RandomContrast(Augmentation):
    """`(x - mean) * c + mean`, with the mean of each channel of an image, cut to `value_range`.

    The contrast c is drawn for each image, between 1 - lower and 1 + upper for a factor
    [lower, upper]; one number f stands for [0, f], as in Keras 3.
    """

    example_arguments: ClassVar[Mapping[str, Any]] = {
        "factor": (0.4, 0.7),
        "value_range": (-0.8, 1.2),
    }
    factor: ContrastFactor
    value_range: tuple[float, float] = (0, 255)

    def build(self, shape: Shape) -> Shape:
        low, high = self.value_range
        if low >= high:
            message = f"value_range is [{low:g}, {high:g}]; the first is below the second"
            raise ArgumentError(message, path="value_range")
        return super().build(shape)

    def change(self, graph: Graph, x: Value) -> Value:
        lower, upper = sorted(self.factor) if isinstance(self.factor, tuple) else (0, self.factor)
        n, height, width, channels = x.shape
        contrast = draw_between(graph, n, 1 - lower, 1 + upper)
        # By lines of all their channels, which NumPy goes along faster than along three numbers.
        lines = x.reshape(n, height, width * channels)
        mean = lines.mean(1).reshape(n, width, channels).mean(1, keepdims=True)
        means = broadcast(mean, (n, width, channels)).reshape(n, 1, width * channels)
        changed: Any = (lines - means) * contrast + means
        low, high = self.value_range
        cut: Value = np.minimum(np.maximum(changed, low), high)
        return cut.reshape(*x.shape)


def ends_of(factor: float | tuple[float, float]) -> tuple[float, float]:
    """Between which numbers is drawn."""
    if isinstance(factor, tuple):
        return min(factor), max(factor)
    return -abs(factor), abs(factor)


def draw_between(graph: Graph, n: int, low: float, high: float) -> Value:
    """A number between two for each example, `(n, 1, 1)`."""
    return graph.draw((n, 1, 1)) * (high - low) + low


def places(graph: Graph, shape: Shape) -> tuple[Value, Value]:
    """The rows `(1, h, 1)` and the columns `(1, 1, w)` of images."""
    _, height, width, _ = shape
    rows = graph.constant(np.arange(height).reshape(1, height, 1))
    return rows, graph.constant(np.arange(width).reshape(1, 1, width))


def mirror(coordinates: Value, size: int, flips: Value) -> Value:
    """The coordinates along an axis, counted from its other end where an image is flipped."""
    return coordinates + flips * ((size - 1) - 2 * coordinates)


def move(x: Value, rows: Value, columns: Value, lookup: Lookup) -> Value:
    """The images at other places; what is alike for all of them is repeated."""
    n, height, width, _ = x.shape
    if rows.shape[2] == columns.shape[1] == 1:
        rows = broadcast(rows, (n, height, 1))
        columns = broadcast(columns, (n, 1, width))
    return sample(x, rows, columns, lookup)
