"""Batches in parts: values that are summed over all parts, whoever computes them.

What a batch decides, such as the gradient, is a sum over its rows. So each part's graph computes
its share of it, and a sum over the parts is the batch's. A graph knows its `part` as what stands
here alone; whether processes, threads or one loop compute the parts is the part's own affair.
"""

from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call
from nnctl.graph.operations import Operation

if TYPE_CHECKING:
    from nnctl.graph.values import Value


class BatchPart(Protocol):
    """Some rows of a batch of `batch` rows, which carry the `share` of its mean loss.

    The methods are collective: all parts' programs make the same calls in the same order.
    """

    @property
    def batch(self) -> int: ...

    @property
    def rows(self) -> slice: ...

    @property
    def share(self) -> float: ...

    def own(self, size: int) -> slice:
        """The stretch of a vector `(size,)` that is this part's where it is divided among them."""
        ...

    def sum(self, array: Array) -> None:
        """Replaces the array by the sum of all parts' arrays, the same bytes in each part."""
        ...

    def sum_own(self, vector: Array, out: Array) -> None:
        """Puts this part's stretch of the sum of all parts' vectors into `out`."""
        ...

    def unite(self, vector: Array) -> None:
        """Fills in the other parts' stretches of a vector of which each part has its own."""
        ...


def sum_over_parts(x: "Value") -> "Value":
    """The sum of `x` over all parts; `x` itself where the graph is for the whole batch.

    Each part derives its own share of the loss, and `x` has a part in all of them: its derivative
    is the sum of the parts' derivatives.
    """
    x.graph.sums_rows = True
    part = x.graph.part
    if part is None:
        return x

    def calls(out: Array, x: Array) -> list[Call]:
        copies = [] if out is x else [partial(np.copyto, out, x)]
        return [*copies, partial(part.sum, out)]

    rules = (lambda d, y, x: sum_over_parts(d),)
    op = Operation(Name.SUM_OVER_PARTS, (), rules, calls, in_place=True)
    return x.graph.record(op, (x,), x.shape)


def mean_over_parts(own: "Value") -> "Value":
    """The mean over all rows of the batch, from the mean over the rows of this part."""
    own.graph.sums_rows = True
    part = own.graph.part
    return own if part is None else sum_over_parts(own * part.share)


def own_sum(x: "Value") -> "Value":
    """This part's stretch of the sum of the vector `x` over all parts."""
    part = x.graph.part
    if part is None:
        return x

    def calls(out: Array, x: Array) -> list[Call]:
        return [partial(part.sum_own, x, out)]

    own = part.own(x.size)
    op = Operation(Name.SUM_OVER_PARTS, ("own",), (), calls)
    return x.graph.record(op, (x,), (own.stop - own.start,))


def unite(x: "Value", size: int) -> "Value":
    """The vector `(size,)` of which each part's stretch is its `x`."""
    part = x.graph.part
    if part is None:
        return x
    own = part.own(size)

    def calls(out: Array, x: Array) -> list[Call]:
        # The planner may have had `x` computed where it belongs: then nothing is left to copy.
        there = out[own].ctypes.data == x.ctypes.data
        copies = [] if there else [partial(np.copyto, out[own], x)]
        return [*copies, partial(part.unite, out)]

    return x.graph.record(Operation(Name.UNITE_PARTS, (), (), calls), (x,), (size,))
