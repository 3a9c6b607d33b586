"""Inputs of text columns of many kinds: one place a cell is held, not an input a kind."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array, Graph, Shape, Value
from nnctl.graph.choices import fill_in, with_ones
from nnctl.training.blocks import Blocks, Inputs, Mode, shape_of_rows

WIDE = 1000  # kinds, from which on choosing rows of a kernel takes less time than a product
KINDS_A_COLUMN = 32  # at least, in the mean

Codes = NDArray[np.int32]
Form = tuple[bytes, int] | None  # None of arrays
Take = Callable[[Array, int, Array, Mode], object]


def are_wide(kinds: int, columns: int) -> bool:
    """Whether text columns of so many kinds, all together, are wide.

    Their ones then go to a model by their places. This is for the columns to say, never for the
    rows: the numbers of a row must not depend on how many others come with it.
    """
    return kinds >= max(WIDE, KINDS_A_COLUMN * columns)


class OneHot(Blocks):
    """Inputs (rows, *example), of which those of a batch are made when it is taken.

    `numbers` (rows, k) stand at the inputs `places` (k,), which ascend; `ones` (rows, columns),
    int32, tells for each text column the input that is 1, or -1 where none is. All other inputs are
    0. Three columns of 3,000 kinds are 12 bytes a row, and their inputs 36,000.
    """

    def __init__(
        self, numbers: Array, places: "NDArray[np.intp]", ones: Codes, shape: tuple[int, ...]
    ) -> None:
        self.numbers, self.places, self.ones, self.shape = numbers, places, ones, shape
        self.dtype = self.numbers.dtype
        self.starts, self.at_once = np.array([0, len(self)]), 1

    @property
    def nbytes(self) -> int:
        return self.numbers.nbytes + self.ones.nbytes

    @property
    def width(self) -> int:
        """The inputs of an example."""
        return int(np.prod(self.shape[1:]))

    @property
    def is_wide(self) -> bool:
        """Whether programs are given numbers and places, and make the inputs only where needed."""
        return are_wide(self.width - len(self.places), self.ones.shape[1])

    def in_blocks(self, starts: Array, at_once: int) -> "OneHot":
        """The same rows, to be trained on in windows of blocks."""
        same = copy(self)
        same.starts, same.at_once = starts, at_once
        return same

    def reshape(self, *shape: int) -> "OneHot":
        same = copy(self)
        same.shape = shape_of_rows(self.shape, shape)
        return same

    def rows(self, chosen: Any) -> "OneHot":
        """Some of the rows, that a slice, a mask or an array of numbers names, held alike."""
        ones = self.ones[chosen]
        return OneHot(self.numbers[chosen], self.places, ones, (len(ones), *self.shape[1:]))

    def numbers_at(self, places: Any) -> Array:
        """The inputs at some places, in ascending order, where numbers stand: (rows, places)."""
        found: Array = self.numbers[:, np.searchsorted(self.places, places)]
        return found

    def take(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        out.fill(0)
        self._fill(out.reshape(len(rows), -1), rows)

    def take_ones(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        """Puts the places of ones of a batch into `out`, in whatever integers it holds."""
        out[...] = self.ones[rows]

    def __getitem__(self, rows: Any) -> Array:
        if isinstance(rows, int | np.integer):
            found: Array = self[np.array([range(len(self))[rows]])][0]
            return found
        count = len(self.ones[rows])
        made = np.zeros((count, *self.shape[1:]), self.dtype)
        self._fill(made.reshape(count, self.width), rows)
        return made

    def _fill(self, zeros: Array, rows: Any) -> None:
        fill_in(zeros, self.numbers[rows], self.ones[rows], self.places)


def wide_form(x: Inputs) -> OneHot | None:
    """The inputs, where programs are given them by the places of their ones."""
    return x if isinstance(x, OneHot) and x.is_wide else None


def form_of(x: Inputs) -> Form:
    """What is equal for inputs that one program can be given."""
    wide = wide_form(x)
    return None if wide is None else (wide.places.tobytes(), wide.ones.shape[1])


def pick_rows(x: Inputs, chosen: Any) -> Inputs:
    """Some of the rows as a program takes them: by the places of their ones, or made."""
    wide = wide_form(x)
    return x[chosen] if wide is None else wide.rows(chosen)


def declare_inputs(
    graph: Graph, like: Inputs | None, rows: int, shape: Shape
) -> tuple[tuple[Value, ...], Value]:
    """The leaves that a batch of inputs in the form of `like` fills, and the inputs themselves.

    The inputs are `(rows, *shape)`; None stands for an array.
    """
    wide = None if like is None else wide_form(like)
    if wide is None:
        x = graph.leaf("x", (rows, *shape))
        return (x,), x
    numbers = graph.leaf("numbers", (rows, len(wide.places)))
    ones = graph.leaf("ones", (rows, wide.ones.shape[1]), "integer")
    with graph.named("inputs"):
        x = with_ones(numbers, ones, wide.places, wide.width).reshape(rows, *shape)
    return (numbers, ones), x


def takes_of(x: Inputs) -> list[Take]:
    """For each of these leaves what puts some rows into its array, as NumPy's `take` does."""
    wide = wide_form(x)
    return [x.take] if wide is None else [wide.numbers.take, wide.take_ones]


def held_of(x: Inputs) -> list[Array]:
    """For each of these leaves an array of all rows."""
    wide = wide_form(x)
    return [x[:]] if wide is None else [wide.numbers, wide.ones.astype(np.intp)]
