"""Files that are written whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

from nnctl.errors import ExitStatus, NnctlError, Problem

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write line ends of its own without it
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CAUSED_BY_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
_FIXES = {
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EDQUOT: "free some space, or write to another disk",
    errno.EFBIG: "allow larger files (ulimit -f), or write to another disk",
    errno.EACCES: "write to a folder that you may write to",
    errno.EPERM: "write to a folder that you may write to",
    errno.EROFS: "write to a folder that you may write to",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "choose a shorter name",
}


class DiskFullError(NnctlError):
    """There was no room for a file; the job itself was sound."""

    status = ExitStatus.NO


def write_problem(error: OSError, path: str | Path) -> NnctlError:
    """What a failure to write `path` means to the user."""
    reason = error.strerror or str(error)
    number = error.errno or 0
    if number in FULL:
        what = "the file may not be so large" if number == errno.EFBIG else "the disk is full"
        message = f"{what}; the file was not written ({reason})"
        return DiskFullError(Problem(message, _FIXES[number], str(path)))
    return NnctlError(Problem(f"it cannot be written ({reason})", _FIXES.get(number), str(path)))


def temporary_name(name: str, token: str | None = None) -> str:
    """What a file or folder is called until it is whole: hidden, and no two alike."""
    return f".{name[:80]}.{token or secrets.token_hex(4)}.tmp"


@contextmanager
def atomic_file(path: str | Path, mode: Literal["w", "wb"] = "wb") -> Iterator[IO[Any]]:
    """A handle whose text (UTF-8) or bytes become `path` at the end, unless something fails.

    They go to a file beside it, which then takes its place; on any exception that file is
    removed and `path` stays as it was. A device or pipe is written to directly. Raises
    `NnctlError` for what the system refuses, `DiskFullError` where there is no room.
    """
    final = Path(os.path.realpath(path))
    if os.path.isdir(final):
        raise NnctlError(Problem("this is a folder; a file is to be written", None, str(path)))
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with _open(path, mode) as handle:
                yield handle
            return
        with _beside(final, mode, path) as handle:
            yield handle
    except OSError as error:
        if error.errno not in _CAUSED_BY_WRITING:
            raise
        raise write_problem(error, path) from None


@contextmanager
def _beside(final: Path, mode: str, path: str | Path) -> Iterator[IO[Any]]:
    """A handle to a new file in the folder of `final`, which it replaces at the end."""
    temporary = final.with_name(temporary_name(final.name))
    try:
        # The mode lets the umask decide, as for any file a program makes.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    except OSError as error:
        raise write_problem(error, path) from None
    try:
        with _open(descriptor, mode) as handle:
            yield handle
            _replace(handle, temporary, final, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _open(file: str | Path | int, mode: str) -> IO[Any]:
    if "b" in mode:
        return open(file, mode)
    return open(file, mode, encoding="utf-8", newline="\n")


def _replace(handle: IO[Any], temporary: Path, final: Path, path: str | Path) -> None:
    """Makes what was written last on the disk, under its final name."""
    try:
        handle.flush()
        os.fsync(handle.fileno())
        handle.close()
        os.replace(temporary, final)
    except OSError as error:
        raise write_problem(error, path) from None
