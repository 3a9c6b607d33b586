"""Images looked up between their cells, at coordinates that each step computes for each example.

Which cells a window has is known when a program is made. Which ones a rotated image needs is not:
each example has an angle of its own, in each step another.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call
from nnctl.graph.operations import Operation, Shape
from nnctl.graph.values import Value

FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["nearest", "bilinear"]
SIGN = 8 * np.dtype(np.intp).itemsize - 1  # bits above which a cell has its sign alone
FEW = 8  # channels, up to which they are weighted one by one: NumPy begins anew at each short row


class Lookup(NamedTuple):
    """How numbers are found between cells, and outside of the image.

    Beside the cells `a b c d` there are `d c b a | a b c d | d c b a` under `reflect`,
    `a b c d | a b c d | a b c d` under `wrap`, `a a a a | a b c d | d d d d` under `nearest`, and
    the `fill_value` under `constant`.
    """

    interpolation: Interpolation = "bilinear"
    fill_mode: FillMode = "reflect"
    fill_value: float = 0.0

    @property
    def margin(self) -> int:
        """How many cells are put on each side, to stand for all that is outside."""
        return int(self.fill_mode == "constant")


class Grid(NamedTuple):
    """The places of a lookup in lines of cells, and where they begin.

    Lines are `(*lines, *sizes, channels)`, and there is a coordinate for each of the `sizes`. Each
    coordinate is broadcast to the `places`, and so are the numbers of the lines.
    """

    lines: Shape
    sizes: Shape
    places: Shape
    channels: int


def sample(x: Value, rows: Value, columns: Value, lookup: Lookup) -> Value:
    """The images `(n, h, w, c)`, each cell of which is another place's: that of its coordinates.

    `rows` and `columns` count in cells, and are `(n, h, 1)` and `(n, 1, w)`, or either of them
    `(n, h, w)`. Derived by `x` alone.
    """
    n, h, w, c = x.shape
    if rows.shape == (n, h, 1) and columns.shape == (n, 1, w):
        # One axis after the other: whole rows first, then of each row two cells in place of four.
        moved = look_up(x, (rows.reshape(n, h),), Grid((n,), (h,), (n, h), w * c), lookup)
        return look_up(moved, (columns,), Grid((n, h), (w,), (n, h, w), c), lookup)
    return look_up(x, (rows, columns), Grid((n,), (h, w), (n, h, w), c), lookup)


def look_up(x: Value, where: Sequence[Value], grid: Grid, lookup: Lookup) -> Value:
    """The numbers at the places of a grid, in the shape of `x`."""
    n, *_ = x.shape
    flat = x.reshape(n, x.size // n)
    op = Operation(
        Name.SAMPLE,
        (grid, lookup),
        # Coordinates are drawn; nothing is learnt of them.
        (lambda d, y, x, *where: put_back(d, where, grid, lookup), *[None for _ in where]),
        partial(sampling_calls, grid, lookup),
    )
    return x.graph.record(op, (flat, *where), flat.shape).reshape(*x.shape)


def put_back(d: Value, where: Sequence[Value], grid: Grid, lookup: Lookup) -> Value:
    """The numbers `d` at the places of a grid, added up in the cells that each was made of."""
    op = Operation(Name.PUT_BACK, (grid, lookup), calls=partial(putting_calls, grid, lookup))
    whole = d.reshape(*d.shape)  # whose rows lie one after another
    return d.graph.record(op, (whole, *where), d.shape)


def sampling_calls(
    grid: Grid, lookup: Lookup, out: Array, x: Array, *where: Array
) -> Sequence[Call]:
    """The calls of `look_up`."""
    cells = Cells(grid, lookup, out.dtype)
    found = out.reshape(-1, grid.channels)
    total = found if cells.width == grid.channels else cells.room()
    part = cells.room()

    def run() -> None:
        flat = cells.fill(x)
        for k, (places, weights) in enumerate(cells.corners(where)):
            target = part if k else total
            flat.take(places, 0, target, "clip")
            if weights is not None:
                weigh(target, weights, grid.channels)
            if k:
                np.add(total, part, total)
        if total is not found:
            for column, whole in zip(found.T, total.T, strict=False):
                np.copyto(column, whole)

    return [run]


def putting_calls(
    grid: Grid, lookup: Lookup, out: Array, d: Array, *where: Array
) -> Sequence[Call]:
    """The calls of `put_back`."""
    cells = Cells(grid, lookup, out.dtype)
    given, part = d.reshape(-1, grid.channels), cells.room()

    def run() -> None:
        cells.flat.fill(0)
        for places, weights in cells.corners(where):
            np.copyto(part[:, : grid.channels], given)
            if weights is not None:
                weigh(part, weights, grid.channels)
            np.add.at(cells.flat, places, part)
        np.copyto(out.reshape(cells.inside.shape), cells.inside)

    return [run]


def weigh(rows: Array, weights: Array, channels: int) -> None:
    """Multiplies the first numbers of each row by its weight."""
    if channels > FEW:
        np.multiply(rows, weights[:, None], rows)
        return
    for column in rows.T[:channels]:
        np.multiply(column, weights, column)


class Cells:
    """The cells of the lines, with the margin that `lookup` wants around them.

    `inside` are those of the image, and `flat` all of them, one after another, each `width` numbers
    wide: three channels have a fourth beside them, as NumPy copies four numbers at once. All memory
    is taken here, once.
    """

    def __init__(self, grid: Grid, lookup: Lookup, dtype: "np.dtype[Any]") -> None:
        margin = lookup.margin
        sizes = tuple(size + 2 * margin for size in grid.sizes)
        self.width = 4 if grid.channels == 3 else grid.channels
        whole = np.full((*grid.lines, *sizes, self.width), lookup.fill_value, dtype)
        around = (slice(margin, size - margin) for size in sizes)
        inner: Any = (..., *around, slice(grid.channels))
        self.inside = whole[inner]
        self.flat = whole.reshape(-1, self.width)
        real = self.flat.real.dtype
        self._places = np.empty(grid.places, np.intp)
        self._weights = np.empty(grid.places, real)
        # A line of 3 rows and 4 columns has 12 cells: rows are 4 apart, columns 1, and lines 12.
        strides = [int(np.prod(sizes[k + 1 :], dtype=int)) for k in range(len(sizes))]
        pairs = zip(sizes, strides, strict=True)
        self._axes = [Axis(size, stride, lookup, real) for size, stride in pairs]
        lines = np.arange(int(np.prod(grid.lines))) * int(np.prod(sizes))
        behind = len(grid.places) - len(grid.lines)
        self._starts = lines.reshape(*grid.lines, *(1 for _ in range(behind)))

    def room(self) -> Array:
        """Memory for what stands at all places."""
        return np.zeros((self._places.size, self.width), self.flat.dtype)

    def fill(self, x: Array) -> Array:
        """All cells `(cells, width)` with the numbers of an image; its own, where these are all."""
        if self.inside.size == self.flat.size:
            return x.reshape(self.flat.shape)
        image = x.reshape(self.inside.shape)
        channels = image.shape[-1]
        few = range(channels) if channels <= FEW else [slice(None)]
        for channel in few:
            np.copyto(self.inside[..., channel], image[..., channel])
        return self.flat

    def corners(self, where: Sequence[Array]) -> Iterator[tuple[Array, Array | None]]:
        """For all places, corner by corner, the cell there and its weight; None where all are 1.

        Both lie in the same memory for each.
        """
        pairs = zip(self._axes, where, strict=True)
        found = [axis.around(coordinates) for axis, coordinates in pairs]
        for corner in itertools.product(*found):
            (first, weight), *others = corner
            np.add(self._starts, first, self._places)
            for cells, _ in others:
                np.add(self._places, cells, self._places)
            if weight is None:
                yield self._places.reshape(-1), None
                continue
            np.copyto(self._weights, weight)
            for _, more in others:
                assert more is not None
                np.multiply(self._weights, more, self._weights)
            yield self._places.reshape(-1), self._weights.reshape(-1)


class Axis:
    """An axis of `size` cells, which count their `stride` each, and what is around coordinates."""

    def __init__(self, size: int, stride: int, lookup: Lookup, real: "np.dtype[Any]") -> None:
        self._size, self._stride, self._lookup, self._real = size, stride, lookup, real
        self._numbers, self._cells = np.empty((3, 0), real), np.empty((3, 0), np.intp)

    def around(self, coordinates: Array) -> list[tuple[Array, Array | None]]:
        """The cells below and above coordinates, with their weights; or the nearest alone."""
        at = coordinates.real
        if self._numbers.shape[1:] != at.shape:
            self._numbers = np.empty((3, *at.shape), self._real)
            self._cells = np.empty((3, *at.shape), np.intp)
        at_margin, below, share = self._numbers
        first, second, spare = self._cells
        np.add(at, self._lookup.margin, at_margin)
        if self._lookup.interpolation == "nearest":
            # A half goes away from 0: 1.5 is 2, and -1.5 is -2, as in Keras.
            np.copysign(0.5, at_margin, share)
            np.add(at_margin, share, share)
            np.copyto(first, share, "unsafe")  # which leaves out the fraction
            self._put_inside(first, spare)
            return [(first, None)]
        np.floor(at_margin, below)
        np.subtract(at_margin, below, share)
        np.copyto(first, below, "unsafe")
        np.add(first, 1, second)
        np.subtract(1, share, below)
        for cells in (first, second):
            self._put_inside(cells, spare)
        return [(first, below), (second, share)]

    def _put_inside(self, cells: Array, spare: Array) -> None:
        """Replaces cells outside by those that stand for them, then counts in strides."""
        size = self._size
        if self._lookup.fill_mode == "wrap":
            np.remainder(cells, size, cells)
        elif self._lookup.fill_mode == "reflect":
            # Of 3 cells: 0 1 2 | 2 1 0 | 0 1 2. Before the first -1 is 0, and -2 is 1, which a
            # negative number is with all bits reversed.
            np.right_shift(cells, SIGN, spare)
            np.bitwise_xor(cells, spare, cells)
            if cells.max(initial=0) >= 2 * size:
                np.remainder(cells, 2 * size, cells)
            np.subtract(2 * size - 1, cells, spare)
            np.minimum(cells, spare, out=cells)
        else:  # under `constant` the last one is of the margin
            np.maximum(cells, 0, out=cells)
            np.minimum(cells, size - 1, out=cells)
        if self._stride != 1:
            np.multiply(cells, self._stride, cells)
