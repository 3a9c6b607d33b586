"""The training loop: epochs of shuffled batches, replayed a few dozen at a time.

Everything that decides the future of a run is in `TrainingState`: saved, and put back, the run goes
on as if nothing had happened. The loop yields events and never prints, saves or displays.
"""

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zlib import crc32

import numpy as np

from nnctl.errors import ArgumentError, ExitStatus, NnctlError, Problem
from nnctl.graph import Array
from nnctl.graph.numpy_calls import aligned
from nnctl.network.metrics import Metric
from nnctl.network.optimizers import Optimizer
from nnctl.network.schedules import rate_at
from nnctl.system import blas
from nnctl.training.blocks import drawn, in_order
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Reason, TrainEnd, overridden
from nnctl.training.evaluation import Evaluator
from nnctl.training.ranks import Ranks
from nnctl.training.scoring import Scorer, Totals
from nnctl.training.step import Examples, Model, TrainingStep, rates_of

# Outputs are kept for some batches, whose losses and metrics are then computed at once.
MOST_BATCHES_AT_ONCE = 64
MULTIPLY_ADDS_AT_ONCE = 2_000_000_000  # a tenth of a second or so
NUMBERS_AT_ONCE = 1 << 18
BETWEEN_EVENTS = 0.1  # seconds of validating


class TrainingDiverged(NnctlError):
    """The loss is not a number any more."""

    status = ExitStatus.NO


