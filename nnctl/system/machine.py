"""What the computer has: memory, and threads for matrix products."""

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from typing import NamedTuple

from threadpoolctl import ThreadpoolController

from nnctl.system import cores


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


def give_memory_back() -> None:
    """Gives the system what of this process's memory is free, where the C library keeps it."""
    import ctypes  # rarely needed

    with suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


@cache
def blas() -> ThreadpoolController:
    """NumPy's library of matrix products; looking for it takes milliseconds."""
    import numpy  # noqa: F401  # what is not loaded is not found, and would not be limited

    return ThreadpoolController()


def available_threads(processes: int = 1) -> int:
    """The threads that the environment and the system allow each of so many processes.

    They share the cores that this one may run on, and the quota of its container.
    """
    return max(1, min(limits_of_threads(processes)))


class Cores(NamedTuple):
    """How many cores a process uses at most, of how many, and why not more, in words."""

    usable: int
    all: int
    why: str


def usable_cores() -> Cores:
    """The cores that the environment and the system allow this process."""
    limits = limits_of_threads()
    least = min(limits)
    return Cores(max(1, least), os.cpu_count() or 1, limits[least])


def limits_of_threads(processes: int = 1) -> dict[int, str]:
    """How many threads each of so many processes may have: each number with what says so.

    Of reasons for the same number it is the one nearest to the computer.
    """
    allowed = [info["num_threads"] for info in blas().info() if info["user_api"] == "blas"]
    allowed = allowed if single.granted is None else [single.granted]
    if not allowed and os.environ.get("OMP_NUM_THREADS", "").isdecimal():
        allowed = [int(os.environ["OMP_NUM_THREADS"])]  # a library that is not known
    limits = {int(count): "as many as --threads or the environment says" for count in allowed}
    if (granted := cores.quota()) is not None:
        limits[math.floor(granted) // processes] = (
            f"as its container grants the time of {granted:g}"
        )
    own, all_cores = len(cores.own_cores()), os.cpu_count() or 1
    if own < all_cores:
        limits[own // processes] = "those that the process is bound to"
    return limits | {all_cores // processes: "all there are"}


def thread_limit(threads: int) -> AbstractContextManager[object]:
    """Inside, products use that many threads; outside, as many as before."""
    if all(info["num_threads"] == threads for info in blas().info() if info["user_api"] == "blas"):
        return nullcontext()  # OpenBLAS, told so in a fork, would begin all its threads anew
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
