"""Inputs of text columns of many kinds: one place a cell is held, not an input a kind."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.streamed import shape_of_rows
from nnctl.reading.array_types import Array, Codes
from nnctl.training.blocks import Blocks, Mode

WORTH_SPARING = 1 << 24  # bytes; of so few it does not matter how they are held
TIMES = 32  # as much can be made anew in the time that it takes to copy it


class OneHot(Blocks):
    """Inputs (rows, *example), of which those of a batch are made when it is taken.

    `numbers` (rows, k) stand at the inputs `places` (k,); `ones` (rows, columns), int32, tells for
    each text column the input that is 1, or -1 where none is. All other inputs are 0. Three columns
    of 3,000 kinds are 12 bytes a row, and their inputs 36,000.
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
    def is_worth_it(self) -> bool:
        """Whether the inputs themselves would take far more memory."""
        made = self.size * self.itemsize
        return made > WORTH_SPARING and made >= TIMES * self.nbytes

    def in_blocks(self, starts: Array, at_once: int) -> "OneHot":
        """The same rows, to be trained on in windows of blocks."""
        same = copy(self)
        same.starts, same.at_once = starts, at_once
        return same

    def reshape(self, *shape: int) -> "OneHot":
        same = copy(self)
        same.shape = shape_of_rows(self.shape, shape)
        return same

    def take(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        out.fill(0)
        self._fill(out.reshape(len(rows), -1), rows)

    def __getitem__(self, rows: Any) -> Array:
        if isinstance(rows, int | np.integer):
            found: Array = self[np.array([range(len(self))[rows]])][0]
            return found
        count = len(self.ones[rows])
        made = np.zeros((count, *self.shape[1:]), self.dtype)
        self._fill(made.reshape(count, int(np.prod(self.shape[1:]))), rows)
        return made

    def _fill(self, made: Array, rows: Any) -> None:
        """Puts into zeros (rows, inputs) what is other than 0."""
        made[:, self.places] = self.numbers[rows]
        ones = self.ones[rows]
        marked, columns = np.nonzero(ones >= 0)
        made[marked, ones[marked, columns]] = 1


def make_unless_wide(x: Array | OneHot, memory: int | None) -> Array | OneHot:
    """The rows as they are best held: made, where that takes little more and fits `memory`."""
    if not isinstance(x, OneHot) or x.is_worth_it:
        return x
    return x[:] if memory is None or x.size * x.itemsize <= memory else x


def select_rows(x: Array | OneHot, rows: Any) -> Array | OneHot:
    """Some of the rows, held as those are."""
    if isinstance(x, OneHot):
        ones = x.ones[rows]
        return OneHot(x.numbers[rows], x.places, ones, (len(ones), *x.shape[1:]))
    some: Array = x[rows]
    return some


def room_for(rows: int, like: Array | OneHot) -> Array | OneHot:
    """So many rows to be filled in, held as those of `like`."""
    if not isinstance(like, OneHot):
        return np.empty((rows, *like.shape[1:]), like.dtype)
    numbers, ones = (np.empty((rows, *x.shape[1:]), x.dtype) for x in (like.numbers, like.ones))
    return OneHot(numbers, like.places, ones, (rows, *like.shape[1:]))


def put(part: Array | OneHot, whole: Array | OneHot, start: int) -> int:
    """Fills rows of `whole` in from `start` on; returns where those behind them begin."""
    stop = start + len(part)
    place(whole, slice(start, stop), part)
    return stop


def place(whole: Array | OneHot, rows: Any, part: Array | OneHot) -> None:
    """Sets some rows of `whole` to those of `part`, which is held alike."""
    if isinstance(part, OneHot):
        assert isinstance(whole, OneHot)
        whole.numbers[rows], whole.ones[rows] = part.numbers, part.ones
    else:
        assert not isinstance(whole, OneHot)
        whole[rows] = part
