"""`nnctl resume`: goes on with a run from its checkpoint, as if nothing had happened."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from nnctl.advice import advice_for
from nnctl.assembly.build import build
from nnctl.config import Config
from nnctl.errors import NnctlError, Problem
from nnctl.jobs.finding import find_run
from nnctl.jobs.finishing import finish, notes_of
from nnctl.jobs.job import Job, TrainResult
from nnctl.jobs.run import digests_of, go_on
from nnctl.jobs.saved_run import check_data, check_unchanged, config_of, is_done, write_config
from nnctl.runs.checkpoint import Saved, read_checkpoint, save_checkpoint, save_history
from nnctl.runs.folder import CHECKPOINT, HISTORY, RESULTS, RunFolder, has_checkpoint
from nnctl.runs.lock import writing
from nnctl.runs.results import epochs_of
from nnctl.training.callbacks import Callback, Reason
from nnctl.training.ranks import Ranks, first_alone, is_first, together

Warn = Callable[[Problem], object]


def resume(
    run: Path,
    *,
    epochs: int | None = None,
    callbacks: Sequence[Callback] = (),
    ranks: Ranks | None = None,
    warn: Warn = lambda problem: None,
    processes: int | None = None,
) -> TrainResult | None:
    """Trains on, up to a total of `epochs` where that is given; None if there is nothing to do.

    The run is that of the checkpoint, on the very same data. Raises `NnctlError` for a folder that
    holds none, and for whatever cannot be gone on with as it was: data or a `config.yaml` that have
    changed, fewer epochs than the run has, another process that writes the folder. Several `ranks`,
    not necessarily as many as before, go on together; the first alone reads and writes the folder.
    The members of an ensemble are trained by up to so many `processes`, by default one a core.
    """
    with ExitStack() as held:
        folder = first_alone(ranks, lambda: held_folder(run, held))
        return resume_in(folder, epochs, callbacks, ranks, warn, processes)


def held_folder(run: Path, held: ExitStack) -> RunFolder:
    """The run's folder, which no other process writes until `held` is closed."""
    folder = folder_of(run)
    held.enter_context(writing(folder.path))
    return folder


def resume_in(
    folder: RunFolder,
    epochs: int | None,
    callbacks: Sequence[Callback],
    ranks: Ranks | None,
    warn: Warn,
    processes: int | None,
) -> TrainResult | None:
    """Goes on with the run in a folder that this process holds, as `resume` says."""
    if first_alone(ranks, lambda: folder.holds_members):
        together(ranks, lambda: require_alone(folder, ranks))
        from nnctl.jobs.members.resume import resume_ensemble  # with what starts processes

        return resume_ensemble(folder, epochs, callbacks, processes, warn)
    saved = first_alone(ranks, lambda: read_checkpoint(folder.checkpoint))
    first_alone(ranks, lambda: check_unchanged(folder, saved))
    config = together(ranks, lambda: config_of(saved, epochs))
    done = is_done(saved, config, epochs)
    if done and first_alone(ranks, lambda: is_written(folder, saved)):
        return None
    job = together(ranks, lambda: restore_job(saved, config, ranks))
    if saved.ended == "stopped" and not done:
        for each in job.watching:
            each.wait = 0  # further epochs are asked for: the patience counts anew
    first_alone(ranks, lambda: begin_again(folder, job, done))
    if done:
        return finish_again(job, folder, "stopped" if saved.ended == "stopped" else "finished")
    for problem in job.built.prepared.warnings:
        warn(problem)
    return go_on(job, folder, callbacks)


def restore_job(saved: Saved, config: Config, ranks: Ranks | None) -> Job:
    """The job of a checkpoint, where it was. Raises `NnctlError` for other data than its own."""
    digests = digests_of(config)
    built = build(config, ranks=ranks)
    told = notes_of(built.prepared.warnings, advice_for(built))
    job = Job.of(built, digests, told)
    check_data(saved, job)
    validated = built.validation is not None
    saved.check(built.train, config.batch_size, built.model.metrics, validated)
    saved.restore(built.model.state(), job.watching)
    return job


def begin_again(folder: RunFolder, job: Job, done: bool) -> None:
    """Brings the folder up to the job that goes on in it."""
    folder.clear_away()
    write_config(folder, job)
    if not done:
        save_checkpoint(folder.checkpoint, job.built.model.state(), job.about, job.watching)


def require_alone(folder: RunFolder, ranks: Ranks | None) -> None:
    """Raises `NnctlError` for members that several processes of mpirun are to train."""
    if ranks is not None:
        message = "this run is an ensemble, whose members are trained without mpirun"
        raise NnctlError(Problem(message, "run it without mpirun", str(folder.path)))


def folder_of(run: Path) -> RunFolder:
    """The run's folder, named by itself or by its checkpoint."""
    path = find_run(run)
    if not path.is_dir():
        raise NnctlError(Problem("there is no such run folder", None, str(path)))
    if not has_checkpoint(path):
        message = f"the folder holds no {CHECKPOINT}, so there is no run to go on with"
        raise NnctlError(Problem(message, None, str(path)))
    return RunFolder(path)


def is_written(folder: RunFolder, saved: Saved) -> bool:
    """Whether weights and results are those of the checkpoint, not of an earlier end.

    Results are written last, so they tell of the weights, too.
    """
    return folder.weights.is_file() and epochs_of(folder.path / RESULTS) == saved.epoch


def finish_again(job: Job, folder: RunFolder, reason: Reason) -> TrainResult:
    """Writes the files of a run that had ended, but had not come to write them."""
    state = job.built.model.state()
    if is_first(job.built.model.ranks):
        save_history(folder.path / HISTORY, [state], tuple(state.history))
    for each in job.watching:
        if getattr(each, "restore_best", False):
            state.restore_best()
    return finish(job, folder, reason)
