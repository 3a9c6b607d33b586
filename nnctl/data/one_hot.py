"""How inputs that may be one-hot are held, selected and put together."""

from typing import Any

import numpy as np

from nnctl.reading.array_types import Array
from nnctl.training.blocks import Blocks
from nnctl.training.one_hot import OneHot

WORTH_SPARING = 1 << 24  # bytes; of so few it does not matter how they are held
TIMES = 32  # as much can be made anew in the time that it takes to copy it


def is_worth_it(x: OneHot) -> bool:
    """Whether the inputs themselves would take far more memory."""
    made = x.size * x.itemsize
    return made > WORTH_SPARING and made >= TIMES * x.nbytes


def make_unless_wide(x: Array | OneHot, memory: int | None) -> Array | OneHot:
    """The rows as they are best held: made, where that takes little more and fits `memory`.

    Those of wide columns are never made, however few they are: a model computes them otherwise.
    """
    if not isinstance(x, OneHot) or x.is_wide or is_worth_it(x):
        return x
    return x[:] if memory is None or x.size * x.itemsize <= memory else x


def select_rows(x: Array | Blocks, rows: Any) -> Array | OneHot:
    """Some of the rows, held as those are; what is not held is read."""
    if isinstance(x, OneHot):
        return x.rows(rows)
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
