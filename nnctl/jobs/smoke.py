"""`nnctl train --smoke`: does a config train at all? Every step of the job, on a few batches."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.advice import Advice, advice_for
from nnctl.assembly.build import Built, build
from nnctl.config import Config, load
from nnctl.errors import ExitStatus, Problem
from nnctl.jobs.finding import find_config, find_start, member_or_first
from nnctl.jobs.job import TrainResult
from nnctl.jobs.run import run_in
from nnctl.reading.storage import temporary_folder
from nnctl.runs.folder import RunFolder, choose
from nnctl.system import machine
from nnctl.training.loop import TrainingDiverged
from nnctl.training.step import Examples

BATCHES = 3
MOST_STEPS = 200  # on one batch


@dataclass(frozen=True)
class SmokeResult:
    """How the loss of one batch fell, from and to, in so many steps; and the job's own result."""

    before: float
    after: float
    steps: int
    job: TrainResult

    @property
    def status(self) -> ExitStatus:
        return ExitStatus.DONE if self.after < self.before else ExitStatus.NO

    def as_json(self) -> dict[str, float]:
        """How the loss fell, as plain data."""
        return {"before": self.before, "after": self.after, "steps": self.steps}


def smoke(
    config: Path,
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    ensemble: int | None = None,
    member: int | None = None,
    init_weights: Path | None = None,
    overwrite: bool = False,
    warn: Callable[[Problem], object] = lambda problem: None,
    advise: Callable[[Sequence[Advice]], object] = lambda advice: None,
) -> SmokeResult:
    """Three batches through every step of the job, then up to 200 steps on one batch.

    Of an ensemble a `member` is tried alone, by default the first. The run goes to a temporary
    folder unless `output` names one. Before anything is tried, `warn` and `advise` are told what
    `train` would tell them. Raises `NnctlError` where the job itself could not run.
    """
    named = {"epochs": 1, "seed": seed, "ensemble": ensemble}
    checked = load(find_config(config), overrides=overrides, named=named)
    built = build(checked, init_weights=find_start(init_weights), member=member_or_first(member))
    for problem in built.prepared.warnings:
        warn(problem)
    advise(advice_for(built))
    if checked.members > 1:
        alone = load(find_config(config), overrides=overrides, named={**named, "ensemble": 1})
        built = built._replace(config=alone)
    small = shorten(built)
    before, after, steps = losses_on_one_batch(small)
    with folder_for(checked, output, overwrite) as folder:
        job = run_in(folder, small)
    if "weights" not in job.results:
        raise TrainingDiverged(job.problems)
    if output is None:  # the folder is gone
        kept = {key: value for key, value in job.results.items() if key not in ("run", "weights")}
        job = job._replace(results=kept)
    return SmokeResult(before, after, steps, job)


def batch_size(built: Built) -> int:
    size = built.config.batch_size
    return len(built.train) if size == "full" else size


def shorten(built: Built) -> Built:
    """The same job with no more rows than a few batches in each part of the data."""
    most = slice(0, BATCHES * batch_size(built))
    parts: dict[str, Examples | None] = {
        "train": built.train.rows(most),
        "validation": built.validation and built.validation.rows(most),
        "test": built.test and built.test.rows(most),
    }
    changes: dict[str, Any] = parts
    return built._replace(**changes)


def losses_on_one_batch(built: Built) -> tuple[float, float, int]:
    """The loss on the first batch before and after training on it alone; the parameters go back.

    Ends once the loss has halved: that it falls is the question, not how far.
    """
    model = built.model
    batch = built.train.rows(slice(0, batch_size(built)))
    start = model.named_arrays()
    before = after = model.evaluator.figures(batch)["loss"]
    steps = 0
    with machine.thread_limit(1):
        while steps < MOST_STEPS and not after < before / 2:
            training = model.training(batch, epochs=steps + 10, batch_size=len(batch))
            training.run()
            steps += 10
            after = model.evaluator.figures(batch)["loss"]
    model.compile(model.optimizer, model.loss, model.metrics)  # a new state, slots at their start
    model.load_arrays(start)
    return before, after, steps


def folder_for(
    config: Config, output: Path | None, overwrite: bool
) -> AbstractContextManager[RunFolder]:
    """The folder that was asked for, or one that goes away afterwards."""
    if output is not None:
        return nullcontext(choose(config.name, output, overwrite))
    return temporary_run(config.name)


@contextmanager
def temporary_run(name: str) -> Iterator[RunFolder]:
    """A run folder in a temporary one."""
    with temporary_folder() as folder:
        yield RunFolder(folder / name)
