"""One process at a time writes a folder: what it holds while it lives, and no longer."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnctl.errors import NnctlError, Problem


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds a folder that is there, so that no other process writes it meanwhile.

    The system lets go of it when the process ends, however that comes about. Raises `NnctlError`
    while another one holds it, also within this process. Where a file system knows no locks,
    nothing is held.
    """
    held = _hold(folder)
    try:
        yield
    finally:
        if held is not None:
            _let_go(held)


def require_unheld(folder: Path) -> None:
    """Raises `NnctlError` while another process writes the folder."""
    with writing(folder):
        pass


if sys.platform == "win32":

    def _hold(folder: Path) -> int | None:
        """Opens a file beside the folder that is gone when the process is."""
        flags = os.O_CREAT | os.O_EXCL | os.O_TEMPORARY
        try:
            return os.open(folder.with_name(f".{folder.name}.lock"), flags)
        except (FileExistsError, PermissionError):
            raise held_problem(folder) from None

    def _let_go(descriptor: int) -> None:
        os.close(descriptor)

else:
    import fcntl

    _held: set[int] = set()

    def _hold(folder: Path) -> int | None:
        """Locks the folder itself, so that no file has to be made for it."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise held_problem(folder) from None
        except OSError:  # such as a network drive without locks
            os.close(descriptor)
            return None
        _held.add(descriptor)
        return descriptor

    def _let_go(descriptor: int) -> None:
        _held.discard(descriptor)
        os.close(descriptor)

    def _leave_to_parent() -> None:
        """In a fork, closes what its parent holds, which would be held until both have ended."""
        for descriptor in _held:
            os.close(descriptor)
        _held.clear()

    os.register_at_fork(after_in_child=_leave_to_parent)


def held_problem(folder: Path) -> NnctlError:
    """Why a folder cannot be written now."""
    fix = "wait until that one has ended, or choose another folder with -o"
    return NnctlError(Problem("another process is writing this folder", fix, str(folder)))
