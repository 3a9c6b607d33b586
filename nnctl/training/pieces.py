"""Calls in pieces that threads may share: of large products, and of an optimizer's long vectors.

Of very large vectors a piece stays in the cache from call to call, too. How a call is divided does
not depend on how many threads there are.
"""

from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from nnctl.graph.numpy_calls import Array, Call, Pieces, aligned_zeros
from nnctl.system import machine

# Ufuncs that round as IEEE 754 says, so that a number's place in a vector changes no digit of it.
EXACT = frozenset(
    {np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.sqrt, np.absolute}
)
LARGE = 1 << 18  # numbers: below, a run of a few calls is over before another thread has begun
FEWEST_CALLS = 4
BLOCK = 1 << 17  # numbers, a few vectors of which lie in the cache from call to call
TOO_LARGE_FOR_CACHE = 1 << 20  # numbers, of which blocks pay on one thread, too
APART = 64  # numbers or fewer in a cache line, which no two pieces should share
MOST_TRIED = 1 << 24  # bytes of a product's matrices, of which a trial needs as many again
TRIED_NUMBERS = 65_521  # different ones; a prime, so that no two rows have the same


class InTurn(tuple[Call, ...]):
    """Calls that follow one another, as one."""

    def __call__(self) -> None:
        for call in self:
            call()


def undivided(calls: Sequence[Call]) -> list[Call]:
    """The calls for one thread, which computes large products at once: that is a little quicker."""
    return [(isinstance(call, Pieces) and call.whole) or call for call in calls]


def on_one_thread(call: Call) -> Call:
    """The call for a thread that has no other to share it with, to the same bytes.

    A product at once takes a few percent less than its pieces. Whether its digits are the same
    depends on the processor and on the shapes: so it is tried, once for all products alike.
    """
    if not isinstance(call, Pieces) or not isinstance(call.whole, partial):
        return call
    whole = call.whole
    (b, out), a = whole.args, whole.func.__self__  # type: ignore[attr-defined]
    if a.nbytes + b.nbytes + out.nbytes > MOST_TRIED or np.may_share_memory(a, b):
        return call
    alike = a.shape[0], *b.shape, a.flags.f_contiguous, b.flags.f_contiguous, out.dtype
    return whole if gives_the_same_bytes(*alike, len(call)) else call


@cache
def gives_the_same_bytes(
    rows: int, inner: int, columns: int, turned_a: bool, turned_b: bool, dtype: Any, count: int
) -> bool:
    """Whether a product at once has the digits of so many pieces of its columns."""
    generator = np.random.default_rng(0)
    numbers = generator.standard_normal(TRIED_NUMBERS)
    numbers *= 2.0 ** (np.arange(TRIED_NUMBERS) % 21)  # small ones beside large ones
    numbers = numbers.astype(dtype)
    a, b = laid_out((rows, inner), turned_a, dtype), laid_out((inner, columns), turned_b, dtype)
    first, second = generator.permutation(inner // 2 * 2).reshape(2, -1)
    a[...], b[...] = np.resize(numbers, a.shape), np.resize(numbers[::-1], b.shape)
    # Each product of two numbers comes once more with the other sign. What is left are the errors
    # of rounding, which another order of the same sum changes nearly everywhere.
    a[:, second], b[second] = -a[:, first], b[first]
    once, by_pieces = (aligned_zeros((rows, columns), dtype) for _ in range(2))
    with machine.thread_limit(1):
        a.dot(b, once)
        for own, out in zip(np.split(b, count, 1), np.split(by_pieces, count, 1), strict=True):
            np.matmul(a, own, out)
    return once.tobytes() == by_pieces.tobytes()


def laid_out(shape: tuple[int, int], turned: bool, dtype: Any) -> Array:
    """A matrix as those of a program lie in memory."""
    return aligned_zeros(shape[::-1], dtype).T if turned else aligned_zeros(shape, dtype)


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
