"""A place where a study can be kept, and the storage that is opened there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage

HEARTBEAT, GRACE = 20, 90  # seconds between signs of life, and without one until a trial is lost
Failures = tuple[type[Exception], ...]


def reason_of(error: Exception) -> str:
    """Why a storage fails, as whatever it is built on tells it."""
    return str(getattr(error, "orig", None) or error.__cause__ or error)


@dataclass(frozen=True)
class Place:
    """Where a study is kept: as messages name it, how it is opened, and with what that fails."""

    name: str
    make: Callable[[], BaseStorage]
    failures: Failures = (StorageInternalError,)
    close: Callable[[Any], object] = field(default=lambda storage: None)
    reason: Callable[[Any], str] = reason_of


@dataclass(frozen=True)
class Storage:
    """An open storage: Optuna's own, and what that raises where it cannot be reached."""

    own: BaseStorage
    failures: Failures


def hide_passwords(url: str) -> str:
    """A URL without the passwords in it."""
    url = re.sub(r"(://[^:/?@]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]\w*(?:password|passwd)=)[^&]*", r"\1***", url)
