"""Frames of a training: its parameters at chosen steps, so that it can be looked at afterwards."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.training.callbacks import BatchEnd, Callback, Run, TrainEnd
from nnctl.training.loop import Training

FEWEST = 2  # the first and the last
ONE_BY_ONE = 16  # steps at the beginning, where each of them changes much


class Frame(NamedTuple):
    """All parameters (size,) as they were after so many steps."""

    step: int
    vector: Array


class Frames(Callback):
    """Copies the parameters before the first step, at chosen steps, and as they are in the end.

    There are at most `most` `frames`, dense at the beginning; those that are not finite are left
    out. It stands first among the callbacks, so that it hears of the end last, when another may
    have put better parameters back: their step is then that of their epoch's end.
    """

    def __init__(self, training: Training, most: int):
        self._training, self._state = training, training.state
        self._at_once = training.most_batches_at_once
        self._end = training.epochs * training.batches
        self._upcoming = chosen_steps(self._end, max(most, FEWEST) - 1)
        self._next = next(self._upcoming)
        self._steps: list[int] = []
        # Made at once: a step of a small network takes no longer than making an array.
        size = training.state.vector.size
        self._vectors = np.empty((max(most, FEWEST), size), training.state.vector.dtype)

    @property
    def frames(self) -> list[Frame]:
        """The frames so far, in the order in which they were taken."""
        taken = zip(self._steps, self._vectors, strict=False)
        return [Frame(*each) for each in taken if np.isfinite(each[1]).all()]

    def on_train_begin(self, run: Run) -> None:
        self._take(self._state.step)

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        if self._state.step >= self._next:
            self._take(self._state.step)

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self._training.most_batches_at_once = self._at_once
        state = self._state
        if not np.array_equal(self._vectors[len(self._steps) - 1], state.vector):
            epoch_end = state.weights_epoch * self._training.batches
            self._take(epoch_end if state.restored else state.step)

    def _take(self, step: int) -> None:
        """Takes a frame, and finds the step of the next."""
        self._vectors[len(self._steps)] = self._state.vector
        self._steps.append(step)
        while self._next <= step:
            self._next = next(self._upcoming, self._end + 1)
        # Else figures, and with them frames, come after dozens of steps.
        one_by_one = self._next <= ONE_BY_ONE
        self._training.most_batches_at_once = 1 if one_by_one else self._at_once


def chosen_steps(total: int, count: int) -> Iterator[int]:
    """At most `count` different steps from 0 to `total`, ever further apart."""
    # Squares: of 10,000 steps and 101 frames those at 0, 1, 4, 9, …, 9,801, 10,000.
    steps = np.linspace(0, 1, count) ** 2 * total if count > 1 else np.zeros(1)
    return iter(np.unique(np.rint(steps).astype(int)).tolist())
