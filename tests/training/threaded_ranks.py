"""Ranks that are threads of one process: a second way for ranks to reach each other."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnctl.system import machine


class ThreadedRanks:
    """One of `size` threads, which meet at barriers and read each other's objects."""

    def __init__(
        self, rank: int, size: int, barrier: threading.Barrier, board: list[Any], divided: bool
    ):
        self.rank, self.size, self.local = rank, size, size
        self._barrier, self._board, self._divided = barrier, board, divided

    def divides(self, nbytes: int) -> bool:
        return self._divided

    def exchange(self, given: Any) -> list[Any]:
        self._board[self.rank] = given
        self._barrier.wait()
        found = list(self._board)
        self._barrier.wait()
        return found

    def gather(self, array: np.ndarray) -> np.ndarray:
        return np.stack(self.exchange(array.copy()))

    def sum(self, array: np.ndarray) -> None:
        total = self.gather(array)
        array[...] = sum(total[1:], total[0])

    def sum_parts(self, array: np.ndarray, parts: Sequence[slice], out: np.ndarray) -> None:
        total = self.gather(array)[:, parts[self.rank]]
        out[...] = sum(total[1:], total[0])

    def unite(self, array: np.ndarray, parts: Sequence[slice]) -> None:
        for part, other in zip(parts, self.exchange(array.copy()), strict=True):
            array[part] = other[part]


def in_ranks(size: int, work: Callable[[ThreadedRanks], Any], divided: bool = False) -> list[Any]:
    """What `work` returns in each of so many ranks; raises what it raised in the first of them.

    `divided` ranks update only their parts of the parameters.
    """
    barrier, board = threading.Barrier(size, timeout=60), [None] * size
    results: list[Any] = [None] * size
    errors: list[BaseException | None] = [None] * size

    def run(rank: int) -> None:
        try:
            results[rank] = work(ThreadedRanks(rank, size, barrier, board, divided))
        except BaseException as error:
            errors[rank] = error
            if not isinstance(error, threading.BrokenBarrierError):
                barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    # Each sets a limit and takes it back, which is the process's: the last may leave another's.
    with machine.thread_limit(1):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    raised = [error for error in errors if error is not None]
    told = [error for error in raised if not isinstance(error, threading.BrokenBarrierError)]
    for error in told or raised:
        raise error
    return results
