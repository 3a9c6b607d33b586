"""Windows: which cells of its input each place of a convolution's or pooling's output sees.

A window's cells are listed in tables of integers, in which -1 stands for a cell outside the input.
Gathering cells by a table is the one operation here; its derivative gathers by the inverse table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from nnctl.graph import Array, Name, Operation, Value, join, with_derivative
from nnctl.graph.operations import copy

Padding = Literal["valid", "same", "causal"]
OUTSIDE = -1


@dataclass(eq=False, repr=False)
class Windows:
    """The windows along one axis of `size` cells, `kernel` cells each, `dilation` apart.

    `same` pads so that the windows begin at every `stride`-th cell, with the odd cell of padding at
    the end, as TensorFlow does; `causal` pads at the start alone, so that no window sees beyond its
    own place.
    """

    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: Padding = "valid"

    @property
    def reach(self) -> int:
        """The cells from the first to the last of a window."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def count(self) -> int:
        """How many windows there are; none where they do not fit."""
        room = self.size - self.reach if self.padding == "valid" else self.size - 1
        return room // self.stride + 1

    @property
    def before(self) -> int:
        """The cells of padding at the start."""
        if self.padding == "valid":
            return 0
        if self.padding == "causal":
            return self.reach - 1
        return max(0, (self.count - 1) * self.stride + self.reach - self.size) // 2

    def table(self) -> Array:
        """The cells of each window: `(count, kernel)`."""
        # Of 5 cells, 3 a window, with stride 2 and padding "same", there are (5 - 1) // 2 + 1 = 3
        # windows. They reach over (3 - 1) * 2 + 3 = 7 cells, 2 more than there are: one of them
        # before the first cell. So they start at -1, 1 and 3:
        #     [[-1, 0, 1], [1, 2, 3], [3, 4, -1]]   (5 is outside, too, and becomes -1)
        starts = np.arange(self.count) * self.stride - self.before
        cells = starts[:, None] + np.arange(self.kernel) * self.dilation
        return np.where((cells < 0) | (cells >= self.size), OUTSIDE, cells)


def table_of(axes: Sequence[Windows]) -> Array:
    """The cells of windows over several axes, numbered row by row: `(windows, cells of one)`."""
    # An image of 3 rows and 4 columns has the cell of row r and column c at r * 4 + c. Its first
    # window of 2 rows and 2 columns has the rows 0 and 1 and the columns 0 and 1, that is
    # 0 * 4 + 0, 0 * 4 + 1, 1 * 4 + 0, 1 * 4 + 1 = [0, 1, 4, 5]; the one beside it [1, 2, 5, 6].
    table = np.zeros((1, 1), np.intp)
    for axis in axes:
        outer, inner = table[:, None, :, None], axis.table()[None, :, None, :]
        cells = np.where((outer < 0) | (inner < 0), OUTSIDE, outer * axis.size + inner)
        table = cells.reshape(len(table) * axis.count, -1)
    return table


def inverse(table: Array, cells: int) -> Array:
    """For each cell the indices in the flat `table` at which it stands: `(most of them, cells)`."""
    # Of the windows [[0, 1], [1, 2]] on 4 cells, flat [0, 1, 1, 2]: cell 0 stands at index 0, cell
    # 1 at 1 and 2, cell 2 at 3, and cell 3 nowhere. A column a cell:
    #     [[0, 1, 3, -1], [-1, 2, -1, -1]]
    # So the derivative by cell 1 is the sum of those by the numbers 1 and 2 that were gathered.
    table = table.reshape(-1)
    places = np.flatnonzero(table >= 0)
    places = places[np.argsort(table[places], kind="stable")]
    counts = np.bincount(table[places], minlength=cells)
    # Sorted by cell, [0, 1, 1, 2] has ranks [0, 0, 1, 0]: the how-manieth of its cell each is.
    rank = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((max(1, counts.max()), cells), OUTSIDE)
    found[rank, table[places]] = places
    return found


def windows_by_cell(table: Array, cells: int) -> Array:
    """For each cell and each place in a window, the window that has it there: `(cells, places)`."""
    # Of the windows [[0, 1], [1, 2]] on 3 cells: cell 0 is first in window 0 and second in none,
    # cell 1 first in window 1 and second in window 0: [[0, -1], [1, 0], [-1, 1]].
    found = np.full((cells, table.shape[1]), OUTSIDE)
    window, place = np.nonzero(table >= 0)
    found[table[window, place], place] = window
    return found


