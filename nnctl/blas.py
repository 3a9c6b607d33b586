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


def available() -> int:
    """The threads that the environment and the machine allow."""
    allowed = [info["num_threads"] for info in controller().info() if info["user_api"] == "blas"]
    return int(min([os.cpu_count() or 1, *allowed]))


def threads_for(multiply_adds: int) -> int:
    """The threads for work whose largest product has so many multiply-adds."""
    return available() if multiply_adds >= MULTIPLY_ADDS_WORTH_A_THREAD else 1


def limited_to(threads: int) -> AbstractContextManager[object]:
    """Inside, products use that many threads; outside, as many as before."""
    limit: AbstractContextManager[object] = controller().limit(limits=threads, user_api="blas")
    return limit
