"""Packages that come with an extra, which a command loads when it needs them."""

import importlib
from typing import Any

from nnctl.errors import NnctlError, Problem


def required(package: str, extra: str) -> Any:
    """A package that comes with an extra. Raises `NnctlError` where it is not installed."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError:
        message = f"this command needs the package {package}, which is not installed"
        raise NnctlError(Problem(message, f"pip install 'nnctl[{extra}]'")) from None