def gather(x: Value, table: Array) -> Value:
    """The cells that a flat table names: `(n, cells, c)` -> `(n, len(table), c)`, zero outside."""
    n, cells, channels = x.shape
    table = table.reshape(-1)
    inside = x if x.contiguous else copy(x)
    if (table < 0).any():
        # Cells 0 to 3 get a neighbour 4 of zeros, which stands for all that is outside.
        inside, table = with_zero_cell(x), np.where(table < 0, cells, table)
    block, blocks = in_blocks(table, inside.shape[1])

    def calls(out: Array, array: Array) -> list[partial[Array]]:
        array, out = (a.reshape(n, -1, block * channels) for a in (array, out))
        return [partial(array.take, blocks, 1, out, "clip")]

    op = Operation(Name.GATHER, (table.tobytes(),), calls=calls)
    y = x.graph.record(op, (inside,), (n, len(table), channels))

    def rule(d: Value) -> Value:
        return sum_cells(d, inverse(np.where(table < cells, table, OUTSIDE), cells))

    return with_derivative(y, (x,), rule, name="gather")


def in_blocks(table: Array, cells: int) -> tuple[int, Array]:
    """The most cells that always stand together, and a table of such blocks in place of cells."""
    # The table [2, 3, 0, 1] of 4 cells always takes two together: the blocks [1, 0] of two cells
    # each. NumPy's `take` copies a block in one go, so that longer ones are quicker.
    most = math.gcd(cells, len(table))
    for block in range(most, 1, -1):
        if most % block == 0:
            starts = table[::block]
            together = (starts[:, None] + np.arange(block)).reshape(-1)
            if (starts % block == 0).all() and (table == together).all():
                return block, starts // block
    return 1, table


def with_zero_cell(x: Value) -> Value:
    """The same cells and a cell of zeros after them: `(n, cells, c)` -> `(n, cells + 1, c)`."""

    def calls(out: Array, array: Array) -> list[partial[None]]:
        return [partial(np.copyto, out[:, :-1], array), partial(out[:, -1].fill, 0)]

    n, cells, channels = x.shape
    return x.graph.record(Operation(Name.ZERO_CELL, calls=calls), (x,), (n, cells + 1, channels))


def sum_cells(x: Value, table: Array) -> Value:
    """Sums of cells, one for each column of the table: `(n, cells, c)` -> `(n, columns, c)`."""
    n, cells, channels = x.shape
    terms, columns = table.shape
    if terms == 1:
        return gather(x, table)
    y = gather(x, table).reshape(n, terms, columns * channels).sum(1)
    y = y.reshape(n, columns, channels)

    def rule(d: Value) -> Value:
        # Number i of the flat table went into column i % columns of the sums.
        places = inverse(table, cells)
        return sum_cells(d, np.where(places < 0, OUTSIDE, places % columns))

    return with_derivative(y, (x,), rule, name="sum_cells")


def greatest(x: Value, windows: Windows) -> Value:
    """The greatest cell of each window: `(n, size, c)` -> `(n, count, c)`.

    Of equal cells the first counts as the greatest, and takes the whole derivative, as in Keras.
    """
    table = windows.table()
    # The window [-1, 0, 1] becomes [0, 0, 1]: padding never counts.
    first = np.take_along_axis(table, (table >= 0).argmax(1)[:, None], 1)
    table = np.where(table < 0, first, table)  # once more a cell of the window changes nothing
    cells: list[Any] = [gather(x, column) for column in table.T]
    best = [cells[0]]
    for cell in cells[1:]:
        best.append(np.maximum(cell, best[-1]))

    def rule(d: Value) -> Value:
        parts = []
        # Of a window 3, 5, 5 the best so far are 3, 5, 5. From the end: the last 5 is not greater
        # than the best before it and gets nothing, the first is and takes all, and 3 what is left.
        for cell, before in zip(reversed(cells[1:]), reversed(best[:-1]), strict=True):
            part = d * (cell > before)
            parts.append(part)
            d = d - part
        return scatter([d, *reversed(parts)], table, windows.size)

    y: Value = with_derivative(best[-1], (x,), rule, name="greatest")
    return y


def scatter(parts: Sequence[Value], table: Array, cells: int) -> Value:
    """Cells that are the sum of their parts: of `parts[k]` `(n, count, c)` those with the cell in
    column `k` of the table `(count, k)` -> `(n, cells, c)`."""
    n, count, channels = parts[0].shape
    joined = join([part.reshape(part.size) for part in parts])
    # Cell k of example i is number i * cells + k of all: one table for the whole batch.
    whole = table.T[:, None, :] + np.arange(n)[:, None] * cells
    d = sum_cells(joined.reshape(1, len(parts) * n * count, channels), inverse(whole, n * cells))
    return d.reshape(n, cells, channels)


def average(x: Value, windows: Windows) -> Value:
    """The mean of the cells of each window that are inside: `(n, size, c)` -> `(n, count, c)`."""
    table = windows.table()
    # Windows at the edge have fewer cells, and the mean is over those.
    counts = (table >= 0).sum(1)
    if (counts == windows.kernel).all():
        return sum_cells(x, table.T) * (1 / windows.kernel)
    scaled: Value = sum_cells(x, table.T) * (1 / counts[:, None])
    return scaled
