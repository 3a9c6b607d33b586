"""What every test shares: a time limit, and NumPy's own warnings as errors but for underflow."""

import os
from collections.abc import Generator, Iterator

import numpy as np
import pytest

from tests.limits import LONGEST, within
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


@pytest.hookimpl(wrapper=True)
def limited() -> Generator[None, object, object]:
    """A test, or what is before or after it, within the limit."""
    with within(LONGEST):
        return (yield)


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = limited
