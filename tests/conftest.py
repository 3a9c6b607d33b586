"""What every test shares: NumPy's own warnings are errors, apart from harmless underflow."""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from tests.processes import hear_signals

# The tests start hundreds of processes, each of which would compile all of nnctl anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
hear_signals()


@pytest.fixture(autouse=True)
def strict_arithmetic() -> Iterator[None]:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20240607)
