"""Columns that tell rows apart, and columns of measurements that look like them."""

import math

import numpy as np
import pytest

from nnctl.data.identifiers import (
    are_times,
    count_up,
    log_chance_of_no_repeat,
    may_count_up,
    names_rows,
    numbers_rows,
    step_of,
)

DRAWS = np.random.default_rng(0)
MINUTES = np.arange(200) * 60.0 + 1_700_000_000


def some(count, share):
    """So many whole numbers of a range, of which they are that share, in ascending order."""
    places = round(count / share)
    return np.sort(DRAWS.choice(places, count, replace=False)).astype(float)


@pytest.mark.parametrize(
    ("values", "counted"),
    {
        "five from 0": (np.arange(5.0), True),
        "five from 1": (np.arange(5.0) + 1, True),
        "five from 4": (np.arange(5.0) + 4, False),
        "many from anywhere": (np.arange(60.0) + 12_345, True),
        "in steps": (np.arange(200.0) * 7 + 3, True),
        "a grid in steps": (np.arange(60.0) * 5, False),
        "with rows left out": (some(200, 0.8), True),
        "in steps, with rows left out": (some(300, 0.7) * 11 + 2, True),
        "few of many": (some(200, 0.1), False),
        "half of few": (some(30, 0.5), False),
        "on both sides of 0": (np.arange(61.0) - 30, False),
        "years": (np.arange(1950.0, 2021), False),
        "days of a month": (np.arange(20240101.0, 20240132), False),
        "points in time": (MINUTES, False),
        "points in time in thousandths": (MINUTES * 1000, False),
    }.values(),
)
def test_numbers_that_count_rows(values, counted):
    assert count_up(values) == counted
    assert may_count_up(values[::3], len(values), 0.0) or not counted


def test_rounding_hides_no_numbering_and_makes_none():
    values = np.arange(1e6)
    rounded = np.sort((values - 1 + DRAWS.normal(size=len(values)) * 0.3) + 1)
    assert count_up(rounded, rounding=1.0)
    assert not count_up(rounded * 3, rounding=1.0)


@pytest.mark.parametrize(
    ("name", "rising", "told"),
    [
        ("id", False, True),
        ("orderNo", True, True),
        ("orderNo", False, False),
        ("size", True, False),
    ],
)
def test_a_name_tells_where_numbers_do_not(name, rising, told):
    assert numbers_rows(name, np.array([3.0, 70.0, 811.0]), rising) == told
    assert not numbers_rows(name, np.empty(0), rising)


@pytest.mark.parametrize(
    ("values", "step"), [([1, 4, 10], 3), ([5], 1), ([0, 2**60], 2**60), ([0, 1e300], 1)]
)
def test_steps(values, step):
    assert (step_of(np.array(values, float)) if len(values) > 1 else 1) == step


@pytest.mark.parametrize(("draws", "places"), [(1, 5), (3, 5), (5, 5), (23, 365)])
def test_the_chance_of_no_repeat(draws, places):
    expected = math.prod((places - k) / places for k in range(draws))
    assert math.exp(log_chance_of_no_repeat(draws, places)) == pytest.approx(expected)
    assert log_chance_of_no_repeat(places + 1, places) == 0


def test_months_and_days_beyond_the_calendar_are_no_dates():
    assert not are_times(np.array([20241301.0, 20241302.0]), 1)
    assert not are_times(np.array([20240100.0, 20240101.0]), 1)
    assert not are_times(np.array([1_700_000_000.0, 1_700_000_059.0]), 59)


def test_texts_that_name_rows():
    assert names_rows(51, 100) and not names_rows(50, 100)
