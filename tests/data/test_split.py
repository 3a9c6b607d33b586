"""Tests of drawing the rows that validate."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnctl.data import split
from nnctl.data.split import drawn_rows
from nnctl.errors import NnctlError


@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(0, 5))
def test_the_fraction_is_drawn_and_the_same_again(rows: int, fraction: float, seed: int) -> None:
    wanted = int(fraction * rows + 0.5)
    assume(0 < wanted < rows)
    mask = drawn_rows(rows, fraction, np.random.default_rng(seed))
    again = drawn_rows(rows, fraction, np.random.default_rng(seed))
    assert mask.shape == (rows,) and np.count_nonzero(mask) == wanted
    np.testing.assert_array_equal(mask, again)


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=200), st.floats(0.01, 0.99), st.integers(0, 5)
)
def test_classes_give_their_share(labels: list[int], fraction: float, seed: int) -> None:
    classes = np.array(labels)
    wanted = int(fraction * len(labels) + 0.5)
    assume(0 < wanted < len(labels))
    mask = drawn_rows(len(labels), fraction, np.random.default_rng(seed), classes)
    assert np.count_nonzero(mask) == wanted
    for label in set(labels):
        drawn = np.count_nonzero(mask & (classes == label))
        share = wanted * labels.count(label) / len(labels)
        assert share - 1 < drawn < share + 1


def test_seeds_draw_different_rows() -> None:
    classes = np.repeat([0, 1], 50)
    drawn = {
        drawn_rows(100, 0.2, np.random.default_rng(seed), classes).tobytes() for seed in range(10)
    }
    assert len(drawn) == 10


def test_every_row_may_be_drawn() -> None:
    classes = np.array([0] * 5 + [1] * 5)
    drawn = sum(drawn_rows(10, 0.4, np.random.default_rng(seed), classes) for seed in range(200))
    assert drawn.min() > 40  # of 80 expected


@pytest.mark.parametrize(("rows", "fraction"), [(1, 0.5), (3, 0.1), (3, 0.9), (2, 0.01)])
def test_no_part_may_be_empty(rows: int, fraction: float) -> None:
    with pytest.raises(NnctlError, match="each part needs a row"):
        drawn_rows(rows, fraction, np.random.default_rng(0))


def test_the_message() -> None:
    with pytest.raises(NnctlError) as caught:
        drawn_rows(3, 0.1, np.random.default_rng(0), file="t.csv")
    assert str(caught.value) == (
        "t.csv\n  validation: 0.1 of 3 rows leaves 0 to validate and 3 to train\n"
        "  fix: each part needs a row: change the share, or add rows"
    )


def test_the_rows_are_the_same_however_many_are_looked_at_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classes = np.random.default_rng(0).integers(0, 4, 200).astype(np.int8)
    whole = drawn_rows(200, 0.3, np.random.default_rng(1), classes)
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 7)
    parts = drawn_rows(200, 0.3, np.random.default_rng(1), classes)
    np.testing.assert_array_equal(whole, parts)
