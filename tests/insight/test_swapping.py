"""Columns that take the values of other rows: in arrays, in blocks, and in places of ones."""

import numpy as np
import pytest

from nnctl.insight.swapping import Swapped, column_of, kinds_of, swap_column, varies
from nnctl.training.blocks import Blocks
from nnctl.training.one_hot import OneHot


class Whole(Blocks):
    """An array that is not held as one."""

    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype
        self.starts, self.at_once = np.array([0, len(x)]), 1

    nbytes = 0

    def __getitem__(self, rows):
        return self.x[rows]

    def take(self, rows, axis, out, mode):
        out[...] = self.x[rows]

    def reshape(self, *shape):
        return Whole(self.x.reshape(shape))


def one_hot(generator):
    """Numbers at the inputs 0 and 5, and two columns of text at 1 to 4 and 6 to 8."""
    ones = np.stack([generator.integers(1, 5, 12), generator.integers(6, 9, 12)], axis=1)
    ones[3, 0] = -1
    numbers = generator.normal(size=(12, 2)).astype(np.float32)
    return OneHot(numbers, np.array([0, 5]), ones.astype(np.int32), (12, 9))


FORMS = {
    "array": lambda made: made[:],
    "images": lambda made: made[:].reshape(12, 3, 3),
    "blocks": lambda made: Whole(made[:]),
    "held": lambda made: made,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("own", [slice(0, 1), slice(1, 5), slice(5, 6), slice(6, 9)])
def test_a_column_alone_takes_the_values_of_other_rows(form, own, generator):
    made = one_hot(generator)
    x, donors = FORMS[form](made), generator.permutation(12)
    swapped = swap_column(x, own, donors)
    wanted = made[:].copy()
    wanted[:, own] = wanted[donors][:, own]
    assert swapped.shape == x.shape
    assert np.array_equal(swapped[2:7].reshape(5, 9), wanted[2:7])
    rows = np.array([4, 4, 0])
    assert np.array_equal(swapped[rows].reshape(3, 9), wanted[rows])
    assert isinstance(swapped, OneHot if form == "held" else Swapped)


@pytest.mark.parametrize("form", ["images", "blocks"])
def test_so_do_inputs_that_lie_apart(form, generator):
    made, own = one_hot(generator), np.array([0, 4, 8])
    x, donors = FORMS[form](made), generator.permutation(12)
    swapped, wanted = swap_column(x, own, donors), made[:].copy()
    wanted[:, own] = wanted[donors][:, own]
    assert np.array_equal(swapped[:].reshape(12, 9), wanted)
    assert varies(x, own)
    assert not varies(np.zeros((12, 3, 3)), own)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_column_holds_is_found_in_every_form(form, generator):
    made = one_hot(generator)
    x = FORMS[form](made)
    assert np.array_equal(column_of(x, slice(1, 5)), made[:][:, 1:5])
    assert np.array_equal(
        kinds_of(x, slice(1, 5)), np.where(np.arange(12) == 3, -1, made.ones[:, 0] - 1)
    )
    assert varies(x, slice(0, 1)) and varies(x, slice(1, 5))


@pytest.mark.parametrize("form", FORMS)
def test_a_column_of_one_value_does_not_vary(form):
    ones = np.full((12, 1), 1, np.int32)
    numbers = np.full((12, 7), 2.5, np.float32)
    made = OneHot(numbers, np.array([0, 3, 4, 5, 6, 7, 8]), ones, (12, 9))
    x = FORMS[form](made)
    assert not varies(x, slice(0, 1)) and not varies(x, slice(1, 3))


def test_a_single_row_of_swapped_inputs_is_that_row(generator):
    x = generator.normal(size=(5, 2, 2))
    swapped = swap_column(x, slice(3, 4), np.array([1, 2, 3, 4, 0]))
    assert swapped[1].shape == (2, 2) and swapped[1][1, 1] == x[2, 1, 1]
    assert swapped.reshape(5, 4)[1].tolist() == [*x[1].ravel()[:3], x[2, 1, 1]]
    out = np.empty((2, 2, 2))
    swapped.take(np.array([1, 0]), 0, out, "clip")
    assert np.array_equal(out, swapped[np.array([1, 0])])
