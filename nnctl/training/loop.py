"""The training loop: epochs of shuffled batches, replayed a few dozen at a time.

Everything that decides the future of a run is in `TrainingState`: saved, and put back, the run goes
on as if nothing had happened. The loop yields events and never prints, saves or displays.
"""

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol
from zlib import crc32

import numpy as np

from nnctl.errors import ArgumentError, ExitStatus, NnctlError, Problem
from nnctl.graph import Array
from nnctl.network.metrics import Metric
from nnctl.network.optimizers import Optimizer
from nnctl.network.schedules import rate_at
from nnctl.system import machine
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Reason, TrainEnd, own_hooks
from nnctl.training.evaluation import Evaluator
from nnctl.training.ranks import Ranks
from nnctl.training.scoring import Scorer, Totals
from nnctl.training.shuffling import draw_order, in_order
from nnctl.training.state import TrainingState
from nnctl.training.step import Examples, Model, Step
from nnctl.training.team import Team
from nnctl.training.update import rates_of

# Outputs are kept for some batches, whose losses and metrics are then computed at once.
MOST_BATCHES_AT_ONCE = 64
MULTIPLY_ADDS_AT_ONCE = 2_000_000_000  # a tenth of a second or so
NUMBERS_AT_ONCE = 1 << 18
BETWEEN_EVENTS = 0.1  # seconds of validating


class TrainingDiverged(NnctlError):
    """The loss is not a number any more."""

    status = ExitStatus.NO


class Trainable(Model, Protocol):
    """What a run needs of a compiled model."""

    optimizer: Optimizer
    metrics: dict[str, Metric]
    scorer: Scorer
    evaluator: Evaluator
    ranks: Ranks | None

    def state(self) -> TrainingState: ...
    def step(self, data: Examples, rows: int) -> Step: ...


