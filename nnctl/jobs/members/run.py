"""A run of several members in its folder: begun, gone on with, and brought to its end."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from nnctl.advice import Advice
from nnctl.assembly.build import Built, compiled_for, start_from
from nnctl.config import Source
from nnctl.config.schema import check
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.jobs.finishing import (
    Product,
    diverged_result,
    finish,
    notes_of,
    result_without_weights,
    unfinished_results,
    write_results,
)
from nnctl.jobs.job import Job, TrainResult, monitors, stopping_among
from nnctl.jobs.members.course import Course
from nnctl.jobs.members.standing import Standing
from nnctl.jobs.members.turns import EnsemblePlan, MemberTrainer
from nnctl.reading.digests import digest_of
from nnctl.runs.checkpoint import Saved, checkpoint_of, read_checkpoint, rewrite_checkpoint
from nnctl.runs.folder import CHECKPOINT, CONFIG, HISTORY, MEMBERS, RunFolder
from nnctl.runs.weights import load_weights
from nnctl.system import machine
from nnctl.training.callbacks import Callback, Reason
from nnctl.training.sequential import Sequential


def train_ensemble(
    folder: RunFolder,
    built: Built,
    callbacks: Sequence[Callback] = (),
    digest: Callable[[str], str] = digest_of,
    advice: Sequence[Advice] = (),
    *,
    init_weights: Path | None = None,
    processes: int | None = None,
) -> TrainResult:
    """Makes the folder, trains all members in it, and writes what came of them.

    `built` is the first of them; the others start from `init_weights`, too, where that is given. Up
    to so many `processes` train, by default one a core; the files do not depend on how many.
    """
    job = Job.of(built, digest, notes_of(built.prepared.warnings, advice))
    firsts = [first_checkpoint(job, model) for model in first_models(built, init_weights)]
    files = {each.file: partial(save_at, each) for each in firsts}
    standings = [Standing.of(each, job) for each in firsts]
    with ExitStack() as held:
        made = folder.create(job.text, files, held)
        return go_on_with_members(job, made, standings, callbacks, processes)


def first_models(built: Built, init_weights: Path | None) -> list[Sequential]:
    """All members as they are before their training."""
    config, targets = built.config, built.prepared.preprocessing.targets
    given = None if init_weights is None else load_weights(init_weights, plain=True)
    models = [built.model]
    for member in range(2, config.members + 1):
        models.append(compiled_for(config, targets, built.model.input_shape, member))
        if given is not None:
            start_from(given, models[-1], member, config.members)
    return models


def first_checkpoint(job: Job, model: Sequential) -> Saved:
    """The checkpoint of a member that has not begun; its file is below the run's folder."""
    path, watching = Path(MEMBERS, str(model.member), CHECKPOINT), monitors(job.built.config)
    return checkpoint_of(path, model.state(), job.about, watching, member=model.member)


def save_at(saved: Saved, path: Path) -> None:
    """Writes a checkpoint to another file."""
    rewrite_checkpoint(saved._replace(file=str(path)))


def read_members(folder: RunFolder, members: int) -> list[Saved]:
    """The checkpoints of all members. Raises `NnctlError` where they are not those of one run."""
    found = [read_checkpoint(folder.of_member(k).checkpoint) for k in range(1, members + 1)]
    for number, saved in enumerate(found, start=1):
        if saved.member != number or common_to_members(saved) != common_to_members(found[0]):
            message = "this is not the checkpoint of that member of the run"
            raise NnctlError(Problem(message, "train again from the start", saved.file))
    return found


def members_of(folder: RunFolder) -> int:
    """How many members the run in a folder has, as the first of them says."""
    saved = read_checkpoint(folder.of_member(1).checkpoint)
    return check(Source(saved.file, dict(saved.about.config))).members


def common_to_members(saved: Saved) -> tuple[object, ...]:
    """What the checkpoints of a run's members have in common: the epochs alone may grow."""
    return {**saved.about.config, "epochs": 0}, saved.about.data


def go_on_with_members(
    job: Job,
    folder: RunFolder,
    standings: Sequence[Standing],
    callbacks: Sequence[Callback] = (),
    processes: int | None = None,
) -> TrainResult:
    """Trains all members on from where they stand, and writes what came of it.

    `job` is that of the first member.
    """
    write_results(job, folder, unfinished_results(job, folder, "running", standings))
    left = sum(each.ended is None for each in standings)
    count = min(processes or machine.available_threads(), left)
    plan = EnsemblePlan(str(folder.path / CONFIG), folder.path, job.about, count)
    with garbage_of_its_own():
        trainer = MemberTrainer(plan, known=job.built)
        course = Course(plan, trainer, standings, callbacks, folder.path / HISTORY)
        reason, problems, advice = course.run(), course.problems, course.advice
        del trainer, course
    if reason == "diverged":
        return diverged_result(job, folder, problems, standings)
    if reason != "interrupted":
        with suppress(KeyboardInterrupt):
            return finish_members(job, folder, reason, advice)
    results = unfinished_results(job, folder, "interrupted", standings)
    write_results(job, folder, results)
    return result_without_weights(job, folder, results, ExitStatus.INTERRUPTED)


@contextmanager
def garbage_of_its_own() -> Iterator[None]:
    """At the end, collects what the members took to be trained: models, which predictors hold.

    All that was there before is not looked through, which would take longer than all else there.
    What somebody has frozen stays frozen.
    """
    is_free = gc.get_freeze_count() == 0
    if is_free:
        gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        if is_free:
            gc.unfreeze()


def finish_members(
    job: Job, folder: RunFolder, reason: Reason, advice: tuple[Advice, ...] = ()
) -> TrainResult:
    """Writes weights and results of members whose checkpoints are those of their ends."""
    return finish(job, folder, reason, advice, product_of(job, folder))


def product_of(job: Job, folder: RunFolder) -> Product:
    """What the trainings have come to whose checkpoints the folder has."""
    built = job.built
    config, targets = built.config, built.prepared.preprocessing.targets
    models, watching = [], []
    for saved in read_members(folder, config.members):
        model = compiled_for(config, targets, built.model.input_shape, saved.member)
        callbacks = tuple(monitors(config))
        saved.restore(model.state(), callbacks)
        stopping = stopping_among(callbacks)
        if stopping is not None and stopping.restore_best:
            model.state().restore_best()
        models.append(model)
        watching.append(callbacks)
    return Product.of_members(built, models, watching)
