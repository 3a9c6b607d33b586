"""Callbacks that watch one figure: to stop when it stays, or to lower the learning rate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from nnctl.errors import ArgumentError, Problem, did_you_mean
from nnctl.network.annotations import NonNegativeFloat, NonNegativeInt, Range
from nnctl.network.arguments import Component
from nnctl.network.metrics import higher_is_better, need_of
from nnctl.training.callbacks import Callback, EpochEnd, Run, TrainEnd


@dataclass(eq=False, repr=False, kw_only=True)
class Monitor(Component, Callback):
    """Base of the two: remembers the best value of `monitor`, and how long ago it was.

    A value is better by more than `min_delta`, downwards for losses and errors, upwards for the
    metrics that are better when higher. An epoch in which it is not defined, as the AUC of one
    class is not, is neither better nor worse: it counts as if it had not been, but in `undefined`.
    Raises `ArgumentError` before the first epoch if the run does not compute `monitor`.
    """

    section: ClassVar[str] = ""  # of a config, that makes it
    told: ClassVar[str] = "it"  # what the epochs are counted for
    monitor: str = "val_loss"
    min_delta: NonNegativeFloat = 0.0
    best: float | None = field(default=None, init=False)
    best_epoch: int | None = field(default=None, init=False)
    wait: int = field(default=0, init=False)  # epochs since the best
    undefined: int = field(default=0, init=False)  # epochs that could not be judged
    resumed: bool = field(default=False, init=False)  # whether the next run goes on with these

    def on_train_begin(self, run: Run) -> None:
        figures = ["loss", *run.metrics]
        computed = figures + ([f"val_{name}" for name in figures] if run.has_validation else [])
        if self.monitor not in computed:
            raise ArgumentError(
                f'monitor is "{self.monitor}"; this run computes: {", ".join(computed)}',
                did_you_mean(self.monitor, computed),
                path="monitor",
            )
        if not self.resumed:
            self.best = None
            self.best_epoch = None
            self.wait = 0
            self.undefined = 0
        self.resumed = False

    def note(self, event: EpochEnd) -> bool | None:
        """Remembers the epoch if it is the best so far; whether it is, None where undefined."""
        value = event.logs[self.monitor]
        if math.isnan(value):
            self.undefined += 1
            return None
        rises = higher_is_better(self.monitor)
        gain = 0.0 if self.best is None else (value - self.best) * (1 if rises else -1)
        better = self.best is None or gain > self.min_delta
        if better:
            self.best = value
            self.best_epoch = event.epoch
        self.wait = 0 if better else self.wait + 1
        return better

    def undefined_problem(self) -> Problem | None:
        """What to tell of the epochs that could not be judged, if there were any."""
        if not self.undefined:
            return None
        need = need_of(self.monitor)
        part = "validation" if self.monitor.startswith("val_") else "training"
        name = self.monitor.removeprefix("val_")
        reason = f"{name} needs {need}" if need else f"the {name} was no number"
        count = f"{self.undefined} epoch" + ("" if self.undefined == 1 else "s")
        message = f"{self.monitor} was not defined in {count}, which did not count for {self.told}"
        text = f"{message}: among the {part} rows, {reason}"
        return Problem(text, "monitor val_loss or loss", path=f"{self.section}.monitor")

    def state(self) -> dict[str, Any]:
        counts = {"wait": self.wait, "undefined": self.undefined}
        return {"best": self.best, "best_epoch": self.best_epoch, **counts}

    def load_state(self, state: Mapping[str, Any]) -> None:
        for name in self.state():
            setattr(self, name, state[name])
        self.resumed = True


@dataclass(eq=False, repr=False, kw_only=True)
class EarlyStopping(Monitor):
    """Ends the run after `patience` epochs without a better `monitor`.

    With `restore_best` the model ends with the parameters of its best epoch, whether or not it was
    stopped early.
    """

    section: ClassVar[str] = "early_stopping"
    told: ClassVar[str] = "early stopping"
    patience: NonNegativeInt
    restore_best: bool = True

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        if self.wait and self.wait >= self.patience:  # it was about to end when it was broken off
            run.stop("stopped")

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        better = self.note(event)
        if better and self.restore_best:
            run.keep_best()
        elif better is False and self.wait >= self.patience:
            run.stop("stopped")

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        if self.restore_best and event.reason in ("finished", "stopped"):
            run.restore_best()


@dataclass(eq=False, repr=False, kw_only=True)
class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by `factor` after `patience` epochs without a better `monitor`.

    Not below `min_lr`; after a reduction `cooldown` epochs pass before it counts again.
    """

    section: ClassVar[str] = "reduce_lr_on_plateau"
    told: ClassVar[str] = "the learning rate"
    factor: Annotated[float, Range(0, 1, low_open=True, high_open=True)] = 0.1
    patience: NonNegativeInt = 10
    min_delta: NonNegativeFloat = 1e-4
    cooldown: NonNegativeInt = 0
    min_lr: NonNegativeFloat = 0.0
    cooling: int = field(default=0, init=False)  # epochs left of the cooldown

    def on_train_begin(self, run: Run) -> None:
        super().on_train_begin(run)
        run.learning_rate_now()  # refuses a schedule, before the first epoch

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        if math.isnan(event.logs[self.monitor]):
            self.note(event)
            return
        if self.cooling:
            self.cooling -= 1
            self.wait = 0
        if self.note(event):
            return
        if self.cooling:
            self.wait = 0
        if self.cooling or self.wait < self.patience:
            return
        rate = run.learning_rate_now()
        if rate > self.min_lr:
            run.set_learning_rate(max(rate * self.factor, self.min_lr))
            self.cooling = self.cooldown
            self.wait = 0

    def state(self) -> dict[str, Any]:
        return {**super().state(), "cooling": self.cooling}


SECTIONS: dict[str, type[Monitor]] = {
    made.section: made for made in (EarlyStopping, ReduceLROnPlateau)
}
