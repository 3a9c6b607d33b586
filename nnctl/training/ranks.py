"""Training by several processes at once, its ranks: each takes its rows of every batch.

What a batch decides, such as the gradient, is a sum over its rows; so each rank computes its share
and the sums over all ranks are the batch's (Dean et al. 2012, Large Scale Distributed Deep
Networks, with synchronous steps). Whoever makes the ranks says how they reach each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np

from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.graph import Array, Value
from nnctl.graph.numpy_calls import ALIGNMENT
from nnctl.graph.operations import Call, Operation

Result = TypeVar("Result")
LINE = ALIGNMENT // 4  # numbers of float32 in a cache line


class Ranks(Protocol):
    """The processes that train together: this is number `rank` of `size`, `local` of them here.

    All methods are collective: every rank calls the same ones in the same order.
    """

    rank: int
    size: int
    local: int

    def divides(self, nbytes: int) -> bool:
        """Whether each rank is to update only its part of so many bytes of parameters."""
        ...

    def sum(self, array: Array) -> None:
        """Replaces the array by the sum of all ranks' arrays, the same bytes in each rank."""
        ...

    def sum_parts(self, array: Array, parts: Sequence[slice], out: Array) -> None:
        """Puts this rank's part of the sum of all ranks' arrays into `out`."""
        ...

    def unite(self, array: Array, parts: Sequence[slice]) -> None:
        """Fills in the other ranks' parts of an array of which each rank has its own."""
        ...

    def gather(self, array: Array) -> Array:
        """The arrays of all ranks, which are alike in shape and dtype: `(size, *shape)`."""
        ...

    def exchange(self, given: Any) -> list[Any]:
        """The objects of all ranks, in their order."""
        ...


class AgreedError(NnctlError):
    """What went wrong in one rank, raised in all of them."""

    def __init__(self, problems: Sequence[Problem], status: ExitStatus) -> None:
        super().__init__(problems)
        self.status = status


@dataclass(frozen=True)
class Part:
    """The rows of a batch of `batch` rows that this rank takes: from `start` to `stop`.

    A rank that is left without any takes a row all the same, with a `share` of 0 in the sums.
    """

    ranks: Ranks
    batch: int
    start: int
    stop: int
    share: float

    @classmethod
    def of(cls, batch: int, ranks: Ranks) -> "Part":
        """This rank's part of a batch of so many rows, as equal as can be."""
        start, stop = bounds(batch, ranks.size)[ranks.rank : ranks.rank + 2]
        if start == stop:
            start = min(start, batch - 1)
            return cls(ranks, batch, start, start + 1, 0.0)
        return cls(ranks, batch, start, stop, (stop - start) / batch)

    @property
    def rows(self) -> slice:
        return slice(self.start, self.stop)

    def parts(self, size: int) -> list[slice]:
        """Each rank's part of a vector `(size,)`: whole cache lines, as equal as can be."""
        ends = [min(LINE * end, size) for end in bounds(-(-size // LINE), self.ranks.size)]
        return [slice(start, stop) for start, stop in pairwise(ends)]

    def __len__(self) -> int:
        return self.stop - self.start

    def own(self, size: int) -> slice:
        """This rank's part of a vector `(size,)`."""
        return self.parts(size)[self.ranks.rank]

    def divides(self, nbytes: int) -> bool:
        """Whether each rank is to update only its part of so many bytes of parameters."""
        return self.ranks.divides(nbytes)

    def unite(self, vector: Array) -> None:
        """Fills in the other ranks' parts of a vector of which each rank has its own."""
        self.ranks.unite(vector, self.parts(len(vector)))

    def summed(self, x: Value) -> Value:
        """The sum of `x` over the ranks, as a value of the graph; derivatives pass through it.

        Each rank derives its own share of the loss, and `x` has a part in all of them: its
        derivative is the sum of the ranks' derivatives.
        """

        def calls(out: Array, x: Array) -> list[Call]:
            copies = [] if out is x else [partial(np.copyto, out, x)]
            return [*copies, partial(self.ranks.sum, out)]

        rules = (lambda d, y, x: self.summed(d),)
        op = Operation("sum_over_ranks", (), rules, calls, in_place=True)
        return x.graph.record(op, (x,), x.shape)

    def summed_part(self, x: Value) -> Value:
        """This rank's part of the sum of the vector `x` over the ranks."""
        parts, own = self.parts(x.size), self.own(x.size)

        def calls(out: Array, x: Array) -> list[Call]:
            return [partial(self.ranks.sum_parts, x, parts, out)]

        op = Operation("sum_over_ranks", ("part",), (), calls)
        return x.graph.record(op, (x,), (own.stop - own.start,))

    def united(self, x: Value, size: int) -> Value:
        """The vector `(size,)` of which each rank's part is its `x`."""
        parts, own = self.parts(size), self.own(size)

        def calls(out: Array, x: Array) -> list[Call]:
            there = out[own].ctypes.data == x.ctypes.data
            copies = [] if there else [partial(np.copyto, out[own], x)]
            return [*copies, partial(self.ranks.unite, out, parts)]

        return x.graph.record(Operation("unite_ranks", (), (), calls), (x,), (size,))

    def mean(self, own: Value) -> Value:
        """The mean over all rows of a batch, from the mean over this rank's own."""
        return self.summed(own * self.share)

    def gathered(self, outputs: Array) -> Array:
        """The outputs of whole batches `(batches, batch, …)` from those `(batches, own, …)`."""
        ends = bounds(self.batch, self.ranks.size)
        sizes = np.diff(ends)
        own = np.zeros((len(outputs), sizes.max(), *outputs.shape[2:]), outputs.dtype)
        own[:, : len(self)] = outputs
        parts = [part[:, :size] for part, size in zip(self.ranks.gather(own), sizes, strict=True)]
        return np.concatenate(parts, axis=1)


def bounds(rows: int, size: int) -> list[int]:
    """Where the parts of so many rows begin, and the last one ends: `size + 1` numbers."""
    return [rows * rank // size for rank in range(size + 1)]


def together(ranks: Ranks | None, work: Callable[[], Result]) -> Result:
    """The result of what every rank does; what goes wrong in one of them is raised in all.

    Raises `AgreedError` with the problems of the first rank that has some.
    """
    if ranks is None:
        return work()
    failed: NnctlError | None = None
    try:
        result = work()
    except NnctlError as error:
        failed = error
    told = ranks.exchange(failed and (failed.problems, failed.status))
    for problems, status in filter(None, told):
        raise AgreedError(problems, status) from failed
    return result


def first_alone(ranks: Ranks | None, work: Callable[[], Result]) -> Result:
    """The result of what the first rank alone does, in all of them; errors as in `together`."""
    if ranks is None:
        return work()
    result = together(ranks, work if ranks.rank == 0 else lambda: None)
    found: Result = ranks.exchange(result)[0]
    return found


def is_first(ranks: Ranks | None) -> bool:
    """Whether this process is the one that writes and prints."""
    return ranks is None or ranks.rank == 0
