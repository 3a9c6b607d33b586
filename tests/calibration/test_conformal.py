"""Quantiles that a new row does not exceed so often: closed forms, and what they cover."""

import numpy as np
import pytest
from scipy import stats

from nnctl.calibration.conformal import (
    conformal_quantile,
    conformal_rank,
    coverage_by_chance,
    fewest_rows,
)


@pytest.mark.parametrize(
    ("level", "rows"), [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999), (0.7, 3)]
)
def test_how_many_rows_a_level_takes_in_decimals(level, rows):
    assert fewest_rows(level) == rows
    assert conformal_rank(rows, level) <= rows
    assert conformal_rank(rows - 1, level) > rows - 1


@pytest.mark.parametrize(("rows", "level", "rank"), [(99, 0.55, 55), (9, 0.7, 7), (19, 0.15, 3)])
def test_a_level_is_the_decimal_that_was_written(rows, level, rank):
    """0.55 * 100 is 55.000000000000007 in binary, whose ceiling would be 56."""
    assert conformal_rank(rows, level) == rank
    assert conformal_quantile(np.arange(1.0, rows + 1), level) == rank


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="8 rows are too few"):
        conformal_quantile(np.arange(8.0), 0.9)
    with pytest.raises(ValueError, match="8 rows are too few"):
        conformal_quantile(np.arange(9.0), 0.9, np.array([1.0] * 8 + [0.0]))


@pytest.mark.parametrize(("rows", "level"), [(19, 0.5), (99, 0.9), (250, 0.9)])
def test_so_many_new_rows_lie_within(rows, level):
    """The mean of the coverage is `k / (n + 1)`, exactly: of uniform scores it is the quantile."""
    scores = np.random.default_rng(0).random((4000, rows))
    covered = [conformal_quantile(row, level) for row in scores]
    rank = conformal_rank(rows, level)
    error = np.sqrt(stats.beta(rank, rows + 1 - rank).var() / len(scores))
    assert np.mean(covered) == pytest.approx(rank / (rows + 1), abs=4 * error)


def test_weights_count_rows():
    scores = np.random.default_rng(2).random(500)
    weight = np.where(scores > 0.8, 3.0, 1.0)
    found = conformal_quantile(scores, 0.9, weight.astype(np.float32))
    within = weight[scores <= found].sum() / weight.sum()
    assert 0.9 <= within < 0.91
    assert found > conformal_quantile(scores, 0.9)
    assert conformal_quantile(scores, 0.9, np.full(500, 7.0)) == conformal_quantile(scores, 0.9)


@pytest.mark.parametrize(
    ("known", "level", "judged"), [(20, 0.9, 50), (99, 0.5, 1000), (30, 0.9, 1)]
)
def test_what_chance_allows_is_beta_binomial(known, level, judged):
    rank = conformal_rank(known, level)
    law = stats.betabinom(judged, rank, known + 1 - rank)
    low, high = coverage_by_chance(known, level, judged)
    assert (low, high) == (law.ppf(0.025) / judged, law.ppf(0.975) / judged)


def test_of_very_many_rows_the_known_ones_decide():
    low, high = coverage_by_chance(99, 0.9, 10_000_000)
    law = stats.beta(90, 10)
    assert (low, high) == pytest.approx((law.ppf(0.025), law.ppf(0.975)), abs=0.001)
