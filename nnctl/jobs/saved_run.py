"""A run as its checkpoint has it: its config, whether all is as it was, what is left to do."""

from collections.abc import Mapping
from typing import Any

from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.jobs.job import Job
from nnctl.runs.checkpoint import Saved
from nnctl.runs.folder import CONFIG, RunFolder
from nnctl.system.atomic import atomic_file


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
