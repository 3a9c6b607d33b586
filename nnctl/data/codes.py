"""Columns of digits that are codes, such as postcodes: 01067 is no number of anything.

Numbers are not written with zeros before them. Where each cell has as many digits as all others,
and some begin with a zero, the zeros keep the place of digits that mean something each.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.block import Block
from nnctl.reading.fields import Fields

FEWEST_DIGITS = 2
ZERO = ord("0")
NUMBERS_AT_ONCE = 1 << 20  # that wait to be counted


class Codes:
    """Looks for codes in the columns at some `places`, block by block; counts up to `most`."""

    def __init__(self, places: Sequence[int], most: int) -> None:
        self._places = np.array(places, np.intp)
        self._most = most
        self._alive = np.arange(len(places))  # the columns that may hold codes so far
        self._digits = np.zeros(len(places), np.int64)  # 0 until a cell is known
        self._examples: dict[int, str] = {}
        self._kinds: dict[int, NDArray[np.float64]] = {}  # the distinct values of each column
        self._waiting: dict[int, list[NDArray[np.float64]]] = {}  # to be counted with them
        self._rows = 0  # that wait

    def add(self, fields: Block, values: NDArray[np.float64]) -> None:
        """A further block of fields, and their numbers (rows, columns), nan where there is none."""
        if not len(self._alive) or not isinstance(fields, Fields) or fields.is_typed:
            return  # where types tell text from numbers, codes are text
        alive, at = self._alive, self._places[self._alive]
        known = ~np.isnan(values[:, alive])
        starts, ends = fields.starts[:, at], fields.ends[:, at]
        lengths = ends - starts
        first = np.where(known, lengths, 0).max(axis=0)
        self._digits[alive] = np.where(self._digits[alive] == 0, first, self._digits[alive])
        digits = self._digits[alive]
        are_digits = fields.first[:, at] == fields.last[:, at]  # no other byte before the end
        fit = ~known | (are_digits & (lengths == digits))
        kept = fit.all(axis=0) & ((digits >= FEWEST_DIGITS) | ~known.any(axis=0))
        self._alive = alive[kept]
        zeros = known & (fields.buffer[starts] == ZERO)
        for k in np.flatnonzero(kept).tolist():
            place = int(alive[k])
            self._waiting.setdefault(place, []).append(values[known[:, k], place])
            if place not in self._examples and zeros[:, k].any():
                self._examples[place] = fields.text(int(zeros[:, k].argmax()), int(at[k]))

        self._rows += len(values)
        if self._rows * len(self._alive) >= NUMBERS_AT_ONCE:
            self._count()

    def _count(self) -> None:
        """Counts the distinct ones of the values that wait, up to so many."""
        for place in self._alive.tolist():
            seen = self._kinds.get(place, np.empty(0))
            if len(seen) <= self._most:
                self._kinds[place] = np.unique(
                    np.concatenate([seen, *self._waiting.get(place, [])])
                )
        self._waiting.clear()
        self._rows = 0

    def found(self, place: int) -> tuple[str, int]:
        """One of the codes of a column that begin with a zero, and how many kinds there are.

        Of a column without codes there are none.
        """
        if place not in self._examples or place not in self._alive:
            return "", 0
        if self._waiting:
            self._count()
        return self._examples[place], len(self._kinds[place])
