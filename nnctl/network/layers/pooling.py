"""Pooling: the greatest or the mean of each window, channel by channel."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

from nnctl.graph import Graph, Shape, Value
from nnctl.graph.rewrites import choose
from nnctl.network.layers.spatial import HEIGHT_WIDTH, STEPS, One, Spatial, Two
from nnctl.network.layers.windows import Windows, average, greatest


@dataclass(eq=False, repr=False, init=False)
class Pooling(Spatial):
    """One number for each window and channel: `(n, *sizes, c)` -> `(n, *places, c)`.

    Windows of `pool_size` begin every `strides` cells, which is `pool_size` unless given. Padding
    never counts: a window at the edge has fewer cells.
    """

    window: ClassVar[str] = "pool_size"
    pool_size: Any = 2
    strides: Any = None
    padding: Literal["valid", "same"] = "valid"

    @staticmethod
    def pool(x: Value, windows: Windows) -> Value:
        """One number a window: `(n, size, c)` -> `(n, count, c)`."""
        raise TypeError("this pooling has no formula")

    def build(self, shape: Shape) -> Shape:
        strides = self.pool_size if self.strides is None else self.strides
        self.along = self.windows(shape, self.pool_size, strides, self.padding)
        return (*(axis.count for axis in self.along), shape[-1])

    def forward(self, graph: Graph, x: Value) -> Value:
        """One pass an axis, the last first: the greatest of a window is that of its rows."""
        for k, windows in reversed(list(enumerate(self.along, start=1))):
            # Of (n, 28, 28, 8), pooled by 2: first n * 28 rows of 28 cells with 8 numbers each, of
            # which 14 cells are left; then n images of 28 rows, as cells of 14 * 8 numbers each.
            ahead, behind = x.shape[:k], x.shape[k + 1 :]
            cells = x.reshape(math.prod(ahead), windows.size, math.prod(behind))
            x = self.pool(cells, windows).reshape(*ahead, windows.count, *behind)
        return x


class MaxPooling(Pooling):
    """The greatest of each window."""

    pool = staticmethod(greatest)

    def forward(self, graph: Graph, x: Value) -> Value:
        return choose(x, partial(super().forward, graph))


@dataclass(eq=False, repr=False)
class MaxPooling1D(MaxPooling):
    """The greatest of each window of steps: `(n, steps, c)` -> `(n, places, c)`.

    Of equal cells the first takes the derivative, as in Keras.
    """

    axes: ClassVar[tuple[str, ...]] = STEPS
    example_shape: ClassVar[Shape] = (7, 2)
    pool_size: One = 2
    strides: One | None = None


@dataclass(eq=False, repr=False)
class MaxPooling2D(MaxPooling):
    """The greatest of each window of an image: `(n, height, width, c)` -> `(n, rows, columns, c)`.

    Of equal cells the first, row by row, takes the derivative, as in Keras.
    """

    axes: ClassVar[tuple[str, ...]] = HEIGHT_WIDTH
    example_shape: ClassVar[Shape] = (5, 4, 2)
    pool_size: Two = 2
    strides: Two | None = None


@dataclass(eq=False, repr=False)
class AveragePooling1D(Pooling):
    """The mean of each window of steps: `(n, steps, c)` -> `(n, places, c)`."""

    axes: ClassVar[tuple[str, ...]] = STEPS
    example_shape: ClassVar[Shape] = (7, 2)
    pool = staticmethod(average)
    pool_size: One = 2
    strides: One | None = None


@dataclass(eq=False, repr=False)
class AveragePooling2D(Pooling):
    """The mean of each window of an image: `(n, height, width, c)` -> `(n, rows, columns, c)`."""

    axes: ClassVar[tuple[str, ...]] = HEIGHT_WIDTH
    example_shape: ClassVar[Shape] = (5, 4, 2)
    pool = staticmethod(average)
    pool_size: Two = 2
    strides: Two | None = None


@dataclass(eq=False, repr=False)
class GlobalAveragePooling(Spatial):
    """The mean of each channel over all places: `(n, *sizes, c)` -> `(n, c)`.

    With `keepdims` the axes stay, each with one place.
    """

    keepdims: bool = False

    def build(self, shape: Shape) -> Shape:
        self.require_axes(shape)
        return (*(1 for _ in self.axes), shape[-1]) if self.keepdims else shape[-1:]

    def forward(self, graph: Graph, x: Value) -> Value:
        return x.mean(tuple(range(1, x.ndim - 1)), self.keepdims)


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over all steps: `(n, steps, c)` -> `(n, c)`."""

    axes: ClassVar[tuple[str, ...]] = STEPS
    example_shape: ClassVar[Shape] = (4, 2)


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel over an image: `(n, height, width, c)` -> `(n, c)`."""

    axes: ClassVar[tuple[str, ...]] = HEIGHT_WIDTH
    example_shape: ClassVar[Shape] = (3, 4, 2)
