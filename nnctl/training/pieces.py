"""Runs of elementwise calls on large vectors, such as an optimizer's, in pieces.

Threads may share them; and of very large vectors a piece stays in the cache from call to call.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from nnctl.graph.numpy_calls import Array, Call, Pieces

# Ufuncs that round as IEEE 754 says, so that a number's place in a vector changes no digit of it.
EXACT = frozenset(
    {np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.sqrt, np.absolute}
)
LARGE = 1 << 18  # numbers: below, a run of a few calls is over before another thread has begun
FEWEST_CALLS = 4
BLOCK = 1 << 17  # numbers, a few vectors of which lie in the cache from call to call
TOO_LARGE_FOR_CACHE = 1 << 20  # numbers, of which blocks pay on one thread, too
APART = 64  # numbers or fewer in a cache line, which no two pieces should share


class InTurn(tuple[Call, ...]):
    """Calls that follow one another, as one."""

    def __call__(self) -> None:
        for call in self:
            call()


def undivided(calls: Sequence[Call]) -> list[Call]:
    """The calls for one thread, which computes large products at once: that is a little quicker."""
    return [(isinstance(call, Pieces) and call.whole) or call for call in calls]


def in_pieces(calls: Sequence[Call]) -> list[Call]:
    """The calls, of which runs of elementwise ones on large vectors become `Pieces`.

    Adam's `m = b*m + (1-b)*g`, `v = …`, `p = p - …` on 600,000 numbers: once for the first half of
    each vector, once for the second.
    """
    made: list[Call] = []
    run: list[partial[Any]] = []
    for call in calls:
        if run and not goes_on(run, call):
            made += cut(run)
            run = []
        if isinstance(call, partial) and vector_size(call):
            run.append(call)
        else:
            made.append(call)
    return made + cut(run)


def vector_size(call: partial[Any]) -> int:
    """The length of the vector that an elementwise call fills from others and numbers; else 0."""
    if call.func not in EXACT or call.keywords:
        return 0
    size = int(call.args[-1].size)
    if size < LARGE:
        return 0
    return size if all(a.size == 1 or is_vector(a, size) for a in call.args) else 0


def is_vector(array: Array, size: int) -> bool:
    return array.shape == (size,) and array.flags.c_contiguous


def goes_on(run: Sequence[partial[Any]], call: Call) -> bool:
    """Whether the call belongs to the run: its vectors are as long, and those of the run or apart.

    Vectors that overlap in part would be written by one piece and read by another.
    """
    if not isinstance(call, partial) or vector_size(call) != vector_size(run[0]):
        return False
    before = [array for earlier in run for array in earlier.args]
    return not any(overlap(a, b) for a in call.args for b in before)


def overlap(a: Array, b: Array) -> bool:
    """Whether they share memory, and are not the same vector."""
    same = a.ctypes.data == b.ctypes.data and a.nbytes == b.nbytes
    return not same and np.may_share_memory(a, b)


def cut(run: Sequence[partial[Any]]) -> list[Call]:
    """A run in pieces, if it is long enough."""
    if len(run) < FEWEST_CALLS:
        return list(run)
    size = vector_size(run[0])
    count = 2 if size < TOO_LARGE_FOR_CACHE else size // BLOCK
    step = -(-size // (count * APART)) * APART
    spans = [slice(*ends) for ends in pairwise([*range(0, size, step), size])]
    return [Pieces(InTurn(on_some(call, own) for call in run) for own in spans)]


def on_some(call: partial[Any], own: slice) -> Call:
    """The call on some of the numbers of each vector."""
    return partial(call.func, *(array[own] if array.size > 1 else array for array in call.args))
