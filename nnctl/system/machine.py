"""What the computer has: memory, and threads for matrix products."""

import os
import sys
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

# Below so many multiply-adds a product, handing work to another thread costs more than it saves.
MULTIPLY_ADDS_WORTH_A_THREAD = 4_000_000


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
    return ThreadpoolController()


def available_threads(processes: int = 1) -> int:
    """The threads that the environment and the machine allow each of so many processes.

    A process that is bound to some of the cores has these to itself.
    """
    allowed = [info["num_threads"] for info in blas().info() if info["user_api"] == "blas"]
    cores = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return int(min([own if own < cores else max(1, cores // processes), *allowed]))


def threads_for(multiply_adds: int, processes: int = 1) -> int:
    """The threads for work whose largest product has so many multiply-adds, in each process."""
    if multiply_adds < MULTIPLY_ADDS_WORTH_A_THREAD:
        return 1
    return available_threads(processes)


def thread_limit(threads: int) -> AbstractContextManager[object]:
    """Inside, products use that many threads; outside, as many as before."""
    limit: AbstractContextManager[object] = blas().limit(limits=threads, user_api="blas")
    return limit
