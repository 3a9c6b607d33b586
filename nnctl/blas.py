"""Matrix products: how they are called, and on how many threads they run."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

# Below so many multiply-adds a product, handing work to another thread costs more than it saves.
MULTIPLY_ADDS_WORTH_A_THREAD = 4_000_000
# OpenBLAS copies and rearranges both matrices of a larger product first. That pays where each
# number is used often; a long narrow product takes up to twice the time of its blocks.
MULTIPLY_ADDS_UNPACKED = 1_000_000
MOST_BLOCKS, NARROW, FEWEST_ROWS = 16, 72, 64

Matrix = np.ndarray[Any, np.dtype[Any]]


def product(a: Matrix, b: Matrix, out: Matrix) -> list[Callable[[], Any]]:
    """The calls that fill `out` with `a @ b`: whole, or in blocks of the long side of `a`."""
    (rows, inner), columns = a.shape, b.shape[1]
    narrow = 1 < columns <= NARROW
    if narrow and a.flags.c_contiguous:
        count = blocks(rows, rows * inner * columns)
        parts = a.reshape(count, -1, inner), b, out.reshape(count, -1, columns)
        return [partial(np.matmul, *parts)] if count > 1 else [partial(a.dot, b, out)]
    if narrow and a.flags.f_contiguous and b.flags.c_contiguous:
        count = blocks(inner, rows * inner * columns)
        if count > 1:
            slabs = a.T.reshape(count, -1, rows).transpose(0, 2, 1)
            sums = np.empty((count, rows, columns), out.dtype)
            add = partial(np.ones(count, out.dtype).dot, sums.reshape(count, -1), out.reshape(-1))
            return [partial(np.matmul, slabs, b.reshape(count, -1, columns), sums), add]
    return [partial(a.dot, b, out)]  # called in 2/3 of np.matmul's time


def blocks(rows: int, multiply_adds: int) -> int:
    """Into how many equal blocks of rows a product of that size is best divided; 1 for none."""
    fewest = max(1, -(-multiply_adds // MULTIPLY_ADDS_UNPACKED))
    for count in range(fewest, MOST_BLOCKS + 1):
        if rows % count == 0 and rows // count >= FEWEST_ROWS:
            return count
    return 1


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
