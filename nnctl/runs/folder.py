"""The folder of a run: where it is, and which files it holds."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from nnctl.errors import NnctlError, Problem
from nnctl.runs.lock import require_unheld, writing
from nnctl.system.atomic import atomic_file, temporary_name, write_problem

CONFIG, WEIGHTS, CHECKPOINT = "config.yaml", "weights.npz", "checkpoint.npz"
HISTORY, RESULTS, REPORT = "history.csv", "results.json", "report.html"
MEMBERS = "members"  # a folder a member of an ensemble, each with its checkpoint
NEW_MEMBERS = ".members.new.tmp"  # those of a run that is about to take another's place
OLD = "old"  # where the files of a run wait until those that replace it are in place
RUNS = Path("runs")


class RunFolder(NamedTuple):
    """A run's folder. It is made by `create`, so that a run that cannot start leaves nothing.

    `replaces` says that it holds an older run, `numbers` the name of which the next number will do.
    """

    path: Path
    replaces: bool = False
    numbers: Path | None = None

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    @property
    def holds_members(self) -> bool:
        """Whether its run is an ensemble. One that was about to take another's place does now."""
        if self.checkpoint.is_file():
            return False
        new, members = self.path / NEW_MEMBERS, self.path / MEMBERS
        if new.is_dir() and not members.exists():
            new.rename(members)
        return members.is_dir()

    def of_member(self, member: int) -> "RunFolder":
        """The folder of a member of an ensemble, counted from 1, within that of the run."""
        return RunFolder(self.path / MEMBERS / str(member))

    def create(
        self, config: str, checkpoints: Mapping[str, Callable[[Path], None]], held: ExitStack
    ) -> "RunFolder":
        """Makes the folder, with `config.yaml` and the first checkpoints; returns it with its name.

        `checkpoints` write those that are to stand at some paths below it. No other process writes
        the folder until `held` is closed.

        All are written beside it first, so that a run is never half begun; those of an older run
        are put back if something fails. A numbered folder that another run has taken by now gets
        the next number. Raises `NnctlError` where the system refuses, or another process writes the
        folder; nothing new is left then.
        """
        beside = self.path.with_name(temporary_name(self.path.name))
        try:
            make_parents(self.path)
            beside.mkdir()
            try:
                for name, save in checkpoints.items():
                    (beside / name).parent.mkdir(parents=True, exist_ok=True)
                    save(beside / name)
                with atomic_file(beside / CONFIG, "w") as file:
                    file.write(config)
                return RunFolder(self._put(beside, held))
            finally:
                if not is_taken(beside / OLD):
                    shutil.rmtree(beside, ignore_errors=True)
        except OSError as error:
            raise write_problem(error, self.path) from None

    def _put(self, beside: Path, held: ExitStack) -> Path:
        """Gives the files that are ready their folder; returns where they are now."""
        if self.numbers is None and self.path.is_dir():
            held.enter_context(writing(self.path))
            if not self.replaces and is_taken(self.path):
                raise taken_problem(self.path)
            swap(self.path, beside)
            return self.path
        for path in [self.path] if self.numbers is None else numbered_paths(self.numbers):
            if not os.path.lexists(path):
                try:
                    put = beside.rename(path)
                    held.enter_context(writing(put))
                    return put
                except OSError as error:
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                        raise
        raise taken_problem(self.path)

    def clear_away(self) -> None:
        """Removes what a process that was killed left half written, or half replaced."""
        if self.checkpoint.is_file():
            shutil.rmtree(self.path / MEMBERS, ignore_errors=True)
        for folder in (".", f"{MEMBERS}/*"):
            for stale in self.path.glob(f"{folder}/{temporary_name('*', '*')}"):
                shutil.rmtree(stale) if stale.is_dir() else stale.unlink(missing_ok=True)


def swap(path: Path, beside: Path) -> None:
    """Puts the files in `beside` into the folder `path`, in place of an older run's.

    Where that fails half way, all is put back as it was; and wherever it is broken off, there is a
    checkpoint from which `nnctl resume` brings the older run back, or goes on with the new one.
    Raises `NnctlError` where nothing can be put back: the older run's files stay in `beside` then.
    """
    old = beside / OLD
    old.mkdir()
    files = (REPORT, RESULTS, HISTORY, WEIGHTS, CONFIG, CHECKPOINT)
    moves = [(path / name, old / name) for name in files]
    if (beside / MEMBERS).is_dir():
        # The old checkpoint goes last: while it is there, the run is the older one.
        moves += [(beside / MEMBERS, path / NEW_MEMBERS), (path / MEMBERS, old / MEMBERS)]
        moves += [(path / NEW_MEMBERS, path / MEMBERS), (path / CHECKPOINT, old / "replaced")]
    else:
        moves += [(beside / CHECKPOINT, path / CHECKPOINT), (path / MEMBERS, old / MEMBERS)]
    moves.append((beside / CONFIG, path / CONFIG))
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if not os.path.lexists(source):
                continue
            move = keep if target == old / CHECKPOINT else os.replace
            move(source, target)
            done.append((source, target))
    except BaseException as error:
        for source, target in reversed(done):
            with suppress(OSError):
                os.replace(target, source)
                target.unlink(missing_ok=True)  # two names of one file would stay two
        if is_taken(old):
            message = f"its run was not replaced ({error}), and could not be put back as it was"
            fix = f"move the files of {old.absolute()} back into it"
            raise NnctlError(Problem(message, fix, str(path))) from None
        raise
    shutil.rmtree(old, ignore_errors=True)


def keep(file: Path, name: Path) -> None:
    """Gives a file a second name; where the file system has no such thing, another name."""
    try:
        os.link(file, name)
    except OSError:
        os.replace(file, name)


def choose(name: str, output: Path | None, overwrite: bool) -> RunFolder:
    """The folder for a new run: `output`, or else `runs/NAME`, numbered where that is taken.

    Raises `NnctlError` for an `output` that is taken (a run without `overwrite`, a run that another
    process is writing, or anything else).
    """
    wanted = output if output is not None else RUNS / name
    if output is None and not overwrite:
        free = next(path for path in numbered_paths(wanted) if not os.path.lexists(path))
        return RunFolder(free, numbers=wanted)
    if not is_taken(wanted):
        return RunFolder(wanted)
    if not overwrite or not is_run(wanted):
        raise taken_problem(wanted)
    require_unheld(wanted)  # now, not when all data have been read
    return RunFolder(wanted, replaces=True)


def make_parents(path: Path) -> None:
    """Makes the folders that a folder lies in. Raises `NnctlError` where one of them is a file."""
    for parent in path.parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise NnctlError(Problem("this is a file; a run needs a folder", None, str(parent)))
    path.parent.mkdir(parents=True, exist_ok=True)


def is_taken(path: Path) -> bool:
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
    return (path / CONFIG).is_file() and ((path / WEIGHTS).is_file() or has_checkpoint(path))


def has_checkpoint(path: Path) -> bool:
    """Whether the run in a folder can be gone on with."""
    return first_checkpoint(path).is_file() or (path / NEW_MEMBERS).is_dir()


def first_checkpoint(path: Path) -> Path:
    """The checkpoint of the run in a folder, or that of its first member."""
    single = path / CHECKPOINT
    own = RunFolder(path).of_member(1).checkpoint
    return own if own.is_file() and not single.is_file() else single


def numbered_paths(path: Path) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3, …"""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name}-{number}")
