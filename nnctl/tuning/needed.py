"""Packages that some storages need, which do not come with the extra."""

import importlib
from typing import Any

from nnctl.errors import NnctlError, Problem


def needed(package: str, scheme: str, *distributions: str) -> Any:
    """A package that storages of a scheme need. Raises `NnctlError` where it is not installed."""
    try:
        return importlib.import_module(package)
    except ImportError:
        message = f"a storage at {scheme} needs the package {package}, which is not installed"
        raise NnctlError(Problem(message, f"pip install {' '.join(distributions)}")) from None
