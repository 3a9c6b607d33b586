"""Trial trainings of a config at several learning rates, each as `train` would train it."""

import math
from collections.abc import Sequence

from nnctl.assembly.build import Built, build
from nnctl.config import Config
from nnctl.data.prepare import Prepared
from nnctl.insight.rate_choice import Tried, batches_worth, better_half, stages
from nnctl.jobs.job import monitors, stopping_among, training_of
from nnctl.system import machine
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Run
from nnctl.training.loop import TrainingDiverged
from nnctl.training.monitors import EarlyStopping


class Pause(Callback):
    """Ends a training after so many batches in all, and keeps the figures that it had there."""

    def __init__(self, batches: int):
        self.batches = batches
        self.figures: dict[str, float] = {}
        self.done = 0

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.done = (event.epoch - 1) * event.batches + event.batch
        if event.batch < event.batches and self.done >= self.batches:
            self.figures = dict(event.logs)
            run.stop("interrupted")

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.figures = dict(event.logs)
        if self.done >= self.batches:
            run.stop("interrupted")


class Trial:
    """A training at a rate, that goes on as long as the rate is among the best.

    It has the seed, the order of rows and all else of the config's own training.
    """

    def __init__(self, config: Config, prepared: Prepared, rate: float):
        self._built = build(config, prepared=prepared)
        self._watching = monitors(config)
        self._ended = False
        model = self._built.model
        watched = {each.monitor.removeprefix("val_") for each in self._watching}
        metrics = {name: metric for name, metric in model.metrics.items() if name in watched}
        model.compile(model.optimizer, model.loss, metrics)
        model.state().learning_rate = rate
        self._most = config.epochs * training_of(self._built).batches
        self.tried = Tried(rate, 0.0, math.inf, math.inf)

    def train_to(self, batches: int) -> Tried:
        """Goes on until there have been so many batches, or it stops by itself."""
        if self._ended:
            return self.tried
        training = training_of(self._built)
        training.most_batches_at_once = min(training.most_batches_at_once, batches)
        pause = Pause(batches)
        try:
            end = training.run([pause, *self._watching])
        except TrainingDiverged:
            self._ended = True
            share = pause.done / self._most
            self.tried = Tried(self.tried.rate, share, math.inf, math.inf)
            return self.tried
        for each in self._watching:
            each.load_state(each.state())  # as the next stretch goes on with it
        self._ended = end.reason != "interrupted" or pause.done == self._most
        share = 1.0 if self._ended else pause.done / self._most
        figures = self._best_figures() or pause.figures
        own = figures["loss"]
        self.tried = Tried.of(self.tried.rate, share, figures.get("val_loss", own), own)
        return self.tried

    def _best_figures(self) -> dict[str, float] | None:
        """Those of the epoch whose weights would be kept, where it is not simply the last."""
        stopping: EarlyStopping | None = stopping_among(self._watching)
        if stopping is None or not stopping.restore_best or stopping.best_epoch is None:
            return None
        history = self._built.model.state().history
        return {name: values[stopping.best_epoch - 1] for name, values in history.items()}


def try_rates(config: Config, built: Built, rates: Sequence[float]) -> list[list[Tried]]:
    """What comes of the rates: of all of them, of the better half of these after longer, and so on.

    `built` is the config's, for its data. On one thread, as large products have other digits on
    several.
    """
    training = training_of(built)
    operations = 2.0 * training.batches * sum(training.step.products)
    if built.validation is not None:  # which goes forward alone: a third of what training does
        operations += operations * len(built.validation) / (3 * training.rows)
    worth = batches_worth(training.batches, operations)
    most = training.batches * config.epochs
    found: list[list[Tried]] = []
    with machine.thread_limit(1):
        trials = {rate: Trial(config, built.prepared, rate) for rate in rates}
        for count, end in stages(len(rates), training.batches, most, worth):
            if found:
                going = better_half(found[-1], count)
                trials = {each.rate: trials[each.rate] for each in going}
            found.append([trial.train_to(end) for trial in trials.values()])
    return found
