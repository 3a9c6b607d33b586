"""The folder of a run: where it is, and which files it holds."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from nnctl.atomic import atomic_file, write_problem
from nnctl.errors import NnctlError, Problem

CONFIG, WEIGHTS, CHECKPOINT = "config.yaml", "weights.npz", "checkpoint.npz"
HISTORY, RESULTS = "history.csv", "results.json"
RUNS = Path("runs")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder. It is made by `create`, so that a run that cannot start leaves nothing.

    `replaces` says that it holds an older run, `numbered` that another number will do as well.
    """

    path: Path
    replaces: bool = False
    numbered: bool = False

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    def create(self, config: str, save_checkpoint: Callable[[Path], None]) -> "RunFolder":
        """Makes the folder, with `config.yaml` and a first checkpoint; returns it with its name.

        A numbered folder that another run has taken by now gets the next number. Raises
        `NnctlError` where the system refuses; a new folder is removed then, and an older run is
        still what it was.
        """
        path = self.path if self.replaces else self._made()
        try:
            # The largest file first, so that a full disk is found before anything is replaced.
            save_checkpoint(path / CHECKPOINT)
            with atomic_file(path / CONFIG, "w") as file:
                file.write(config)
            for stale in (WEIGHTS, HISTORY, RESULTS):
                (path / stale).unlink(missing_ok=True)
        except BaseException as error:
            if not self.replaces:
                shutil.rmtree(path, ignore_errors=True)
            if isinstance(error, OSError):
                raise write_problem(error, path) from None
            raise
        return RunFolder(path)

    def _made(self) -> Path:
        """Makes the folder; one that was chosen because it was empty may be there."""
        try:
            make_parents(self.path)
            for path in numbers(self.path) if self.numbered else [self.path]:
                with suppress(FileExistsError):
                    path.mkdir()
                    return path
            if taken(self.path):
                raise taken_problem(self.path)
        except OSError as error:
            raise write_problem(error, self.path) from None
        return self.path


def choose(name: str, output: Path | None, overwrite: bool) -> RunFolder:
    """The folder for a new run: `output`, or else `runs/NAME`, numbered where that is taken.

    Raises `NnctlError` for an `output` that is taken (a run without `overwrite`, or anything else).
    """
    wanted = output if output is not None else RUNS / name
    if output is None and not overwrite:
        free = next(path for path in numbers(wanted) if not os.path.lexists(path))
        return RunFolder(free, numbered=True)
    if not taken(wanted):
        return RunFolder(wanted)
    if not overwrite or not is_run(wanted):
        raise taken_problem(wanted)
    return RunFolder(wanted, replaces=True)


def make_parents(path: Path) -> None:
    """Makes the folders that a folder lies in. Raises `NnctlError` where one of them is a file."""
    for parent in path.parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise NnctlError(Problem("this is a file; a run needs a folder", None, str(parent)))
    path.parent.mkdir(parents=True, exist_ok=True)


def taken(path: Path) -> bool:
    """Whether something stands there already: a file, or a folder that is not empty."""
    return os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir()))


def taken_problem(path: Path) -> NnctlError:
    """Why a run cannot go to a place that is taken."""
    if not path.is_dir():
        return NnctlError(Problem("this is a file; a run needs a folder", None, str(path)))
    if not is_run(path):
        message = "this folder holds files that are not a run's"
        return NnctlError(Problem(message, "choose another folder with -o", str(path)))
    fix = "choose another folder with -o, or replace it with --overwrite"
    return NnctlError(Problem("this folder holds a run", fix, str(path)))


def is_run(path: Path) -> bool:
    """Whether a folder holds a run: its config, and weights or a checkpoint."""
    return (path / CONFIG).is_file() and any(
        (path / name).is_file() for name in (WEIGHTS, CHECKPOINT)
    )


def numbers(path: Path) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3, …"""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name}-{number}")
