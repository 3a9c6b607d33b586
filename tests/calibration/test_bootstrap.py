"""Intervals by drawing rows anew: against drawing them one by one, and what they cover."""

import numpy as np
import pytest

from nnctl.calibration.bootstrap import MOST_GROUPS, Bootstrap


def mean(sums):
    return sums[:, 0] / sums[:, 1]


def interval(values, seed=0, blocks=3):
    made = Bootstrap(len(values), np.random.default_rng(seed))
    rows = np.stack([values, np.ones(len(values))], axis=1)
    sums = None
    for start in range(0, len(values), len(values) // blocks + 1):
        part = slice(start, start + len(values) // blocks + 1)
        sums = made.add(sums, part, rows[part])
    assert sums.sum(axis=0) == pytest.approx(rows.sum(axis=0))
    return made.interval(sums, mean)


@pytest.mark.parametrize("rows", [60, 3 * MOST_GROUPS + 7])
def test_it_is_as_wide_as_theory_has_it(rows):
    values = np.random.default_rng(1).exponential(size=rows)
    low, high = interval(values)
    error = values.std() / np.sqrt(rows)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_of_few_rows_it_is_that_of_drawing_them():
    values = np.random.default_rng(2).exponential(size=40)
    draws = np.random.default_rng(3)
    means = [draws.choice(values, 40).mean() for _ in range(5000)]
    assert interval(values) == pytest.approx(np.quantile(means, [0.025, 0.975]), rel=0.03)


@pytest.mark.slow
def test_it_holds_the_mean_of_all_nineteen_times_in_twenty():
    draws = np.random.default_rng(4)
    held = []
    for k in range(150):
        low, high = interval(draws.normal(size=80), seed=k)
        held.append(low <= 0 <= high)
    assert 0.89 <= np.mean(held) <= 0.99


def test_the_same_generator_gives_the_same():
    values = np.random.default_rng(5).normal(size=100)
    assert interval(values, 7) == interval(values, 7, blocks=1)
    assert interval(values, 7) != interval(values, 8)


def test_a_figure_that_is_never_defined_has_none():
    made = Bootstrap(10, np.random.default_rng(0))
    sums = made.add(None, slice(None), np.zeros((10, 2)))
    assert made.interval(sums, lambda each: np.full(len(each), np.nan)) is None
    some = made.interval(sums, lambda each: np.where(np.arange(len(each)) % 2, 1.0, np.nan))
    assert some == (1.0, 1.0)
