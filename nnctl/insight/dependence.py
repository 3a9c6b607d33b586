"""Partial dependence: the mean prediction where all rows have the same value of a column.

Each value is one that some row has, so that it comes with all inputs that it becomes (Friedman
2001).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array
from nnctl.insight.swapping import swap_column
from nnctl.training.blocks import Inputs

VALUES = 20  # of a column

Rows = NDArray[np.intp]


def rows_at_quantiles(values: Array, count: int = VALUES) -> Rows:
    """The rows whose `values` (rows,) are the middles of `count` parts of equal size, ascending.

    Of rows with the same value one; rows whose value is nan are passed over.
    """
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    if not len(order):
        return order
    places = ((np.arange(count) + 0.5) / count * len(order)).astype(np.intp)
    chosen = order[places]
    _, first = np.unique(values[chosen], return_index=True)
    return chosen[first]


def rows_of_kinds(kinds: Array, count: int = VALUES) -> Rows:
    """A row of each of the `count` commonest `kinds` (rows,), in the order of the kinds.

    Kinds are whole numbers, of which -1 is none.
    """
    found, first, rows = np.unique(kinds, return_index=True, return_counts=True)
    first, rows = first[found >= 0], rows[found >= 0]
    kept = np.sort(np.argsort(-rows, kind="stable")[:count])
    return first[kept]


def mean_predictions(
    predict: Callable[[Inputs], Array], x: Inputs, own: slice, givers: Rows
) -> Array:
    """The mean prediction where all rows have the column `own` of a giver: (givers, outputs)."""
    means = []
    for giver in givers.tolist():
        made = predict(swap_column(x, own, np.full(len(x), giver)))
        with np.errstate(all="ignore"):
            means.append(made.mean(axis=0, dtype=np.float64))
    return np.array(means)
