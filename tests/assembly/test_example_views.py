"""How examples are shown: what is taken for a picture, and what is not."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnctl.assembly.example_views import is_flat_picture, view_of
from nnctl.data.inputs import Inputs
from nnctl.layers import Conv1D, Dense, Flatten, Reshape
from nnctl.training.sequential import Sequential

NAMES = [f"p{k}" for k in range(64)]


def blobs(generator):
    """Pictures of 8 × 8 with a bright spot somewhere, as rows of 64 values."""
    y, x = np.mgrid[:8, :8]
    places = generator.uniform(0, 8, (200, 2, 1, 1))
    apart = (y - places[:, 0]) ** 2 + (x - places[:, 1]) ** 2
    return np.exp(-apart / 4).reshape(200, 64)


def waves(generator):
    """Time series of 64 steps that change slowly."""
    return np.cumsum(generator.normal(size=(200, 64)), axis=1)


def noise(generator):
    return generator.normal(size=(200, 64))


@pytest.mark.parametrize(
    ("names", "values", "is_picture"),
    [
        (NAMES, blobs, True),
        ([f"{k // 8 + 1}x{k % 8 + 1}" for k in range(64)], blobs, True),
        (NAMES, waves, False),
        (NAMES, noise, False),
        ([NAMES[1], NAMES[0], *NAMES[2:]], blobs, False),
        (["age", *NAMES[1:]], blobs, False),
        (["p"] * 64, blobs, False),
    ],
)
def test_a_flat_picture_is_told_by_its_names_and_its_numbers(names, values, is_picture, generator):
    assert is_flat_picture(names, values(generator)) == is_picture


def test_columns_that_make_no_square_or_a_tiny_one_are_no_picture(generator):
    values = blobs(generator)
    assert not is_flat_picture(NAMES[:63], values[:, :63])
    assert not is_flat_picture(NAMES[:49], values[:, :49])
    assert not is_flat_picture(NAMES, values[:1])


@pytest.mark.parametrize(
    ("layers", "shape", "kind", "shown"),
    [
        ([Dense(1)], (9, 7, 1), "picture", (9, 7, 1)),
        ([Dense(1)], (9, 7, 3), "picture", (9, 7, 3)),
        ([Dense(1)], (9, 7, 2), "table", ()),
        ([Flatten(), Dense(1)], (9, 7), "picture", (9, 7, 1)),
        ([Dense(1)], (9, 1), "series", (9, 1)),
        ([Conv1D(1, 2)], (9, 7), "series", (9, 7)),
        ([Reshape([4, 5, 1]), Dense(1)], (20,), "picture", (4, 5, 1)),
        ([Dense(1)], (20,), "table", ()),
    ],
)
def test_the_shape_that_the_model_sees_decides(layers, shape, kind, shown):
    model = Sequential(layers)
    model.build(shape)
    names = tuple(f"p{k}" for k in range(int(np.prod(shape))))
    inputs = Inputs(names, shape, "float32")
    trained = SimpleNamespace(members=[model], preprocessing=SimpleNamespace(inputs=inputs))
    view = view_of(trained, np.zeros((3, *shape)))
    assert (view.kind, view.shape) == (kind, shown)
