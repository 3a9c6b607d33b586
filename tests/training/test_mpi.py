"""Processes that MPI started, as one of them sees them; `tests/cli/test_mpirun.py` starts some."""

from types import SimpleNamespace

import pytest

from nnctl.training import mpi
from nnctl.training.mpi import World


@pytest.mark.parametrize(
    ("others", "local"),
    [
        ([], 1),
        ([{0, 1}, {0, 1}], 3),  # bound to no core of their own
        ([{2}, {3}], 1),  # each to its own
        ([{1, 2}, {4}], 2),
    ],
)
def test_ranks_share_the_cores_that_they_have_in_common(others, local, monkeypatch):
    monkeypatch.setattr(mpi, "own_cores", lambda: frozenset({0, 1}))
    here = SimpleNamespace(allgather=lambda own: [own, *map(frozenset, others)])
    everyone = SimpleNamespace(Get_rank=lambda: 0, Get_size=lambda: 8, Split_type=lambda kind: here)
    library = SimpleNamespace(COMM_WORLD=everyone, COMM_TYPE_SHARED="shared")
    world = World(library)
    assert (world.rank, world.size, world.local) == (0, 8, local)
