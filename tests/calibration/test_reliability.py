"""Probabilities against what happened."""

import numpy as np
import pytest

from nnctl.calibration.reliability import BINS, Reliability


def gathered(p, right, blocks=2):
    made = Reliability()
    for part in np.array_split(np.arange(len(p)), blocks):
        made.add(p[part], right[part])
    return made


def test_the_error_is_the_mean_distance_of_the_bins():
    draws = np.random.default_rng(0)
    p = draws.random(500)
    right = draws.random(500) < p**2
    made = gathered(p, right)
    expected = 0.0
    for k in range(BINS):
        inside = (p >= k / BINS) & (p < (k + 1) / BINS)
        expected += inside.mean() * abs(p[inside].mean() - right[inside].mean())
    assert made.error == pytest.approx(expected)
    assert sum(point.answers for point in made.points) == 500
    first = p < 1 / BINS
    assert made.points[0].probability == pytest.approx(p[first].mean())
    assert made.points[0].share == pytest.approx(right[first].mean())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_belong_to_the_outermost_bins(dtype):
    made = gathered(np.array([0.0, 1.0], dtype), np.array([False, True]), 1)
    assert made.error == 0
    assert [(each.probability, each.share) for each in made.points] == [(0, 0), (1, 1)]


def test_without_answers_there_is_no_error():
    assert (Reliability().error, Reliability().points) == (0, [])
