"""How far a figure of some rows may be from that of all rows that there could be: the bootstrap.

Efron 1979: rows are drawn from those at hand, with replacement, as these were from all there are.
"""

from collections.abc import Callable

import numpy as np

from nnctl.graph import Array

DRAWS, LEVEL = 1000, 0.95
AT_ONCE = 50  # draws
MOST_GROUPS = 4000  # that are drawn; of more rows, several at random make one


class Bootstrap:
    """Draws of so many rows, and the intervals of figures that are functions of sums over them.

    Of more than 4,000 rows groups are drawn, into which they are dealt at random: the width is off
    by a hundredth, and neither time nor memory grows.
    """

    def __init__(self, rows: int, generator: np.random.Generator):
        self.groups = min(rows, MOST_GROUPS)
        dealt = np.arange(rows)
        if rows > MOST_GROUPS:
            dealt = generator.permutation(rows) % MOST_GROUPS
        self._group_of = dealt
        # How often each group is drawn: in a byte, as there are four million of them.
        self._counts = np.empty((DRAWS, self.groups), np.uint8)
        for draw in self._counts:
            draw[:] = np.bincount(
                generator.integers(self.groups, size=self.groups), None, len(draw)
            )

    def add(self, sums: Array | None, rows: slice, values: Array) -> Array:
        """The sums of the groups, (groups, numbers), with the `values` (rows, numbers) of some rows
        more; None stands for none so far."""
        if sums is None:
            sums = np.zeros((self.groups, values.shape[1]))
        places = self._group_of[rows]
        for column, own in zip(sums.T, values.T, strict=True):
            column += np.bincount(places, own, self.groups)
        return sums

    def interval(
        self, sums: Array, figure_of: Callable[[Array], Array]
    ) -> tuple[float, float] | None:
        """Between which values the figure lies in 95 of 100 draws; None where it is in none.

        `figure_of` gives it for sums over rows, (draws, numbers) -> (draws,).
        """
        parts = (self._counts[k : k + AT_ONCE].astype(np.float64) for k in range(0, DRAWS, AT_ONCE))
        with np.errstate(all="ignore"):  # squares of numbers near the largest
            figures = figure_of(np.concatenate([part @ sums for part in parts]))
        known = figures[np.isfinite(figures)]
        if not len(known):
            return None
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)