@dataclass
class TrainingState:
    """All that decides how a run goes on. Arrays change in place.

    `vector` is the model's; `slots` belong to the optimizer; `step` counts batches over all epochs,
    `epoch` whole epochs and `batch` the batches done of the current one, whose order of rows is
    known by `order` (see `nnctl.training.blocks`); `totals` are what was gathered of it;
    `generator` draws the next order, and `dropout` the masks. `learning_rate` is one that was set
    since the start, else None; `best` are the parameters that a callback kept. `history`,
    `learning_rates` (of each epoch's last step) and `seconds` have one value an epoch.
    """

    vector: Array
    slots: dict[str, Array]
    generator: np.random.Generator
    dropout: np.random.Generator
    step: int = 0
    epoch: int = 0
    batch: int = 0
    order: Array = field(default_factory=lambda: np.empty(0, np.intp))
    totals: Totals = field(default_factory=lambda: Totals(0.0, 0, []))
    learning_rate: float | None = None
    best: Array | None = None
    history: dict[str, list[float]] = field(default_factory=dict)
    learning_rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        vector: Array,
        trainable: int,
        optimizer: Optimizer,
        generator: np.random.Generator,
        dropout: np.random.Generator,
    ) -> "TrainingState":
        """The state before the first step: slots filled as the optimizer says."""
        slots = {name: aligned((trainable,), vector.dtype) for name in optimizer.slots}
        for name, slot in slots.items():
            slot.fill(optimizer.slots[name])
        return cls(vector, slots, generator, dropout)

    def forget_history(self) -> None:
        """Starts new lists for the figures of the epochs to come."""
        self.history, self.learning_rates, self.seconds = {}, [], []

    def arrays(self) -> dict[str, Array]:
        """The arrays of the state, by name."""
        totals = {
            f"totals/{k}/{name}": array
            for k, state in enumerate(self.totals.states)
            for name, array in state.items()
        }
        slots = {f"slots/{name}": array for name, array in self.slots.items()}
        best = {} if self.best is None else {"best": self.best}
        return {"vector": self.vector, "order": self.order, **best, **slots, **totals}

    def numbers(self) -> dict[str, Any]:
        """The rest of the state, as JSON."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "batch": self.batch,
            "totals": {"loss": self.totals.loss, "rows": self.totals.rows},
            "history": self.history,
            "learning_rates": self.learning_rates,
            "seconds": self.seconds,
            "learning_rate": self.learning_rate,
            "generator": self.generator.bit_generator.state,
            "dropout": self.dropout.bit_generator.state,
        }

    def restore(self, arrays: Mapping[str, Array], numbers: Mapping[str, Any]) -> None:
        """Takes up what `arrays` and `numbers` returned, in a state of the same model and run.

        Raises KeyError, TypeError or ValueError for those of another.
        """
        parts = {"vector": self.vector}
        parts |= {f"slots/{name}": slot for name, slot in self.slots.items()}
        if "best" in arrays:
            self.best = parts["best"] = np.empty_like(self.vector)
        for name, part in parts.items():
            if arrays[name].shape != part.shape or arrays[name].dtype != part.dtype:
                found = f"{arrays[name].shape} of {arrays[name].dtype}"
                raise ValueError(f"{name} is {found}, not {part.shape} of {part.dtype}")
            part[...] = arrays[name]
        self.order = np.asarray(arrays["order"], np.intp)
        self.learning_rate = numbers["learning_rate"]
        self.step, self.epoch, self.batch = (int(numbers[k]) for k in ("step", "epoch", "batch"))
        states: dict[int, dict[str, Array]] = {}
        for key, array in arrays.items():
            if key.startswith("totals/"):
                _, k, name = key.split("/")
                states.setdefault(int(k), {})[name] = array.copy()
        totals = numbers["totals"]
        self.totals = Totals(totals["loss"], totals["rows"], [states[k] for k in sorted(states)])
        self.history = {name: list(values) for name, values in numbers["history"].items()}
        self.learning_rates = list(numbers["learning_rates"])
        self.seconds = list(numbers["seconds"])
        self.generator.bit_generator.state = numbers["generator"]
        self.dropout.bit_generator.state = numbers["dropout"]


class Trainable(Model, Protocol):
    """What a run needs of a compiled model."""

    optimizer: Optimizer
    metrics: dict[str, Metric]
    scorer: Scorer
    evaluator: Evaluator
    ranks: Ranks | None

    def state(self) -> TrainingState: ...
    def step(self, data: Examples, rows: int) -> TrainingStep: ...


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
        self.model, self.state, self.optimizer = model, model.state(), model.optimizer
        self.ranks = model.ranks
        self.train, self.validation = train, validation
        self.epochs, self.shuffle = epochs, shuffle
        self.metrics, self._metrics = tuple(model.metrics), list(model.metrics.values())
        self.rows = len(train)
        self.batch_size = min(batch_size, self.rows)
        self.batches = math.ceil(self.rows / self.batch_size)
        self.has_validation = validation is not None
        self.most_batches_at_once = MOST_BATCHES_AT_ONCE
        self._stopped: Reason | None = None
        self._order = in_order(train.x, self.state.order)
        self._steps: dict[int, TrainingStep] = {}
        self._at_once: dict[int, int] = {}

    @property
    def epoch(self) -> int:
        return self.state.epoch

    def stop(self, reason: Reason = "stopped") -> None:
        self._stopped = reason

    def threads(self) -> int:
        """The threads that suit the run's matrix products."""
        products = self._step(self.batch_size).program.products
        return blas.threads_for(
            max(products, default=0), 1 if self.ranks is None else self.ranks.local
        )

    def run(self, callbacks: Sequence[Callback] = ()) -> TrainEnd:
        """Trains to the end, or until a callback stops it, and tells the callbacks.

        They are told in their order, and of the end in reverse: the last to begin ends first.
        """
        on_batch = overridden(callbacks, "on_batch_end")
        on_epoch = overridden(callbacks, "on_epoch_end")
        began = time.perf_counter()
        reason: Reason = "interrupted"
        for hook in overridden(callbacks, "on_train_begin"):
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
            for hook in reversed(overridden(callbacks, "on_train_end")):
                hook(self, end)
        return end

    def events(self) -> Iterator[BatchEnd | EpochEnd]:
        """Trains on from `state`, and yields after every few batches and every epoch."""
        state = self.state
        while state.epoch < self.epochs and self._stopped is None:
            began = time.perf_counter()
            if state.batch == 0:
                state.totals = Totals.start(self._metrics)
                shuffle = self.shuffle and self.batches > 1
                state.order = drawn(self.train.x, shuffle, state.generator)
            self._order = in_order(self.train.x, state.order)
            while state.batch < self.batches and self._stopped is None:
                with np.errstate(all="ignore"):
                    self._train_some()
                yield self._batch_end()
                self._agree()
            if state.batch == self.batches:
                figures = yield from self._validated()
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
        if self.state.best is None:
            self.state.best = self.state.vector.copy()
        self.state.best[...] = self.state.vector

    def restore_best(self) -> None:
        if self.state.best is not None:
            self.state.vector[...] = self.state.best

    def _step(self, rows: int) -> TrainingStep:
        if rows not in self._steps:
            self._steps[rows] = step = self.model.step(self.train, rows)
            most = batches_at_once(step)
            self._at_once[rows] = most if self.ranks is None else min(self.ranks.exchange(most))
        return self._steps[rows]

    def upcoming(self) -> tuple[TrainingStep, Array, list[tuple[float, ...]]]:
        """The next few batches of equal size: their program, rows `(batches, size)` and rates."""
        state, size = self.state, self.batch_size
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
        count, rows = len(rates), batches.reshape(-1)
        kept, penalty = step.run(self.train, batches, rates)
        outputs = kept.reshape(len(rows), *self.model.output_shape)
        state.totals.loss += penalty * step.batch
        state.step += count
        state.batch += count
        weight = None if self.train.weight is None else self.train.weight[rows]
        self.model.scorer.add(state.totals, self.train.y[rows], outputs, weight)
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
        batches, rows = self.batches, state.totals.rows
        return BatchEnd(state.epoch + 1, state.batch, batches, rows, logs, rate)

    def _validated(self) -> Generator[BatchEnd, None, dict[str, float] | None]:
        """Evaluates the validation rows, and yields now and then, so that it can be interrupted.

        Returns their figures; None where it was.
        """
        if self.validation is None:
            return {}
        told, totals = time.perf_counter(), Totals.start(self._metrics)
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
        state.epoch, state.batch = state.epoch + 1, 0
        seconds = time.perf_counter() - began
        rate = self.learning_rate(state.step - 1)
        state.learning_rates.append(rate)
        state.seconds.append(seconds)
        return EpochEnd(state.epoch, self.epochs, logs, rate, seconds, self.rows)


def batches_at_once(step: TrainingStep) -> int:
    """How many batches are trained before their figures are computed; the same in every run."""
    by_work = MULTIPLY_ADDS_AT_ONCE // max(1, step.multiply_adds)
    by_size = NUMBERS_AT_ONCE // max(1, step.y_pred.size)
    return max(1, min(by_work, by_size))
