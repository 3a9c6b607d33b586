"""The order in which the rows of an epoch train.

Rows that are held come in any order. Of rows in blocks, reading single ones from all over a file
would take many times as long as reading it through. So an epoch takes the blocks in a random order,
some of them at a time: a window. The rows of a window come in a random order, too, and each block
is read once an epoch.
"""

import numpy as np

from nnctl.graph import Array
from nnctl.training.blocks import Blocks, Inputs

MOST_SEED = 1 << 63  # below which the seed of an order is drawn, one number in place of all rows


def come_in_windows(x: Inputs) -> bool:
    """Whether only some of the rows are at hand at a time."""
    return isinstance(x, Blocks) and x.has_windows


def draw_order(x: Inputs, shuffle: bool, generator: np.random.Generator) -> Array:
    """What an epoch's order is known by: all rows in that order, or in windows its seed alone.

    Windows that are not shuffled need none.
    """
    if come_in_windows(x):
        return generator.integers(MOST_SEED, size=1) if shuffle else np.empty(0, np.int64)
    return generator.permutation(len(x)) if shuffle else np.arange(len(x))


def in_order(x: Inputs, known: Array) -> "WindowedOrder | Array":
    """An epoch's order, of which a slice gives rows, from what `draw_order` made known of it."""
    if isinstance(x, Blocks) and x.has_windows:
        return WindowedOrder(x.starts, x.at_once, known)
    return known


class WindowedOrder:
    """The rows of all blocks in the order of an epoch, of which only a window is held at a time."""

    def __init__(self, starts: Array, at_once: int, seed: Array):
        blocks = len(starts) - 1
        self._starts, self._seed = starts, [int(number) for number in seed]
        order = self._generator(0).permutation(blocks) if self._seed else np.arange(blocks)
        self._windows = [order[k : k + at_once] for k in range(0, blocks, at_once)]
        sizes = np.diff(starts)
        self._ends = np.cumsum([0, *(int(sizes[window].sum()) for window in self._windows)])
        self._held: tuple[int, Array] = -1, np.empty(0, np.intp)

    def _generator(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([*self._seed, purpose])

    def _window(self, number: int) -> Array:
        """The rows of a window, in their order."""
        if self._held[0] != number:
            blocks = self._windows[number].tolist()
            ranges = [np.arange(self._starts[k], self._starts[k + 1]) for k in blocks]
            rows = np.concatenate(ranges)
            del ranges
            if self._seed:
                self._generator(1 + number).shuffle(rows)
            self._held = number, rows
        return self._held[1]

    def __getitem__(self, places: slice) -> Array:
        """The rows at some places of the order, which is counted from 0."""
        start, stop, _ = places.indices(int(self._ends[-1]))
        found = []
        while start < stop:
            number = int(np.searchsorted(self._ends, start, "right")) - 1
            first, end = self._ends[number : number + 2]
            found.append(self._window(number)[start - first : stop - first].copy())
            start = min(int(end), stop)
        return np.concatenate(found)
