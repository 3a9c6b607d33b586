"""Placement: storages alive at the same time never overlap."""

from hypothesis import given
from hypothesis import strategies as st

from nnctl.graph.memory import Storage, place
from nnctl.graph.numpy_calls import ALIGNMENT

LIFETIMES = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 20), st.integers(0, 6)), max_size=25
)


@given(LIFETIMES)
def test_storages_alive_together_lie_apart_and_aligned(lifetimes):
    storages = [Storage(nbytes, start, start + length) for nbytes, start, length in lifetimes]
    total = place(storages)
    for k, one in enumerate(storages):
        assert one.offset % ALIGNMENT == 0
        assert one.offset + one.nbytes <= total
        for other in storages[:k]:
            together = one.start <= other.end and other.start <= one.end
            apart = (
                one.offset + one.nbytes <= other.offset or other.offset + other.nbytes <= one.offset
            )
            assert apart or not together


def test_storages_that_follow_each_other_share():
    assert place([Storage(100, 0, 1), Storage(100, 2, 3), Storage(100, 4, 5)]) == 128
