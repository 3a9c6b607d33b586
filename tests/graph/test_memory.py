"""Placement: storages alive at the same time never overlap."""

from hypothesis import given
from hypothesis import strategies as st

from nnctl.graph.memory import Storage, place
from nnctl.graph.numpy_calls import ALIGNMENT
from tests.calls import calls_of

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


@given(LIFETIMES)
def test_each_lies_as_low_as_those_before_it_let_it(lifetimes):
    storages = [Storage(nbytes, start, start + length) for nbytes, start, length in lifetimes]
    place(storages)
    placed = []
    for storage in sorted(storages, key=lambda storage: -storage.nbytes):
        beside = [o for o in placed if o.start <= storage.end and storage.start <= o.end]
        stops = [0, *(-(-(o.offset + o.nbytes) // ALIGNMENT) * ALIGNMENT for o in beside)]
        fits = [
            stop
            for stop in stops
            if all(stop + storage.nbytes <= o.offset or stop >= o.offset + o.nbytes for o in beside)
        ]
        assert storage.offset == min(fits)
        placed.append(storage)


def test_four_times_as_many_take_four_times_as_many_calls():
    """As in a deep network, where each value of the way there lives until the way back."""

    def place_nested(count):
        place([Storage(64 + k % 3, k, 2 * count - k) for k in range(count)])

    few, many = (calls_of(lambda count=count: place_nested(count)) for count in (200, 800))
    assert many < 4.2 * few
