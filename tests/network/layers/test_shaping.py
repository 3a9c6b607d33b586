"""Flatten and reshape keep the order of the elements."""

import numpy as np
import pytest

from nnctl.errors import ArgumentError
from nnctl.layers import Flatten, Reshape
from tests.network.layers import reference


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Flatten(), (2, 3, 4), (24,)),
        (Flatten(), (5,), (5,)),
        (Reshape((4, 6)), (2, 3, 4), (4, 6)),
        (Reshape((-1, 2)), (2, 3, 4), (12, 2)),
        (Reshape([3, -1, 2]), (24,), (3, 4, 2)),
        (Reshape((6,)), (6,), (6,)),
    ],
)
def test_elements_keep_their_order(generator, layer, shape, expected):
    x = generator.standard_normal((3, *shape))
    d = generator.standard_normal((3, *expected))
    y, dx = reference.derived(layer, x, lambda _: d)
    assert y.shape == (3, *expected)
    assert y.ravel().tolist() == x.ravel().tolist()
    assert dx.ravel().tolist() == d.ravel().tolist()


@pytest.mark.parametrize("target", [(5,), (-1, 5), (-1, -1), (0, -1), (2, 6, 1, 3)])
def test_a_shape_of_another_size_is_refused(target):
    with pytest.raises(ArgumentError, match="has 24 numbers, which do not make up") as caught:
        Reshape(target).build((2, 3, 4))
    assert caught.value.problems[0].path == "target_shape"


@pytest.mark.parametrize("target", [(2, -3), 4, (2.0,), ("a",)])
def test_what_is_no_shape_is_refused(target):
    with pytest.raises(ArgumentError, match="target_shape"):
        Reshape(target)


def test_one_minus_one_is_offered():
    with pytest.raises(ArgumentError) as caught:
        Reshape((5, 5)).build((24,))
    assert "-1" in caught.value.problems[0].fix
    assert np.prod(Reshape((5, -1)).build((25,))) == 25
