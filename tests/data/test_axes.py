"""Axes that would have to move are told apart from shapes that mean the same order."""

import itertools

import numpy as np
import pytest

from nnctl.data.axes import transpose_call, transposition


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ((3, 28, 28), (28, 28, 3)),
        ((28, 28, 3), (3, 28, 28)),
        ((2, 5), (5, 2)),
        ((4, 3, 2), (2, 4, 3)),
        ((1, 3, 7), (7, 3, 1)),
        ((6, 8), (8, 6, 1)),
        ((6, 8), (1, 8, 6)),
        ((1, 6, 8), (8, 6)),
        ((3, 1, 5, 4), (4, 5, 3)),
    ],
)
def test_the_order_gives_the_shape(found, wanted):
    """But for axes of one number, which come and go."""
    order = transposition(found, wanted)
    x = np.arange(2 * np.prod(found)).reshape(2, *found)
    made = {"x": x}
    exec(transpose_call(order), made)
    assert len(found) != len(wanted) or made["x"].shape == (2, *wanted)
    assert np.squeeze(made["x"]).shape == np.squeeze(x.reshape(2, *wanted)).shape
    assert transposition(made["x"].shape[1:], wanted) is None
    assert (made["x"].reshape(2, *wanted) != x.reshape(2, *wanted)).any()


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ((28, 28), (28, 28)),
        ((28, 28), (28, 28, 1)),
        ((1, 28, 28), (28, 28, 1)),
        ((784,), (28, 28, 1)),
        ((28, 28, 3), (2352,)),
        ((4, 6), (3, 8)),
    ],
)
def test_the_same_order_needs_no_move(found, wanted):
    assert transposition(found, wanted) is None


@pytest.mark.parametrize("sizes", list(itertools.permutations((2, 3, 4))))
def test_all_orders_of_three_sizes(sizes):
    found = (2, 3, 4)
    order = transposition(found, sizes)
    assert (order is None) == (sizes == found)
    if order is not None:
        assert tuple(found[axis] for axis in order) == sizes
