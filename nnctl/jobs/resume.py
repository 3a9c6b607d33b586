"""`nnctl resume`: goes on with a run from its checkpoint, as if nothing had happened."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nnctl.advice import advice_for
from nnctl.assembly.build import build
from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.jobs.finding import find_run
from nnctl.jobs.finishing import finish, notes_of
from nnctl.jobs.job import Job, TrainResult
from nnctl.jobs.run import digests_of, go_on
from nnctl.runs.checkpoint import Saved, read_checkpoint, save_checkpoint, save_history
from nnctl.runs.folder import CHECKPOINT, CONFIG, HISTORY, RESULTS, RunFolder
from nnctl.runs.lock import writing
from nnctl.runs.results import epochs_of
from nnctl.system.atomic import atomic_file
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
) -> TrainResult | None:
    """Trains on, up to a total of `epochs` where that is given; None if there is nothing to do.

    The run is that of the checkpoint, on the very same data. Raises `NnctlError` for a folder that
    holds none, and for whatever cannot be gone on with as it was: data or a `config.yaml` that have
    changed, fewer epochs than the run has, another process that writes the folder. Several `ranks`,
    not necessarily as many as before, go on together; the first alone reads and writes the folder.
    """
    with ExitStack() as held:
        folder = first_alone(ranks, lambda: held_folder(run, held))
        return resume_in(folder, epochs, callbacks, ranks, warn)


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
) -> TrainResult | None:
    """Goes on with the run in a folder that this process holds, as `resume` says."""
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


def folder_of(run: Path) -> RunFolder:
    """The run's folder, named by itself or by its checkpoint."""
    path = find_run(run)
    if not path.is_dir():
        raise NnctlError(Problem("there is no such run folder", None, str(path)))
    if not (path / CHECKPOINT).is_file():
        message = f"the folder holds no {CHECKPOINT}, so there is no run to go on with"
        raise NnctlError(Problem(message, None, str(path)))
    return RunFolder(path)


def check_unchanged(folder: RunFolder, saved: Saved) -> None:
    """Raises `NnctlError` where `config.yaml` says otherwise than the run."""
    path = folder.path / CONFIG
    if not path.exists():
        return
    written, run = (
        resolved(config, absolute_paths=True) for config in (load(path), config_of(saved, None))
    )
    if changes := differences(written, run):
        message = f"it says otherwise than the run, which has {'; '.join(changes)}"
        fix = "train a new run from it, or take the change back (without the file it is written)"
        raise NnctlError(Problem(message, fix, str(path)))


def config_of(saved: Saved, epochs: int | None) -> Config:
    """The config of the run, with the new total of epochs.

    Raises `NnctlError` where `epochs` is too small.
    """
    config = check(Source(saved.file, dict(saved.about.config)))
    if epochs is None:
        return config
    if epochs < saved.epoch or (epochs == saved.epoch and saved.batch):
        begun = " and a part of the next" if saved.batch else ""
        message = f"--epochs {epochs}: the run has {saved.epoch} epochs{begun} already"
        raise ArgumentError(message, "give the new total")
    return check(Source(saved.file, {**saved.about.config, "epochs": epochs}))


def differences(written: Mapping[str, Any], run: Mapping[str, Any], ahead: str = "") -> list[str]:
    """The keys, but for `epochs`, in which a written config is not that of the run."""
    found: list[str] = []
    for key, value in run.items():
        other = written.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            found += differences(other, value, f"{ahead}{key}.")
        elif other != value and f"{ahead}{key}" != "epochs":
            found.append(f"{ahead}{key}: {value}")
    return found


def is_done(saved: Saved, config: Config, epochs: int | None) -> bool:
    """Whether there is nothing left to train."""
    stopped = saved.ended == "stopped" and (epochs is None or epochs == saved.epoch)
    return stopped or (saved.epoch >= config.epochs and not saved.batch)


def is_written(folder: RunFolder, saved: Saved) -> bool:
    """Whether weights and results are those of the checkpoint, not of an earlier end.

    Results are written last, so they tell of the weights, too.
    """
    return folder.weights.is_file() and epochs_of(folder.path / RESULTS) == saved.epoch


def check_data(saved: Saved, job: Job) -> None:
    """Raises `NnctlError` for data files that are not what the run was trained on."""
    changed = [
        part for part, digest in job.about.data.items() if saved.about.data.get(part) != digest
    ]
    if changed:
        message = f"data.{changed[0]} is not what it was when the run began (its SHA-256 differs)"
        fix = "bring the old data back, or train a new run on the new"
        raise NnctlError(Problem(message, fix, saved.file))


def write_config(folder: RunFolder, job: Job) -> None:
    """Brings `config.yaml` up to the checkpoint's config, if it is not."""
    path = folder.path / CONFIG
    text = dump_yaml(job.about.config)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        with atomic_file(path, "w") as file:
            file.write(text)


def finish_again(job: Job, folder: RunFolder, reason: Reason) -> TrainResult:
    """Writes the files of a run that had ended, but had not come to write them."""
    state = job.built.model.state()
    if is_first(job.built.model.ranks):
        save_history(folder.path / HISTORY, [state], tuple(state.history))
    for each in job.watching:
        if getattr(each, "restore_best", False):
            state.restore_best()
    return finish(job, folder, reason)
