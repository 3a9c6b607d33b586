"""Packages that not everybody has, which a command loads when it needs them."""

import importlib
from typing import Any

from nnctl.errors import NnctlError, Problem


def load_extra(package: str, extra: str, name: str | None = None) -> Any:
    """A package that comes with an extra. Raises `NnctlError` where it is not installed.

    `name` is what it is called where it is installed from, if that is not what is imported.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError:
        message = f"this command needs the package {name or package}, which is not installed"
        raise NnctlError(Problem(message, f"pip install 'nnctl[{extra}]'")) from None


def load_driver(package: str, scheme: str, *distributions: str) -> Any:
    """A package that storages of a scheme need, which comes with no extra.

    Raises `NnctlError`, which names the distributions to install, where it cannot be imported.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        message = f"a storage at {scheme} needs the package {package}, which is not installed"
        raise NnctlError(Problem(message, f"pip install {' '.join(distributions)}")) from None
