"""Frames of a training: its parameters at chosen steps, so that it can be looked at afterwards."""

from typing import NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.training.callbacks import BatchEnd, Callback, Run, TrainEnd
from nnctl.training.loop import Training

FEWEST = 2  # the first and the last
ONE_BY_ONE = 16  # steps at the beginning, where each of them changes much


class Frame(NamedTuple):
    """A copy of all parameters (size,) as they were after so many steps."""

    step: int
    vector: Array


class Frames(Callback):
    """Copies the parameters before the first step, at chosen steps, and as they are in the end.

    There are at most `most`, dense at the beginning. A step whose parameters are not finite makes
    none. It stands first among the callbacks, so that it hears of the end last, when another may
    have put better parameters back.
    """

    def __init__(self, training: Training, most: int):
        self.frames: list[Frame] = []
        self._training = training
        self._at_once = training.most_batches_at_once
        steps = chosen_steps(training.epochs * training.batches, max(most, FEWEST) - 1)
        self._upcoming = iter(steps)
        self._next = next(self._upcoming)

    def on_train_begin(self, run: Run) -> None:
        self._keep()
        # Else the first figures, and with them the first frame, come after dozens of steps.
        self._training.most_batches_at_once = 1

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        step = self._training.state.step
        if step >= ONE_BY_ONE:
            self._training.most_batches_at_once = self._at_once
        if step >= self._next:
            self._keep()

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self._training.most_batches_at_once = self._at_once
        if not (self.frames and np.array_equal(self.frames[-1].vector, self._vector)):
            self._take()

    @property
    def _vector(self) -> Array:
        return self._training.state.vector

    def _keep(self) -> None:
        """Takes a frame, and finds the step of the next."""
        self._take()
        step = self._training.state.step
        while self._next <= step:
            self._next = next(self._upcoming, self._training.epochs * self._training.batches + 1)

    def _take(self) -> None:
        state = self._training.state
        step = state.weights_epoch * self._training.batches if state.restored else state.step
        if np.isfinite(state.vector).all():
            self.frames.append(Frame(step, state.vector.copy()))


def chosen_steps(total: int, count: int) -> list[int]:
    """At most `count` different steps from 0 to `total`, ever further apart."""
    # Squares: of 10,000 steps and 101 frames those at 0, 1, 4, 9, …, 9,801, 10,000.
    steps = np.linspace(0, 1, count) ** 2 * total if count > 1 else np.zeros(1)
    return np.unique(np.rint(steps).astype(int)).tolist()
