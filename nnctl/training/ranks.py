"""Training by several processes at once, its ranks: each takes its rows of every batch.

What a batch decides, such as the gradient, is a sum over its rows; so each rank computes its share
and the sums over all ranks are the batch's (Dean et al. 2012, Large Scale Distributed Deep
Networks, with synchronous steps). Whoever makes the ranks says how they reach each other.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.graph import Array

Result = TypeVar("Result")


class Ranks(Protocol):
    """The processes that train together: this is number `rank` of `size`.

    `local` of them, this one among them, are on the same cores.

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
