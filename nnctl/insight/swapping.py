"""Inputs in which one column has the values that it has in other rows.

So a column is shuffled, and so all rows are given the same value of it, whatever inputs it becomes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array
from nnctl.training.blocks import Blocks, Inputs, Mode, rows_by_bytes, shape_of_rows, slices_of
from nnctl.training.one_hot import OneHot

Donors = NDArray[np.intp]  # (rows,): the row from which each row has its value of the column
Own = slice | NDArray[np.intp]  # the inputs of a column, or of a part of images, among all of a row


def swap_column(x: Inputs, own: Own, donors: Donors) -> Inputs:
    """The inputs `x` (rows, *shape), in which row k has the column of row `donors[k]`.

    `own` are the column's inputs, among those of a row one after another.
    """
    if isinstance(x, OneHot):
        assert isinstance(own, slice)  # images are not held so
        return swap_held(x, own, donors)
    return Swapped(x, own, column_of(x, own)[donors])


def column_of(x: Inputs, own: Own) -> Array:
    """The inputs `own` of each row of `x`, (rows, inputs)."""
    if isinstance(x, np.ndarray):
        return x.reshape(len(x), -1)[:, own]
    width = own.stop - own.start if isinstance(own, slice) else len(own)
    found = np.empty((len(x), width), x.dtype)
    row = int(np.prod(x.shape[1:])) * x.itemsize
    for part in slices_of(len(x), rows_by_bytes(row)):
        found[part] = x[part].reshape(part.stop - part.start, -1)[:, own]
    return found


def kinds_of(x: Inputs, own: slice) -> NDArray[np.intp]:
    """Which of the inputs `own` is 1 in each row, counted from 0: (rows,); -1 where none is."""
    if isinstance(x, OneHot):
        inside = (x.ones >= own.start) & (x.ones < own.stop)
        found: NDArray[np.intp] = np.where(inside, x.ones - own.start, -1).max(axis=1)
        return found.astype(np.intp)
    column = column_of(x, own)
    return np.where(column.any(axis=1), column.argmax(axis=1), -1).astype(np.intp)


def varies(x: Inputs, own: Own) -> bool:
    """Whether any two rows differ in the inputs `own`."""
    if isinstance(x, OneHot):
        assert isinstance(own, slice)
        kinds, among = kinds_of(x, own), (x.places >= own.start) & (x.places < own.stop)
        numbers = x.numbers[:, among]
        return bool((kinds != kinds[:1]).any() or (numbers != numbers[:1]).any())
    column = column_of(x, own)
    return bool((column != column[:1]).any())


def swap_held(x: OneHot, own: slice, donors: Donors) -> OneHot:
    """The same where the places of ones are held: numbers and places change their rows."""
    numbers, ones = x.numbers, x.ones
    among = (x.places >= own.start) & (x.places < own.stop)
    if among.any():
        numbers = numbers.copy()
        numbers[:, among] = x.numbers[donors][:, among]
    text = ((ones >= own.start) & (ones < own.stop)).any(axis=0)
    if text.any():
        ones = ones.copy()
        ones[:, text] = x.ones[donors][:, text]
    return OneHot(numbers, x.places, ones, x.shape)


class Swapped(Blocks):
    """The inputs `x`, with `values` (rows, inputs) at the inputs `own` of each row."""

    def __init__(self, x: Inputs, own: Own, values: Array) -> None:
        self._x, self._own, self._values = x, own, values
        self.shape, self.dtype = x.shape, x.dtype
        self.starts, self.at_once = np.array([0, len(x)]), 1

    @property
    def nbytes(self) -> int:
        return int(self._x.nbytes + self._values.nbytes)

    def __getitem__(self, rows: Any) -> Array:
        made = np.array(self._x[rows])
        flat = made.reshape(*made.shape[: made.ndim - self.ndim + 1], -1)
        flat[..., self._own] = self._values[rows]
        return made

    def take(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        out[...] = self[rows]

    def reshape(self, *shape: int) -> "Swapped":
        shape_of_rows(self.shape, shape)
        return Swapped(self._x.reshape(*shape), self._own, self._values)
