"""Folds: every row once, classes shared out evenly, the same for every config."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.data.folds import folds_of, stretches_of
from nnctl.errors import ArgumentError
from nnctl.training.seeds import generator


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.integers(2, 9), st.integers(0, 99))
def test_neither_sizes_nor_classes_differ_by_more_than_one(labels, count, seed):
    count = min(count, len(labels))
    classes = np.array(labels)
    folds = folds_of(len(labels), count, generator(seed, "folds"), classes)
    sizes = np.bincount(folds, minlength=count)
    assert len(folds) == sizes.sum() == len(labels)
    assert sizes.max() - sizes.min() <= 1
    for label in set(labels):
        own = np.bincount(folds[classes == label], minlength=count)
        assert own.max() - own.min() <= 1


def test_rows_are_dealt_at_random_by_the_seed():
    first, again, other = (folds_of(100, 5, generator(seed, "folds")) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert first.tolist() != sorted(first.tolist())
    assert first.tolist() != [row % 5 for row in range(100)]


@pytest.mark.parametrize("count", [-1, 0, 1, 11])
def test_there_are_two_folds_at_least_and_a_row_for_each(count):
    with pytest.raises(ArgumentError, match="must be 2 to 10"):
        folds_of(10, count, generator(0, "folds"))


@given(st.integers(3, 200), st.integers(2, 12))
def test_stretches_follow_one_another_and_are_as_long_but_for_a_row(rows, count):
    count = min(count, rows - 1)
    found = stretches_of(rows, count)
    assert found.tolist() == sorted(found.tolist())
    sizes = np.bincount(found, minlength=count + 1)
    assert len(sizes) == count + 1 and sizes.min() >= 1 and sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("count", [1, 10])
def test_there_is_a_row_for_each_stretch(count):
    with pytest.raises(ArgumentError, match="in time order it must be 2 to 9"):
        stretches_of(10, count)
