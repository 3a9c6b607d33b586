"""Images looked up between their cells, at coordinates that each step computes for each example.

Which cells a window has is known when a program is made. Which ones a rotated image needs is not:
each example has an angle of its own, in each step another.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call
from nnctl.graph.operations import Operation, Shape
from nnctl.graph.values import Value

FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["nearest", "bilinear"]
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
    part = np.empty_like(found)

    def run() -> None:
        cells.fill(x)
        for k, (places, weights) in enumerate(cells.corners(where)):
            target = part if k else found
            cells.flat.take(places, 0, target, "clip")
            if weights is not None:
                weigh(target, weights)
            if k:
                np.add(found, part, found)

    return [run]


def putting_calls(
    grid: Grid, lookup: Lookup, out: Array, d: Array, *where: Array
) -> Sequence[Call]:
    """The calls of `put_back`."""
    cells = Cells(grid, lookup, out.dtype)
    given = d.reshape(-1, grid.channels)
    part = np.empty_like(given)

    def run() -> None:
        cells.flat.fill(0)
        for places, weights in cells.corners(where):
            np.copyto(part, given)
            if weights is not None:
                weigh(part, weights)
            np.add.at(cells.flat, places, part)
        np.copyto(out.reshape(cells.inside.shape), cells.inside)

    return [run]


def weigh(rows: Array, weights: Array) -> None:
    """Multiplies each row by its weight."""
    if rows.shape[1] > FEW:
        np.multiply(rows, weights[:, None], rows)
        return
    for column in rows.T:
        np.multiply(column, weights, column)


class Cells:
    """The cells of the lines, with the margin that `lookup` wants around them.

    `inside` are those of the image, and `flat` all of them, one after another.
    """

    def __init__(self, grid: Grid, lookup: Lookup, dtype: "np.dtype[Any]") -> None:
        self._lookup, self._places = lookup, grid.places
        self._real = np.empty(0, dtype).real.dtype
        margin = lookup.margin
        sizes = tuple(size + 2 * margin for size in grid.sizes)
        whole = np.full((*grid.lines, *sizes, grid.channels), lookup.fill_value, dtype)
        inner: Any = (..., *(slice(margin, size - margin) for size in sizes), slice(None))
        self.inside = whole[inner]
        self.flat = whole.reshape(-1, grid.channels)
        # A line of 3 rows and 4 columns has 12 cells: rows are 4 apart, columns 1, and lines 12.
        strides = [int(np.prod(sizes[k + 1 :], dtype=int)) for k in range(len(sizes))]
        self._axes = list(zip(sizes, strides, strict=True))
        lines = np.arange(int(np.prod(grid.lines))) * int(np.prod(sizes))
        behind = len(grid.places) - len(grid.lines)
        self._starts = lines.reshape(*grid.lines, *(1 for _ in range(behind)))

    def fill(self, x: Array) -> None:
        """Takes the numbers of the image."""
        np.copyto(self.inside, x.reshape(self.inside.shape))

    def corners(self, where: Sequence[Array]) -> Iterator[tuple[Array, Array | None]]:
        """For all places, corner by corner, the cell there and its weight; None where all are 1."""
        found = [
            self._along(coordinates, *axis)
            for coordinates, axis in zip(where, self._axes, strict=True)
        ]
        for corner in itertools.product(*found):
            cells = sum((cell for cell, _ in corner), self._starts)
            weights = [weight for _, weight in corner if weight is not None]
            weight = None
            if weights:
                product = weights[0] if len(weights) == 1 else weights[0] * weights[1]
                weight = np.broadcast_to(product, self._places).reshape(-1)
            yield np.broadcast_to(cells, self._places).reshape(-1), weight

    def _along(
        self, coordinates: Array, size: int, stride: int
    ) -> list[tuple[Array, Array | None]]:
        """The cells below and above coordinates along an axis, with their weights; or the nearest.

        A cell counts its `stride` for each before it.
        """
        at = coordinates.real + self._lookup.margin if self._lookup.margin else coordinates.real
        fix = OUTSIDE[self._lookup.fill_mode]
        if self._lookup.interpolation == "nearest":
            # A half goes away from 0: 1.5 is 2, and -1.5 is -2, as in Keras.
            nearest = np.trunc(at + np.copysign(0.5, at))
            return [(fix(nearest.astype(np.intp), size) * stride, None)]
        below = np.floor(at)
        share = (at - below).astype(self._real)
        first = below.astype(np.intp)
        return [
            (fix(first, size) * stride, 1 - share),
            (fix(first + 1, size) * stride, share),
        ]


def clip(cells: Array, size: int) -> Array:
    """Of cells outside the one at the edge."""
    inside: Array = np.minimum(np.maximum(cells, 0), size - 1)
    return inside


def wrap(cells: Array, size: int) -> Array:
    """Of cells outside those of the same image, beside itself."""
    return cells % size


def reflect(cells: Array, size: int) -> Array:
    """Of cells outside those of the mirrored image; of 3 cells 0 1 2 | 2 1 0 | 0 1 2."""
    there = cells % (2 * size)
    mirrored: Array = np.minimum(there, 2 * size - 1 - there)
    return mirrored


OUTSIDE: dict[FillMode, Callable[[Array, int], Array]] = {
    "reflect": reflect,
    "wrap": wrap,
    "nearest": clip,
    "constant": clip,  # with a margin of it
}
