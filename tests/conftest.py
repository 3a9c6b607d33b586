"""What every test shares: a time limit, and NumPy's own warnings as errors but for underflow."""

import gc
import os
from collections.abc import Generator, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from tests import processes
from tests.limits import LONGEST, within

# The tests start hundreds of processes, each of which would compile all of nnctl anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
processes.hear_signals()
gc.set_threshold(50_000)  # as in a process of nnctl, what is made is seldom garbage
# Several processes test at once: threads of their products would wait for each other without a
# pause, a tenth of all the time. Commands that are started have the threads that they would have.
threadpool_limits(limits=1, user_api="blas")
# Of examples that are drawn, few while somebody waits; many, and each time the same, where one does
# not. Neither says of a test that it is slow: the machine may be busy.
busy = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("dev", busy, max_examples=25, derandomize=False)
settings.register_profile("ci", busy, max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


class Invalid:
    """Raises what NumPy tells of invalid values, but for those of products: libraries may come by
    some in numbers that they leave out of the result."""

    def write(self, told: str) -> None:
        if not told.rstrip().endswith((" in dot", " in matmul")):
            raise FloatingPointError(told.strip())


@pytest.fixture(autouse=True)
def strict_arithmetic() -> Iterator[None]:
    with np.errstate(divide="raise", over="raise", invalid="log", under="ignore", call=Invalid()):
        yield


@pytest.fixture(autouse=True, scope="session")
def time_is_short() -> Iterator[None]:
    """What only takes its time here.

    Files of tests need not outlive a loss of power, for which each would wait some thousandths
    (tests of faults put calls of their own in the place of this one). Nobody relies on how long a
    step of a test takes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        patch.setattr("nnctl.jobs.profile.SECONDS", 0.02)
        yield


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20240607)


def pytest_collection_finish() -> None:
    """All tests and what they import stay: no search for garbage need look through them again.

    Whoever asks how much that is need not wait until it has been counted.
    """
    gc.collect()
    gc.freeze()
    frozen = gc.get_freeze_count()
    gc.get_freeze_count = lambda: frozen


@pytest.fixture(autouse=True, scope="module")
def garbage_of_one_file() -> Iterator[None]:
    """What a file's tests leave is not looked through again either: commands search for garbage."""
    yield
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Holds a test to the mark `process`."""
    processes.unmarked = None if item.get_closest_marker("process") else item.nodeid
    return (yield)


@pytest.hookimpl(wrapper=True)
def limited() -> Generator[None, object, object]:
    """A test, or what is before or after it, within the limit."""
    with within(LONGEST):
        return (yield)


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = limited
