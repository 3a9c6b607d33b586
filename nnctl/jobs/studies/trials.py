"""Trials of a study: a config with other values, trained until it ends or is pruned."""

import hashlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nnctl.assembly.answering import fit_readout
from nnctl.assembly.build import Builder, Built
from nnctl.assembly.out_of_bag import figures_by_part, validation_losses
from nnctl.config import Config, Source
from nnctl.config.schema import check
from nnctl.config.searching import with_values
from nnctl.errors import NnctlError
from nnctl.jobs.job import Job, arrays_of, metadata_of
from nnctl.jobs.members.one_by_one import TrainedMember, model_of, train_members
from nnctl.network.metrics import need_of
from nnctl.reading.digests import digest_of
from nnctl.runs.results import final_figures
from nnctl.runs.weights import write_weights
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Run
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.tuning.trial import Judged, Outcome, Progress, Task

Report = Callable[[Progress], bool]  # whether to stop
REPORTS = 32  # of a trial at most: each is written to the storage


@dataclass(frozen=True)
class Trials:
    """What all trials of a study have in common, as their processes are given it.

    `every` so many epochs a trial's figure is reported. Where `judging`, what the rows that
    validate say is wanted of each in place of its weights.
    """

    source: Source
    monitor: str
    every: int
    judging: bool = False


def trial_config(source: Source, values: Mapping[str, Any]) -> Config:
    """The config of a trial. Raises `NnctlError` for values that do not go together."""
    return check(with_values(source, values, "the trial's values"))


class Trainer:
    """Trains the trials of a study, one after another, and keeps their data from one to the next.

    `look` is called every few batches; `known` is a config whose data were read already. Of an
    ensemble each member reports; where the first is stopped the others are not trained.
    """

    def __init__(
        self,
        trials: Trials,
        look: Callable[[], object] = lambda: None,
        known: Built | None = None,
    ):
        self.trials = trials
        self.look = look
        self._builder = Builder(known)
        self._digest = cache(digest_of)

    def train(self, task: Task, report: Report) -> Outcome:
        """Trains a trial to its end, or until `report` says that it is to stop."""
        reports = Reports(self.trials.monitor, self.trials.every, report, self.look)
        try:
            config = trial_config(self.trials.source, task.values)
            job = Job.of(self._builder.build(config), self._digest)
            trained = []
            for each in train_members(job.built, reports.of_member):
                if reports.pruned:
                    return Outcome("pruned", epochs=each.end.epoch, seconds=each.end.seconds)
                trained.append(each)
        except (NnctlError, MemoryError) as error:
            return Outcome("failed", epochs=reports.epochs, reason=reason_of(error))
        return self._outcome(job, trained)

    def _outcome(self, job: Job, trained: Sequence[TrainedMember]) -> Outcome:
        """The figure of the weights that the trial ends with, and these."""
        models = [member.model for member in trained]
        epochs = max(member.end.epoch for member in trained)
        seconds = sum(member.end.seconds for member in trained)
        model = model_of(trained)
        figures = self._figures(job.built, model)
        value = figures[self.trials.monitor.removeprefix("val_")]
        sound = all(np.isfinite(model.vector).all() for model in models)
        if not (math.isfinite(value) and sound):
            reason = f"{self.trials.monitor} is {value:g} after epoch {epochs}"
            if math.isnan(value) and (need := need_of(self.trials.monitor)):
                reason += f": it needs {need}"
            return Outcome("failed", epochs=epochs, seconds=seconds, reason=reason)
        if self.trials.judging:
            judged = Judged(figures, validation_losses(job.built, model))
            return Outcome("complete", value, epochs, seconds, judged=judged)
        file = io.BytesIO()
        readout = fit_readout(job.built, model_of(trained)).readout
        write_weights(file, arrays_of(job, models), metadata_of(job, readout))
        weights = file.getvalue()
        digest = hashlib.sha256(weights).hexdigest()
        return Outcome("complete", value, epochs, seconds, None, weights, digest)

    def _figures(self, built: Built, model: Predicting) -> Mapping[str, float]:
        """The figures of the part of the data whose figure the trial is judged by."""
        part = "validation" if self.trials.monitor.startswith("val_") else "train"
        if isinstance(model, Ensemble):
            return figures_by_part(built, model, [part])[part].figures
        train, validation = final_figures(model.state())
        return validation if part == "validation" else train


class Reports(Callback):
    """Reports the monitored figure of every few epochs, and stops the trial where it is told to.

    `look` is called every few batches; `epochs` are the most that a member has been trained.
    """

    def __init__(
        self, monitor: str, every: int, report: Report, look: Callable[[], object] = lambda: None
    ):
        self.look = look
        self.monitor = monitor
        self.every = every
        self.report = report
        self.member = 1
        self.epochs = 0
        self.pruned = False

    def of_member(self, member: int) -> list[Callback]:
        """The same, of a member that is trained from now on."""
        self.member = member
        return [self]

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.look()

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.epochs = max(self.epochs, event.epoch)
        progress = Progress(event.epoch, event.logs[self.monitor], self.member)
        stop = event.epoch % self.every == 0 and self.report(progress)
        if stop and event.epoch < event.epochs:
            self.pruned = True
            run.stop("stopped")


def reason_of(error: Exception) -> str:
    """Why a trial failed, in one line."""
    if isinstance(error, NnctlError):
        return "; ".join(problem.message for problem in error.problems)
    return "there is not enough memory"
