"""The folder of a run: where it is, and which files it holds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from nnctl.atomic import atomic_file, write_problem
from nnctl.errors import NnctlError, Problem

CONFIG, WEIGHTS, CHECKPOINT = "config.yaml", "weights.npz", "checkpoint.npz"
HISTORY, RESULTS = "history.csv", "results.json"
FILES = (CONFIG, WEIGHTS, CHECKPOINT, HISTORY, RESULTS)
RUNS = Path("runs")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder. It is made by `create`, so that a run that cannot start leaves nothing."""

    path: Path
    replaces: bool = False

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    def create(self, config: str) -> "RunFolder":
        """Makes the folder, with `config.yaml`; returns it under the name it was given.

        A default folder that another run has taken by now gets the next number. Raises `NnctlError`
        where the system refuses.
        """
        folder = self
        try:
            if not self.replaces:
                folder = RunFolder(made(self.path))
            with atomic_file(folder.path / CONFIG, "w") as file:
                file.write(config)
            for stale in FILES[1:] if self.replaces else ():
                (folder.path / stale).unlink(missing_ok=True)
        except OSError as error:
            raise write_problem(error, folder.path) from None
        return folder


def choose(name: str, output: Path | None, overwrite: bool) -> RunFolder:
    """The folder for a new run: `output`, or else `runs/NAME`, numbered where that is taken.

    Raises `NnctlError` for an `output` that is taken (a run without `overwrite`, or anything else).
    """
    wanted = output if output is not None else RUNS / name
    if output is None and not overwrite:
        return RunFolder(next(path for path in numbered(wanted) if not taken(path)))
    if not taken(wanted):
        return RunFolder(wanted)
    if not wanted.is_dir():
        raise NnctlError(Problem("this is a file; a run needs a folder", None, str(wanted)))
    if not is_run(wanted):
        message = "this folder holds files that are not a run's"
        raise NnctlError(Problem(message, "choose another folder with -o", str(wanted)))
    if not overwrite:
        fix = "choose another folder with -o, or replace it with --overwrite"
        raise NnctlError(Problem("this folder holds a run", fix, str(wanted)))
    return RunFolder(wanted, replaces=True)


def taken(path: Path) -> bool:
    """Whether something stands there already: a file, or a folder that is not empty."""
    return os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir()))


def is_run(path: Path) -> bool:
    """Whether a folder holds a run: its config, and weights or a checkpoint."""
    return (path / CONFIG).is_file() and any(
        (path / name).is_file() for name in (WEIGHTS, CHECKPOINT)
    )


def numbered(path: Path) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3, …"""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name}-{number}")


def made(path: Path) -> Path:
    """Makes the folder, empty; where another run was quicker, the next number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for candidate in numbered(path):
        try:
            candidate.mkdir()
        except FileExistsError:
            if taken(candidate):
                continue
        return candidate
    raise AssertionError("the numbers never end")
