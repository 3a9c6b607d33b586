"""Ranges and sets: what they cover, their shapes, and their forms in files."""

import numpy as np
import pytest

from nnctl.calibration.conformal import conformal_rank
from nnctl.calibration.intervals import Intervals, fit_numbers, fit_sets

DRAWS = np.random.default_rng(0)


def numbers(rows, seed=0):
    """Predictions (rows, 2), the truth, and a deviation that says where they are bad."""
    draws = np.random.default_rng(seed)
    spread = draws.uniform(0.1, 2, (rows, 2))
    y = draws.normal(size=(rows, 2)) * 5
    return y + draws.normal(size=(rows, 2)) * spread * [1, 3], y, spread


def test_of_constant_width_the_rank_th_row_is_at_the_edge():
    predicted, truth, _ = numbers(99)
    made = fit_numbers(0.9, predicted, truth)
    low, high = made.bounds(predicted)
    assert made.kind == "constant" and made.rows == 99
    # The edge itself is within, but for the rounding of a sum.
    inside = (low - 1e-12 <= truth) & (truth <= high + 1e-12)
    assert inside.sum(axis=0).tolist() == [90, 90]
    assert np.ptp(high - low, axis=0).max() < 1e-12


@pytest.mark.parametrize("kind", ["constant", "spread", "quantiles"])
def test_so_many_new_numbers_lie_within(kind):
    found, widths = [], []
    for seed in range(300):
        predicted, truth, spread = numbers(60, seed)
        deviation = spread if kind == "spread" else None
        if kind == "quantiles":
            predicted = np.stack([predicted - spread, predicted, predicted + spread], axis=-1)
        made = fit_numbers(
            0.9, predicted[:40], truth[:40], None if deviation is None else deviation[:40]
        )
        assert made.kind == kind
        low, high = made.bounds(predicted[40:], None if deviation is None else deviation[40:])
        found.append(((low <= truth[40:]) & (truth[40:] <= high)).mean(axis=0))
        widths.append((high - low).mean())
    expected = conformal_rank(40, 0.9) / 41
    assert np.mean(found, axis=0) == pytest.approx([expected] * 2, abs=0.012)


def test_quantiles_that_are_drawn_in_do_not_cross():
    predicted = np.stack([np.full(30, -9.0), np.zeros(30), np.full(30, 9.0)], axis=-1)[:, None]
    made = fit_numbers(0.5, predicted, np.zeros((30, 1)))
    assert made.widths == (-9.0,)
    narrow = np.array([[[-1.0, 0.0, 3.0]]])
    low, high = made.bounds(narrow)
    assert (low, high) == (1.0, 1.0)


def test_an_ensemble_that_agrees_has_a_width_all_the_same():
    predicted, truth, _ = numbers(50)
    made = fit_numbers(0.9, predicted, truth, np.zeros((50, 2)))
    low, high = made.bounds(predicted, np.zeros((50, 2)))
    assert (high > low).all() and np.isfinite([low, high]).all()


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_so_many_sets_hold_the_class(level):
    draws = np.random.default_rng(3)
    held, sizes = [], []
    for _ in range(300):
        p = draws.dirichlet([0.5] * 4, 60)
        y = np.array([draws.choice(4, p=row) for row in p])
        p = p.astype(np.float32)
        made = fit_sets(level, p[:40], y[:40])
        within = made.sets(p[40:])
        assert within[np.arange(20), p[40:].argmax(axis=1)].all()
        held.append(within[np.arange(20), y[40:]].mean())
        sizes.append(within.sum(axis=1).mean())
    assert np.mean(held) >= conformal_rank(40, level) / 41 - 0.012
    assert np.mean(sizes) < 3


def test_a_set_has_the_likeliest_class_though_none_is_likely():
    made = Intervals(0.5, "set", 10, (0.1,))
    assert made.sets(np.array([[0.3, 0.4, 0.3], [0.95, 0.02, 0.03]])).tolist() == [
        [False, True, False],
        [True, False, False],
    ]


def test_weights_move_the_width():
    predicted, truth, _ = numbers(200)
    weight = np.where(np.abs(predicted - truth).max(axis=1) > 2, 4.0, 1.0)
    plain, weighted = (fit_numbers(0.5, predicted, truth, None, w) for w in (None, weight))
    assert all(a < b for a, b in zip(plain.widths, weighted.widths, strict=True))
    assert (
        fit_numbers(0.5, predicted, truth, None, np.zeros(200) + (np.arange(200) < 50)).rows == 50
    )


@pytest.mark.parametrize(
    "made",
    [
        Intervals(0.9, "constant", 40, (1.0, 2.0)),
        Intervals(0.9, "spread", 40, (1.0, 2.0), (0.5, 0.1)),
        Intervals(0.9, "quantiles", 40, (-1.0, 2.0)),
        Intervals(0.9, "set", 40, (0.7,)),
    ],
    ids=lambda made: made.kind,
)
def test_they_read_back(made):
    data = made.to_json()
    assert Intervals.from_json(data, 2, made.kind) == made
    for key in data:
        with pytest.raises((LookupError, ValueError)):
            Intervals.from_json({k: v for k, v in data.items() if k != key}, 2, made.kind)


@pytest.mark.parametrize(
    "change",
    [
        {"level": 1.0},
        {"rows": 8},
        {"kind": "spread"},
        {"kind": "wide"},
        {"kind": "quantiles"},
        {"widths": [1.0]},
        {"widths": [1.0, float("inf")]},
        {"kind": "spread", "medians": [0.5, 0.1]},
    ],
)
def test_what_are_no_intervals_is_refused(change):
    data = {**Intervals(0.9, "constant", 40, (1.0, 2.0)).to_json(), **change}
    with pytest.raises((LookupError, ValueError)):
        Intervals.from_json(data, 2, "constant")


def test_a_deviation_of_nothing_is_refused():
    data = Intervals(0.9, "spread", 40, (1.0,), (0.0,)).to_json()
    with pytest.raises(ValueError, match="medians"):
        Intervals.from_json(data, 1, "spread")