class Training:
    """A run: `events()` trains and yields; `run()` does so for callbacks.

    It starts from the model's `state()`, which is kept up to date. Raises `TrainingDiverged` when
    the loss is not finite. Where the model has `ranks`, all of them run it together.
    """

    def __init__(
        self,
        model: Trainable,
        train: Examples,
        validation: Examples | None = None,
        *,
        epochs: int,
        batch_size: int,
        shuffle: bool = True,
    ):
        self.model = model
        self.state = model.state()
        self.optimizer = model.optimizer
        self.ranks = model.ranks
        self.train = train
        self.validation = validation
        self.epochs = epochs
        self.shuffle = shuffle
        self.metrics = tuple(model.metrics)
        self._metrics = list(model.metrics.values())
        self.rows = len(train)
        self.batch_size = min(batch_size, self.rows)
        self.batches = math.ceil(self.rows / self.batch_size)
        self.has_validation = validation is not None
        self.most_batches_at_once = MOST_BATCHES_AT_ONCE
        self._stopped: Reason | None = None
        self._team: Team | None = None
        self._order = in_order(train.x, self.state.order)
        self._steps: dict[int, Step] = {}
        self._at_once: dict[int, int] = {}

    @property
    def epoch(self) -> int:
        return self.state.epoch

    def stop(self, reason: Reason = "stopped") -> None:
        self._stopped = reason

    @property
    def step(self) -> Step:
        """The step of all batches but the last of an epoch, which may be smaller."""
        return self._step(self.batch_size)

    @contextmanager
    def on_threads(self) -> Iterator[Team]:
        """Inside, the run uses the threads that suit it, which are yielded.

        They share the parts of a batch, or else the pieces of its large products.
        """
        processes = 1 if self.ranks is None else self.ranks.local
        threads = min(self.step.most_threads, machine.available_threads(processes))
        with machine.products_on_one_thread(), Team(threads) as self._team:
            try:
                yield self._team
            finally:
                self._team = None

    def run(self, callbacks: Sequence[Callback] = ()) -> TrainEnd:
        """Trains to the end, or until a callback stops it, and tells the callbacks.

        They are told in their order, and of the end in reverse: the last to begin ends first.
        """
        on_batch = own_hooks(callbacks, "on_batch_end")
        on_epoch = own_hooks(callbacks, "on_epoch_end")
        began = time.perf_counter()
        reason: Reason = "interrupted"
        for hook in own_hooks(callbacks, "on_train_begin"):
            hook(self)
        try:
            for event in self.events():
                for hook in on_batch if isinstance(event, BatchEnd) else on_epoch:
                    hook(self, event)
            reason = self._stopped or "finished"
        except TrainingDiverged:
            reason = "diverged"
            raise
        finally:
            end = TrainEnd(reason, self.state.epoch, time.perf_counter() - began)
            for hook in reversed(own_hooks(callbacks, "on_train_end")):
                hook(self, end)
        return end

    def events(self) -> Iterator[BatchEnd | EpochEnd]:
        """Trains on from `state`, and yields after every few batches and every epoch."""
        state = self.state
        while state.epoch < self.epochs and self._stopped is None:
            state.restored = False
            began = time.perf_counter()
            if state.batch == 0:  # else it goes on within an epoch that was interrupted
                state.totals = Totals.start(self._metrics)
                shuffle = self.shuffle and self.batches > 1
                state.order = draw_order(self.train.x, shuffle, state.generator)
            # Kept is what the order is known by; of blocks it is a seed, so it is made again here.
            self._order = in_order(self.train.x, state.order)
            while state.batch < self.batches and self._stopped is None:
                # Not around the `yield`: whoever is told would run without NumPy's warnings, too.
                with np.errstate(all="ignore"):
                    self._train_some()
                yield self._batch_end()
                self._agree()
            if state.batch == self.batches:  # an epoch that was stopped within has no end
                figures = yield from self._validate()
                if figures is not None:
                    yield self._epoch_end(began, figures)
                    self._agree()
                    self._compare()

    def _agree(self) -> None:
        """Stops every rank where one of them is to stop."""
        if self.ranks is not None:
            reasons = self.ranks.exchange(self._stopped)
            self._stopped = next(filter(None, reasons), None)

    def _compare(self) -> None:
        """Raises `NnctlError` where the ranks' parameters are not the same any more."""
        if self.ranks is None:
            return
        # A checksum of all bytes: ranks that have come apart by one bit go on doing so.
        if len(set(self.ranks.exchange(crc32(self.state.vector.data)))) > 1:
            message = "the parameters of the processes have come apart"
            fix = "let all of them run the same versions of nnctl and NumPy on the same data"
            raise NnctlError(Problem(message, fix))

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if self.state.learning_rate is not None:
            return self.state.learning_rate
        return rate_at(self.optimizer.learning_rate, step)

    def learning_rate_now(self) -> float:
        if callable(self.optimizer.learning_rate):
            raise ArgumentError(
                "a schedule gives the learning rate, so nothing else can change it",
                "give the optimizer a number as learning_rate",
                path="optimizer.learning_rate",
            )
        return self.learning_rate(self.state.step)

    def set_learning_rate(self, learning_rate: float) -> None:
        self.state.learning_rate = learning_rate

    def keep_best(self) -> None:
        self.state.keep_best()

    def restore_best(self) -> None:
        self.state.restore_best()

    def _step(self, rows: int) -> Step:
        if rows not in self._steps:
            self._steps[rows] = step = self.model.step(self.train, rows)
            # What ranks must do equally often, the one with the least of it decides for all.
            most = batches_at_once(step)
            self._at_once[rows] = most if self.ranks is None else min(self.ranks.exchange(most))
        return self._steps[rows]

    def upcoming(self) -> tuple[Step, Array, list[tuple[float, ...]]]:
        """The next few batches of equal size: their program, rows `(batches, size)` and rates."""
        state = self.state
        size = self.batch_size
        # Of 23 rows in batches of 6, after one batch: 2 more whole ones from row 6 on, then 5 rows.
        start = state.batch * size
        whole = (self.rows - start) // size
        step = self._step(size if whole else self.rows - start)
        count = min(max(whole, 1), self._at_once[step.batch], self.most_batches_at_once)
        rows = self._order[start : start + count * step.batch].reshape(count, -1)
        rates = [
            rates_of(self.optimizer, self.learning_rate(t), t)
            for t in range(state.step, state.step + count)
        ]
        return step, rows, rates

    def _train_some(self) -> None:
        """Trains on the next few batches, and adds their figures to the totals."""
        state = self.state
        step, batches, rates = self.upcoming()
        count = len(rates)
        rows = batches.reshape(-1)
        penalty_before = self.model.evaluator.penalty() if state.step == 0 else 0.0
        kept, penalty = step.run(self.train, batches, rates, self._team)
        outputs = kept.reshape(len(rows), *self.model.output_shape)
        if state.step == 0:
            first = slice(None) if step.whole else batches[0]
            weight = None if self.train.weight is None else self.train.weight[first]
            losses = self.model.scorer.losses(self.train.y[first], outputs[: step.batch], weight)
            state.first_loss = penalty_before + losses / step.batch
        state.totals.loss += penalty * step.batch  # the total is of rows, the penalty of a mean
        state.step += count
        state.batch += count
        # All of them are trained on in the order in which they lie, and need not be copied.
        chosen = slice(None) if step.whole else rows
        weight = None if self.train.weight is None else self.train.weight[chosen]
        self.model.scorer.add(state.totals, self.train.y[chosen], outputs, weight)
        # Once for all these batches: a sum that is not finite never becomes so again.
        if not math.isfinite(state.totals.loss):
            raise TrainingDiverged(
                Problem(
                    f"the loss is {state.totals.loss} in epoch {state.epoch + 1}, "
                    f"by batch {state.batch} of {self.batches}",
                    f"lower optimizer.learning_rate (it is {self.learning_rate(state.step):g}), "
                    "or scale the data",
                )
            )

    def _batch_end(self) -> BatchEnd:
        state = self.state
        logs = state.totals.figures(self.metrics, self._metrics)
        rate = self.learning_rate(state.step - 1)
        rows = state.totals.rows
        return BatchEnd(state.epoch + 1, state.batch, self.batches, rows, logs, rate)

    def _validate(self) -> Generator[BatchEnd, None, dict[str, float] | None]:
        """Evaluates the validation rows, and yields now and then, so that it can be interrupted.

        Returns their figures; None where it was.
        """
        if self.validation is None:
            return {}
        told = time.perf_counter()
        totals = Totals.start(self._metrics)
        for growing in self.model.evaluator.growing(self.validation):
            totals = growing
            self._agree()
            if self._stopped == "interrupted":
                return None
            if time.perf_counter() - told > BETWEEN_EVENTS:
                yield self._batch_end()
                told = time.perf_counter()
        figures = totals.figures(self.metrics, self._metrics)
        return {f"val_{name}": value for name, value in figures.items()}

    def _epoch_end(self, began: float, validation: Mapping[str, float]) -> EpochEnd:
        state = self.state
        logs = {**state.totals.figures(self.metrics, self._metrics), **validation}
        for name, value in logs.items():
            state.history.setdefault(name, []).append(value)
        state.epoch += 1
        state.batch = 0
        seconds = time.perf_counter() - began
        rate = self.learning_rate(state.step - 1)
        state.learning_rates.append(rate)
        state.seconds.append(seconds)
        return EpochEnd(state.epoch, self.epochs, logs, rate, seconds, self.rows)


def batches_at_once(step: Step) -> int:
    """How many batches are trained before their figures are computed; the same in every run."""
    by_work = MULTIPLY_ADDS_AT_ONCE // max(1, sum(step.products))
    by_size = NUMBERS_AT_ONCE // max(1, step.numbers)
    return max(1, min(by_work, by_size))
