"""Where a study is kept: a SQLite file, or whatever database a URL names."""

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, OperationalError, SQLAlchemyError

from nnctl.errors import NnctlError, Problem

HEARTBEAT, GRACE = 20, 90  # seconds between signs of life, and without one until a trial is lost
ATTEMPTS = 10  # to make the tables
RACES = ("UNIQUE constraint", "already exists", "duplicate key", "database is locked")
LOCKED = 60.0  # seconds to wait for another process that writes to the same file
ANY_FILE = "sqlite:///study.db"  # where the file is, is the connection's own business


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, Optuna says nothing: no log, no word on what is experimental."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    with warnings.catch_warnings():
        for category in (ExperimentalWarning, UserWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(verbosity)


@contextmanager
def opened(storage: Path | str) -> Iterator[RDBStorage]:
    """The storage of a SQLite file, which is made where there is none, or of a database's URL.

    Raises `NnctlError` where it cannot be reached, or fails later on.
    """
    file = storage if isinstance(storage, Path) else file_of(storage)
    name = str(file) if file is not None else shown(str(storage))
    found: RDBStorage | None = None
    try:
        found = made(lambda: of_file(file) if file is not None else of_server(str(storage)))
        yield found
    except ImportError as error:
        message = f"the driver of this database is not installed ({error.__cause__ or error})"
        fix = "install it: for postgresql:// with pip install 'psycopg[binary]'"
        raise NnctlError(Problem(message, fix, name)) from None
    except (StorageInternalError, SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error.__cause__ or error).strip()
        message = f"the study's storage fails: {reason.splitlines()[0]}"
        raise NnctlError(Problem(message, "see that it can be reached and written", name)) from None
    finally:
        if found is not None:
            found.remove_session()
            found.engine.dispose()


def made(make: Callable[[], RDBStorage]) -> RDBStorage:
    """The storage, also where another process makes the same tables at the same moment."""
    for attempt in count(1):
        try:
            return make()
        except (IntegrityError, OperationalError) as error:
            if attempt == ATTEMPTS or not any(told in str(error.orig) for told in RACES):
                raise
            time.sleep(0.1 * attempt)
    raise AssertionError  # it has returned or raised


def of_file(path: Path) -> RDBStorage:
    """The storage in a SQLite file."""

    def connected() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=LOCKED, check_same_thread=False)
        # A log beside the file spares it a wait for the disk at each step of a trial; what is
        # written survives the process all the same.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    return RDBStorage(ANY_FILE, engine_kwargs={"creator": connected})


def of_server(url: str) -> RDBStorage:
    """The storage in a database that other machines reach, too."""
    return RDBStorage(
        url,
        engine_kwargs={"pool_pre_ping": True},
        heartbeat_interval=HEARTBEAT,
        grace_period=GRACE,
    )


def file_of(url: str) -> Path | None:
    """The file of a URL of SQLite; None for other databases. Raises `NnctlError` for no URL."""
    fix = "write it as sqlite:///FILE.db or postgresql://USER@HOST/DATABASE"
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except NoSuchModuleError:
        raise NnctlError(Problem("Optuna has no such storage", fix, shown(url))) from None
    except UrlError:
        raise NnctlError(Problem(f"--storage {url} is not a URL", fix)) from None
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        message = "a study in memory would be forgotten, and shared with nobody"
        raise NnctlError(Problem(message, "name its file: sqlite:///FILE.db", url))
    return Path(parsed.database)


def shown(url: str) -> str:
    """A URL without its password."""
    try:
        hidden: str = make_url(url).render_as_string(hide_password=True)
        return hidden
    except UrlError:
        return url
