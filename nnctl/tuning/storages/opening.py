"""Where a study is kept: a SQLite file, or whatever storage of Optuna's a text names."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning

from nnctl.errors import NnctlError, Problem
from nnctl.system.atomic import DiskFullError
from nnctl.tuning.storages import databases, journals, proxy
from nnctl.tuning.storages.base import Place, Storage, is_of_full_disk

FORMS = (
    "write it as FILE.log, sqlite:///FILE.db, postgresql://USER@HOST/DATABASE, redis://HOST "
    "or grpc://HOST"
)


@contextmanager
def silence_optuna() -> Iterator[None]:
    """Inside, Optuna says nothing: no log, no word on what is experimental.

    Nor does SQLAlchemy, which logs the traceback of whatever interrupts a query, such as a signal.
    """
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())  # or it goes to stderr
    with warnings.catch_warnings():
        for category in (ExperimentalWarning, UserWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(verbosity)


def place_of(text: str) -> Place:
    """The place that a `--storage` names: by a URL, or by the path of a journal file.

    Raises `NnctlError` for a text that names none, or for a package that it needs.
    """
    scheme, separator, _ = text.partition("://")
    if not separator and Path(text).suffix in journals.SUFFIXES:
        return journals.journal_place(Path(text))
    if scheme in ("redis", "rediss"):
        return journals.redis_place(text)
    if scheme == "grpc":
        return proxy.proxy_place(text)
    return databases.database_place(text, FORMS)


@contextmanager
def open_storage(storage: Path | str) -> Iterator[Storage]:
    """The storage of a SQLite file, which is made where there is none, or one that a text names.

    Raises `NnctlError` where it cannot be reached, or fails later on.
    """
    place = databases.sqlite_place(storage) if isinstance(storage, Path) else place_of(storage)
    own = None
    try:
        own = place.make()
        yield Storage(own, place.failures)
    except ImportError as error:
        message = f"the driver of this database is not installed ({error.__cause__ or error})"
        fix = "install it: for postgresql:// with pip install 'psycopg[binary]'"
        raise NnctlError(Problem(message, fix, place.name)) from None
    except place.failures as error:
        reason = place.reason(error).strip().splitlines()[0]
        if is_of_full_disk(error, place.file):
            message = f"there is no room for the study: {reason}"
            fix = "free some space; the same command goes on with it"
            raise DiskFullError(Problem(message, fix, place.name)) from None
        message = f"the study's storage fails: {reason}"
        fix = "see that it can be reached and written"
        raise NnctlError(Problem(message, fix, place.name)) from None
    finally:
        if own is not None:
            place.close(own)
