"""Studies in a journal of Optuna's: a file that all who share it append to, or a Redis server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import (
    JournalFileBackend,
    JournalFileOpenLock,
    JournalRedisBackend,
)

from nnctl.errors import NnctlError, Problem
from nnctl.system.extras import load_driver
from nnctl.tuning.storages.base import Place, hide_passwords

SUFFIXES = (".log", ".journal")  # by which a path is told from a URL that lacks something


def journal_place(path: Path) -> Place:
    """The place in a journal file, which is made where there is none."""
    return Place(str(path), lambda: journal_storage(path))


def redis_place(url: str) -> Place:
    """The place in a Redis server. Raises `NnctlError` where its package is not installed."""
    errors = load_driver("redis", "redis://", "redis").exceptions
    return Place(
        hide_passwords(url),
        lambda: redis_storage(url),
        (StorageInternalError, errors.RedisError),
        lambda storage: storage._backend._redis.close(),
    )


def journal_storage(path: Path) -> BaseStorage:
    """The storage in a journal file. Raises `NnctlError` for a file that is something else."""
    first = b""
    with translate_errors(), suppress(FileNotFoundError), path.open("rb") as file:
        first = file.readline()
    if first and not is_record(first):
        message = "this file is not a journal of Optuna's"
        raise NnctlError(Problem(message, "name another file, or a new one", str(path)))
    return JournalStorage(JournalFile(path))


def redis_storage(url: str) -> BaseStorage:
    """The storage in a Redis server. Raises `NnctlError` for a URL that is wrong."""
    try:
        backend = JournalRedisBackend(url)
        backend._redis.connection_pool.make_connection()  # which does not connect yet
    except (ValueError, TypeError):  # which may quote a part of the password
        message = f"--storage {hide_passwords(url)} is not a URL of Redis"
        raise NnctlError(Problem(message, "write it as redis://HOST:6379/0")) from None
    return JournalStorage(backend)


class JournalFile(JournalFileBackend):  # type: ignore[misc]  # Optuna is not there for all
    """The lines of a journal file; whatever fails is a `StorageInternalError`.

    A line that was cut short, by a kill or a full disk, is removed by the next one who writes.
    """

    def __init__(self, path: Path):
        with translate_errors():
            super().__init__(str(path), JournalLock(path))

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        with translate_errors():
            yield from super().read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        with translate_errors():
            super().append_logs(logs)


class JournalLock(JournalFileOpenLock):  # type: ignore[misc]  # Optuna is not there for all
    """Optuna's lock: a file beside the journal, which holds on network drives as well.

    Whoever has it finds the journal ending with a whole line.
    """

    def __init__(self, path: Path):
        super().__init__(str(path))
        self._path = path

    def acquire(self) -> bool:
        super().acquire()
        try:
            drop_torn_line(self._path)
        except BaseException:
            self.release()
            raise
        return True


def drop_torn_line(path: Path) -> None:
    """Cuts off the end of a journal that is not a whole line; another would be glued to it."""
    with path.open("rb+") as file:
        size = file.seek(0, 2)
        if size == 0:
            return
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Inside, what goes wrong with a file is an error of the storage."""
    try:
        yield
    except OSError as error:
        raise StorageInternalError(error.strerror or str(error)) from None
    except ValueError:
        raise StorageInternalError("a line of the journal is damaged") from None


def is_record(line: bytes) -> bool:
    """Whether a line is one of a journal's."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "op_code" in record
