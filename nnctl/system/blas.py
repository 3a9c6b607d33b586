"""On how many threads matrix products run."""

import os
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

# Below so many multiply-adds a product, handing work to another thread costs more than it saves.
MULTIPLY_ADDS_WORTH_A_THREAD = 4_000_000


@cache
def controller() -> ThreadpoolController:
    """NumPy's BLAS; looking for it takes milliseconds."""
    return ThreadpoolController()


def available(processes: int = 1) -> int:
    """The threads that the environment and the machine allow each of so many processes.

    A process that is bound to some of the cores has these to itself.
    """
    allowed = [info["num_threads"] for info in controller().info() if info["user_api"] == "blas"]
    cores = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return int(min([own if own < cores else max(1, cores // processes), *allowed]))


def threads_for(multiply_adds: int, processes: int = 1) -> int:
    """The threads for work whose largest product has so many multiply-adds, in each process."""
    return available(processes) if multiply_adds >= MULTIPLY_ADDS_WORTH_A_THREAD else 1


def limited_to(threads: int) -> AbstractContextManager[object]:
    """Inside, products use that many threads; outside, as many as before."""
    limit: AbstractContextManager[object] = controller().limit(limits=threads, user_api="blas")
    return limit
