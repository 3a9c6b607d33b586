"""Shares: which rows of a batch each rank takes, and which stretch of the parameters it updates."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.graph.numpy_calls import ALIGNMENT
from nnctl.training.ranks import Ranks

LINE = ALIGNMENT // 4  # numbers of float32 in a cache line


class Part(NamedTuple):
    """The rows of a batch of `batch` rows that this rank takes: from `start` to `stop`.

    It is what the graph knows of ranks (see `nnctl.graph.parts.BatchPart`). A rank that is left
    without any row takes one all the same, with a `share` of 0 in the sums.
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
        if start == stop:  # a program of no rows would need rules of its own
            start = min(start, batch - 1)
            return cls(ranks, batch, start, start + 1, 0.0)
        return cls(ranks, batch, start, stop, (stop - start) / batch)

    @property
    def rows(self) -> slice:
        return slice(self.start, self.stop)

    def __len__(self) -> int:
        return self.stop - self.start

    def stretches(self, size: int) -> list[slice]:
        """Each rank's stretch of a vector `(size,)`: whole cache lines, as equal as can be.

        Of 40 numbers, 16 a line, three ranks have a line each: 0 to 16, 16 to 32, and 32 to 40.
        """
        ends = [min(LINE * end, size) for end in bounds(-(-size // LINE), self.ranks.size)]
        return [slice(start, stop) for start, stop in pairwise(ends)]

    def own(self, size: int) -> slice:
        """This rank's stretch of a vector `(size,)`."""
        return self.stretches(size)[self.ranks.rank]

    def divides(self, nbytes: int) -> bool:
        """Whether each rank is to update only its stretch of so many bytes of parameters."""
        return self.ranks.divides(nbytes)

    def sum(self, array: Array) -> None:
        """Replaces the array by the sum of all ranks' arrays, the same bytes in each rank."""
        self.ranks.sum(array)

    def sum_own(self, vector: Array, out: Array) -> None:
        """Puts this rank's stretch of the sum of all ranks' vectors into `out`."""
        self.ranks.sum_parts(vector, self.stretches(len(vector)), out)

    def unite(self, vector: Array) -> None:
        """Fills in the other ranks' stretches of a vector of which each rank has its own."""
        self.ranks.unite(vector, self.stretches(len(vector)))

    def gathered(self, outputs: Array) -> Array:
        """The outputs of whole batches `(batches, batch, …)` from those `(batches, own, …)`."""
        ends = bounds(self.batch, self.ranks.size)
        sizes = np.diff(ends)
        # All ranks hand over equally many rows; what the smaller parts lack stays zero.
        own = np.zeros((len(outputs), sizes.max(), *outputs.shape[2:]), outputs.dtype)
        own[:, : len(self)] = outputs
        parts = [part[:, :size] for part, size in zip(self.ranks.gather(own), sizes, strict=True)]
        return np.concatenate(parts, axis=1)


def bounds(rows: int, size: int) -> list[int]:
    """Where the parts of so many rows begin, and the last one ends: `size + 1` numbers.

    Of 10 rows, three parts begin at 0, 3 and 6, so that they have 3, 3 and 4 rows.
    """
    return [rows * rank // size for rank in range(size + 1)]
