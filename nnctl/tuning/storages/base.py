"""A place where a study can be kept, and the storage that is opened there."""

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage

from nnctl.system.atomic import FULL

HEARTBEAT, GRACE = 20, 90  # seconds between signs of life, and without one until a trial is lost
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
POSTGRESQL_FULL = "53100"
MORE = 1 << 16  # bytes by which a file of SQLite's grows at most
Failures = tuple[type[Exception], ...]


def reason_of(error: Exception) -> str:
    """Why a storage fails, as whatever it is built on tells it."""
    return str(getattr(error, "orig", None) or error.__cause__ or error)


def is_of_full_disk(error: BaseException, file: Path | None) -> bool:
    """Whether a storage, which may be a file, fails as there is no room to write to."""
    for cause in causes(error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_IOERR_WRITE and file is not None:  # which does not say why
            return not may_grow(file)
        if (
            (isinstance(cause, OSError) and cause.errno in FULL)
            or code in NO_ROOM
            or getattr(cause, "sqlstate", None) == POSTGRESQL_FULL
        ):
            return True
    return False


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it came of, one after another."""
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def may_grow(file: Path) -> bool:
    """Whether there may be a file beside this one and its logs that is larger than each."""
    sizes = [each.stat().st_size for each in file.parent.glob(f"{file.name}*")]
    try:
        with tempfile.TemporaryFile(dir=file.parent) as other:
            other.seek(max(sizes, default=0) + MORE)
            other.write(b"1")
            other.flush()
    except OSError as error:
        return error.errno not in FULL
    return True


@dataclass(frozen=True)
class Place:
    """Where a study is kept: as messages name it, how it is opened, and with what that fails.

    `file` is where it is kept by SQLite.
    """

    name: str
    make: Callable[[], BaseStorage]
    failures: Failures = (StorageInternalError,)
    close: Callable[[Any], object] = field(default=lambda storage: None)
    reason: Callable[[Any], str] = reason_of
    file: Path | None = None


@dataclass(frozen=True)
class Storage:
    """An open storage: Optuna's own, and what that raises where it cannot be reached."""

    own: BaseStorage
    failures: Failures


def hide_passwords(url: str) -> str:
    """A URL, or what was meant to be one, without the passwords in it."""
    url = re.sub(r"(?i)([?&]\w*(?:password|passwd|pwd)=)[^&]*", r"\1***", url)
    # Up to the last @: a password that is not percent-encoded has any characters.
    return re.sub(r"^([\w+.-]*:?/+)?+([^:@]*:).*@", r"\1\2***@", url)
