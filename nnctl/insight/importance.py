"""Permutation importance: how much worse the figures become when a column's values are shuffled.

A column that the model does not use can be shuffled at no cost (Breiman 2001; Fisher et al. 2019).
It says what the model relies on, and nothing about causes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.insight.swapping import Donors, Own, swap_column, varies
from nnctl.network.metrics import higher_is_better
from nnctl.training.blocks import Inputs

Figures = Mapping[str, float]
ALIKE = 0.8  # of |r|, from which on two columns tell much the same


class Harm(NamedTuple):
    """How much worse a figure becomes: the mean over the shuffles, and their deviation."""

    mean: float
    spread: float


def harm_of_shuffling(
    figures: Callable[[Inputs], Figures], x: Inputs, own: Own, orders: Sequence[Donors]
) -> dict[str, Harm]:
    """By how much each figure of the inputs `x` is worse where the column `own` is shuffled.

    `orders` has a permutation of the rows a shuffle. Worse is less of what is to rise, and more of
    what is to fall; a column that helps has numbers above 0.
    """
    before = figures(x)
    if not varies(x, own):  # no shuffle changes anything
        return dict.fromkeys(before, Harm(0.0, 0.0))
    after = [figures(swap_column(x, own, order)) for order in orders]
    found = {}
    for name, value in before.items():
        sign = -1 if higher_is_better(name) else 1
        with np.errstate(all="ignore"):  # of a model that went astray, figures have any size
            worse = sign * (np.array([each[name] for each in after]) - value)
            found[name] = Harm(float(worse.mean()), float(worse.std()))
    return found


def alike_columns(columns: Array, least: float = ALIKE) -> list[tuple[int, int, float]]:
    """The pairs of columns (rows, columns) whose |r| is above `least`, with r, greatest |r| first.

    r is Pearson's; a column that does not vary has none.
    """
    with np.errstate(all="ignore"):
        centred = columns - columns.mean(axis=0)
        centred = centred / np.abs(centred).max(axis=0)  # so that no square overflows
        length = np.sqrt(np.square(centred).sum(axis=0))
        unit = np.nan_to_num(centred / length)  # of a column that does not vary 0
        r = unit.T @ unit
    first, second = np.nonzero(np.triu(np.abs(r) > least, 1))
    order = np.argsort(-np.abs(r[first, second]), kind="stable")
    pairs = zip(first[order].tolist(), second[order].tolist(), strict=True)
    return [(a, b, float(r[a, b])) for a, b in pairs]
