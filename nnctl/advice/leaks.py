"""What gives a target away: a column that tells it alone, by its order or by its values.

Whether that is chance is judged by how many orders of the rows there are. A column that has nothing
to do with the target is as likely in one order as in any other. Of n rows, n_1 of which have the
first value of the target, n_2 the second and so on, n! / (n_1! n_2! ...) can be told apart. Few of
them are such that a threshold, or a value of the target for each value of the column, is right in
all rows: so many as there are ways to assign values.
"""

import math
from typing import NamedTuple

import numpy as np

from nnctl.advice.samples import NUMBERS_AT_ONCE
from nnctl.data.identifiers import CHANCE
from nnctl.graph import Array

ROUNDED = 1e-5  # of the spread: numbers alike but for their rounding to single precision
FIRST_LOOK = 500  # rows at about so many, before all are compared
ROWS_A_VALUE = 10  # on average, of a column whose values might be categories
MOST_GROUPS = 0.9  # of a sample's rows, of such a column


class Target:
    """Values (rows,) that a column might tell.

    Numbers are the same within a `tolerance`; without one they are the indices of classes.
    """

    def __init__(self, values: Array, tolerance: float | None = None) -> None:
        self.values, self.are_numbers = values, tolerance is not None
        self.tolerance = tolerance or 0.0
        self._order = np.argsort(values, kind="stable")
        ordered = values[self._order]
        self._firsts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._counts = np.diff(np.r_[self._firsts, len(values)])
        self.kinds = len(self._counts)

    @classmethod
    def of_numbers(cls, numbers: Array, step: int = 1) -> "Target":
        """Numbers, in halves, whose differences cannot overflow: those of every so many rows."""
        halves = numbers / 2
        return cls(halves[::step], ROUNDED * float(halves.max() - halves.min()))

    def at(self, rows: Array) -> "Target":
        """The values of some rows."""
        return Target(self.values[rows], self.tolerance if self.are_numbers else None)

    def sample(self) -> Array:
        """About so many rows as a first look takes, in order: of each value, however rare, some."""
        rows, half = len(self.values), FIRST_LOOK // 2
        taken = np.zeros(rows, bool)
        taken[:: max(1, rows // half)] = True
        if self.kinds > half:
            taken[self._order[taken]] = True
            return np.flatnonzero(taken)
        each = np.arange(half // self.kinds)
        places = each * np.maximum(1, self._counts // len(each))[:, None]
        inside = places < self._counts[:, None]
        taken[self._order[(self._firsts[:, None] + places)[inside]]] = True
        return np.flatnonzero(taken)

    @property
    def log_orders(self) -> float:
        """The logarithm of the number of orders of the rows that can be told apart."""
        told_apart = sum(math.lgamma(count + 1) for count in self._counts.tolist())
        return math.lgamma(len(self.values) + 1) - told_apart


class Told(NamedTuple):
    """How a column tells the target in each row.

    `how` says it in words; `log_chance` is the logarithm of the chance, at most, that a column
    without any meaning does so.
    """

    how: str
    log_chance: float

    def is_no_chance(self, columns: int) -> bool:
        """Whether it is improbable even for the best of so many columns."""
        return self.log_chance + math.log(columns) < math.log(CHANCE)


def told_by(column: Array, target: Target) -> Told | None:
    """How `column` (rows,) tells the target in each row; None where it does not.

    Of numbers that the column does not tell apart, as much may differ as rounding explains. Rows
    with the same value of a column that has many may be one row that was written several times, so
    they count once, and their values are none that a target could go by.
    """
    if target.kinds < 2:
        return None
    order = np.argsort(column, kind="stable")
    ordered, values = column[order], target.values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    if (high - low > target.tolerance).any():
        return None
    kinds, groups = target.kinds, len(starts)
    is_coarse = ROWS_A_VALUE * groups <= len(column)
    log_orders = target.log_orders if is_coarse else target.at(order[starts]).log_orders
    if target.are_numbers and ((low[1:] >= low[:-1]).all() or (low[1:] <= low[:-1]).all()):
        return Told("which rises or falls with it", math.log(2) - log_orders)
    any_order = math.lgamma(kinds + 1) - log_orders
    if np.count_nonzero(low[1:] != low[:-1]) + 1 == kinds and groups > kinds:
        thresholds = "a threshold" if kinds == 2 else "thresholds"
        return Told(f"by {thresholds} alone", any_order)
    if not is_coarse:
        return None
    chance = any_order if groups == kinds else groups * math.log(kinds) - log_orders
    return Told("by its values alone", chance)


def that_may_tell(columns: Array, sampled: Target) -> list[int]:
    """The places of `columns` (rows, columns) that may tell the target, as a sample of rows shows.

    They do so in the sample, by order, or by values of which not nearly each row has its own.
    """
    together = max(1, NUMBERS_AT_ONCE // len(columns))
    found = [
        first + place
        for first in range(0, columns.shape[1], together)
        for place in may_tell(columns[:, first : first + together], sampled)
    ]
    return found


def may_tell(columns: Array, sampled: Target) -> list[int]:
    """As `that_may_tell`, all columns at once."""
    ascending = np.argsort(sampled.values, kind="stable")
    values, columns = sampled.values[ascending], columns[ascending]
    order = np.argsort(columns, axis=0, kind="stable")
    ordered = np.take_along_axis(columns, order, axis=0)
    steps = np.diff(values[order], axis=0)
    alike = ordered[1:] == ordered[:-1]
    same = np.abs(steps) <= sampled.tolerance
    if sampled.are_numbers:
        by_order = ((steps >= 0) | same).all(axis=0) | ((steps <= 0) | same).all(axis=0)
    else:
        by_order = np.count_nonzero(steps, axis=0) + 1 == sampled.kinds
    groups = len(columns) - np.count_nonzero(alike, axis=0)
    told = (same | ~alike).all(axis=0) & (by_order | (groups <= MOST_GROUPS * len(columns)))
    return np.flatnonzero(told).tolist()
