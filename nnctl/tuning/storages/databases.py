"""Studies in a SQLite file, or in whatever database a URL of SQLAlchemy's names."""

import sqlite3
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, OperationalError, SQLAlchemyError

from nnctl.errors import NnctlError, Problem
from nnctl.tuning.storages.base import GRACE, HEARTBEAT, Place, hide_passwords

ATTEMPTS = 10  # to make the tables
RACES = ("UNIQUE constraint", "already exists", "duplicate key", "database is locked")
LOCKED = 60.0  # seconds to wait for another process that writes to the same file
ANY_FILE = "sqlite:///study.db"  # where the file is, is the connection's own business


def sqlite_place(path: Path) -> Place:
    """The place in a SQLite file, which is made where there is none."""
    return sql_place(str(path), lambda: sqlite_storage(path), path)


def database_place(url: str, forms: str) -> Place:
    """The place that a URL of SQLAlchemy's names; `forms` are those that a storage may have.

    Raises `NnctlError` for a URL that names none.
    """
    path = file_of(url, forms)
    return (
        sqlite_place(path)
        if path is not None
        else sql_place(hide_passwords(url), lambda: sql_storage(url))
    )


def sql_place(name: str, make: Callable[[], RDBStorage], file: Path | None = None) -> Place:
    failures = (StorageInternalError, SQLAlchemyError)
    return Place(name, lambda: make_with_tables(make), failures, close, file=file)


def close(storage: RDBStorage) -> None:
    storage.remove_session()
    storage.engine.dispose()


def make_with_tables(make: Callable[[], RDBStorage]) -> RDBStorage:
    """The storage, also where another process makes the same tables at the same moment."""
    for attempt in count(1):
        try:
            return make()
        except (IntegrityError, OperationalError) as error:
            if attempt == ATTEMPTS or not any(told in str(error.orig) for told in RACES):
                raise
            time.sleep(0.1 * attempt)
    raise AssertionError  # it has returned or raised


def sqlite_storage(path: Path) -> RDBStorage:
    """The storage in a SQLite file."""

    def connected() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=LOCKED, check_same_thread=False)
        # A log beside the file spares it a wait for the disk at each step of a trial; what is
        # written survives the process all the same.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    return RDBStorage(ANY_FILE, engine_kwargs={"creator": connected})


def sql_storage(url: str) -> RDBStorage:
    """The storage in a database that other machines reach, too."""
    return RDBStorage(
        url,
        engine_kwargs={"pool_pre_ping": True},
        heartbeat_interval=HEARTBEAT,
        grace_period=GRACE,
    )


def file_of(url: str, forms: str) -> Path | None:
    """The file of a URL of SQLite; None for other databases. Raises `NnctlError` for no URL."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except NoSuchModuleError:
        raise NnctlError(
            Problem("Optuna has no such storage", forms, hide_passwords(url))
        ) from None
    except (UrlError, ValueError):  # a port that is no number is one of the latter
        message = f"--storage {hide_passwords(url)} is no storage of Optuna's"
        raise NnctlError(Problem(message, forms)) from None
    if "@" in (parsed.host or ""):  # the driver would tell where it looked for that host
        message = f"--storage {hide_passwords(url)} has an @ too many"
        raise NnctlError(Problem(message, "write the one in the name or password as %40"))
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        message = "a study in memory would be forgotten, and shared with nobody"
        raise NnctlError(Problem(message, "name its file: sqlite:///FILE.db", hide_passwords(url)))
    return Path(parsed.database)
