"""What the computer has: memory, and threads for matrix products."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController


def memory() -> int | None:
    """The computer's memory in bytes, where the system tells it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def peak_memory() -> int | None:
    """The most memory in bytes that this process has had in use, where the system tells it."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    used = getrusage(RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


@cache
def blas() -> ThreadpoolController:
    """NumPy's library of matrix products; looking for it takes milliseconds."""
    import numpy  # noqa: F401  # what is not loaded is not found, and would not be limited

    return ThreadpoolController()


def available_threads(processes: int = 1) -> int:
    """The threads that the environment and the machine allow each of so many processes.

    A process that is bound to some of the cores has these to itself.
    """
    allowed = [info["num_threads"] for info in blas().info() if info["user_api"] == "blas"]
    allowed = allowed if single.granted is None else [single.granted]
    cores = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return int(min([own if own < cores else max(1, cores // processes), *allowed]))


def thread_limit(threads: int) -> AbstractContextManager[object]:
    """Inside, products use that many threads; outside, as many as before."""
    limit: AbstractContextManager[object] = blas().limit(limits=threads, user_api="blas")
    return limit


@contextmanager
def products_on_one_thread() -> Iterator[None]:
    """Inside, a product is computed by the thread that asks for it.

    How the library shares one out changes its last digits, and its threads wait for each other
    without a pause, which costs ten times the time where another program wants the core. Those
    that `available_threads` tells of stay available.
    """
    single.enter()
    try:
        yield
    finally:
        single.leave()


class Single:
    """Whether products are on one thread, for all who want them so at the same time.

    `granted` are the threads that were available before, while there is somebody.
    """

    def __init__(self) -> None:
        self.granted: int | None = None
        self._lock, self._inside = threading.Lock(), 0
        self._limit: AbstractContextManager[object] = nullcontext()

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self.granted = available_threads()
                self._limit = thread_limit(1)
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.__exit__(None, None, None)
                self.granted = None


single = Single()
