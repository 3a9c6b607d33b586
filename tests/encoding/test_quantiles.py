"""Quantiles of columns that come in stretches."""

import numpy as np
import pytest

from nnctl.encoding import quantiles
from nnctl.encoding.quantiles import quantiles_of, sampled

SHARES = np.array([0.0, 0.1, 0.5, 0.77, 1.0])


def column(rows: int) -> np.ndarray:
    draws = np.random.default_rng(3)
    x = draws.normal(size=(rows, 5))
    x[draws.random(x.shape) < 0.2] = np.nan
    x[:, 4] = np.nan
    return x


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("held", [1, 1000, 1 << 20])
def test_they_are_numpys_of_the_known_values(
    pieces: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantiles, "GATHERED", held)
    x = column(101)
    made = quantiles_of(lambda: np.array_split(x, pieces), SHARES, seed=0)
    expected = [np.quantile(each[~np.isnan(each)], SHARES) for each in x[:, :4].T]
    np.testing.assert_array_equal(made[:, :4], np.array(expected).T)
    assert np.isnan(made[:, 4]).all()


def test_of_many_rows_drawn_ones_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MOST_ROWS", 300)
    x = np.random.default_rng(1).normal(size=(4000, 2))
    one = quantiles_of(lambda: [x], SHARES, 0)
    same = quantiles_of(lambda: np.array_split(x, 9), SHARES, 0)
    other = quantiles_of(lambda: [x], SHARES, 1)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert np.abs(one[1:4] - np.quantile(x, SHARES[1:4], axis=0)).max() < 0.2
    chosen = sampled(4000, 0)
    assert chosen is not None and np.count_nonzero(chosen) == 300
    np.testing.assert_array_equal(one, np.quantile(x[chosen], SHARES, axis=0))


def test_a_column_whose_few_values_the_sample_lacks_is_known_by_those(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quantiles, "MOST_ROWS", 10)
    x = np.full((500, 1), np.nan)
    chosen = sampled(500, 0)
    assert chosen is not None
    x[np.flatnonzero(~chosen)[:3], 0] = [4, 2, 9]
    made = quantiles_of(lambda: [x[:250], x[250:]], np.array([0.5]), seed=0)
    assert made.tolist() == [[4]]


def test_all_rows_stand_for_themselves_where_these_are_few_enough() -> None:
    assert sampled(quantiles.MOST_ROWS, 0) is None
