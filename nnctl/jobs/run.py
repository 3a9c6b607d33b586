"""A run in its folder: trained from its start or from a checkpoint, and brought to its end."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from nnctl.advice import Advice
from nnctl.advice.watching import Watch
from nnctl.assembly.build import Built
from nnctl.config import Config, resolved
from nnctl.config.data_files import named_files
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.jobs.finishing import (
    diverged_result,
    finish,
    notes_of,
    result_without_weights,
    unfinished_results,
    write_results,
)
from nnctl.jobs.job import Job, TrainResult, training_of
from nnctl.reading.digests import Digests, digest_of
from nnctl.runs.checkpoint import Checkpoints, read_checkpoint, save_checkpoint
from nnctl.runs.folder import CHECKPOINT, RunFolder
from nnctl.runs.keeping import KeptFolder
from nnctl.training.callbacks import Callback, Reason
from nnctl.training.loop import TrainingDiverged
from nnctl.training.ranks import first_alone, is_first, together


def digests_of(config: Config) -> Digests:
    """The hashes of the config's data files, begun now."""
    return Digests(named_files(resolved(config, absolute_paths=True)["data"]).values())


def run_in(
    folder: RunFolder,
    built: Built,
    callbacks: Sequence[Callback] = (),
    digest: Callable[[str], str] = digest_of,
    advice: Sequence[Advice] = (),
) -> TrainResult:
    """Makes the folder, trains in it from the start, and writes what came of it.

    `digest` gives the hash of a data file; `advice` is what was given on the config.
    """
    ranks = built.model.ranks
    state = built.model.state()
    told = notes_of(built.prepared.warnings, advice)
    job = together(ranks, lambda: Job.of(built, digest, told))
    together(ranks, lambda: check_alike(job))

    def first_checkpoint(path: Path) -> None:
        save_checkpoint(path, state, job.about, job.watching)

    with ExitStack() as held:
        first = {CHECKPOINT: first_checkpoint}
        made = first_alone(ranks, lambda: folder.create(job.text, first, held))
        return go_on(job, made, callbacks)


def check_alike(job: Job) -> None:
    """Raises `NnctlError` where the processes that train together have not read the same data."""
    ranks = job.built.model.ranks
    if ranks is None:
        return
    for rank, data in enumerate(ranks.exchange(job.about.data)):
        for part, digest in data.items():
            if digest != job.about.data.get(part):
                message = f"data.{part} of process {rank} is another file than that of {ranks.rank}"
                fix = "give every computer the same files"
                raise NnctlError(Problem(f"{message} (its SHA-256 differs)", fix))


def go_on(job: Job, folder: RunFolder, callbacks: Sequence[Callback] = ()) -> TrainResult:
    """Trains from the model's state on, and writes what came of it.

    A folder that is removed meanwhile is made anew, with a warning.
    """
    kept = KeptFolder(folder.path, job.text)
    try:
        result = brought_to_end(job, folder, callbacks, kept)
    finally:
        kept.close()
    return result._replace(warnings=(*result.warnings, *kept.notices))


def brought_to_end(
    job: Job, folder: RunFolder, callbacks: Sequence[Callback], kept: KeptFolder
) -> TrainResult:
    """Trains to the end, and writes what came of it.

    An interruption of what follows the training leaves a run that can be gone on with, too.
    """
    watch = Watch(job.built)
    write_results(job, folder, unfinished_results(job, folder, "running"))
    try:
        reason = train_on(job, folder, [watch, *callbacks], kept=kept)
    except TrainingDiverged as error:
        problems = list(error.problems)
        if is_first(job.built.model.ranks) and folder.checkpoint.is_file():
            problems = [diagnose_divergence(job, folder) or problem for problem in problems]
        return diverged_result(job, folder, problems)
    if reason != "interrupted":
        with suppress(KeyboardInterrupt):
            return finish(job, folder, reason, watch.advice)
    results = unfinished_results(job, folder, "interrupted")
    write_results(job, folder, results)
    return result_without_weights(job, folder, results, ExitStatus.INTERRUPTED)


def train_on(
    job: Job,
    folder: RunFolder,
    callbacks: Sequence[Callback],
    member: int | None = None,
    kept: KeptFolder | None = None,
) -> Reason:
    """Trains to the end of the run or of the user's patience; says which.

    `member` is the number of an ensemble's, which has the folder; `kept` is that of a single run,
    which is made anew where it is removed. Raises `TrainingDiverged` when
    loss or parameters are not finite any more.
    """
    model = job.built.model
    training = training_of(job.built)
    saving = Checkpoints(folder.path, model.state(), job.about, job.watching, member, kept)
    with training.on_threads():
        end = training.run(
            [*callbacks, *job.watching, *([saving] if is_first(model.ranks) else [])]
        )
    if not np.isfinite(model.vector).all():
        fix = "lower optimizer.learning_rate, or scale the data"
        message = f"the parameters are not finite after epoch {end.epoch}"
        raise TrainingDiverged(Problem(message, fix))
    return end.reason


def diagnose_divergence(job: Job, folder: RunFolder) -> Problem | None:
    """What made the run diverge, found by training on alone from its last checkpoint."""
    job.built.model.leave_ranks()
    history = job.built.model.state().history
    read_checkpoint(folder.checkpoint).restore(job.built.model.state(), job.watching)
    from nnctl.training.diagnosis import diagnose  # rarely needed

    training = training_of(job.built)
    with training.on_threads():
        problem = diagnose(training)
    job.built.model.state().history = history
    return problem
