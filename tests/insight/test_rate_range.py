"""The range test: its curve, fastai's valley, and where losses diverge."""

import math

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.insight.rate_range import (
    batches_of_rows,
    divergence,
    growing_rates,
    losses_on,
    mean_curve,
    smoothed,
    suggestion,
    valley,
)
from nnctl.layers import Dense
from nnctl.losses import MeanSquaredError
from nnctl.optimizers import SGD


def fastais_valley(losses):
    """As fastai's code has it, with its names."""
    n = len(losses)
    max_end, lds = 0, [1] * n
    for i in range(1, n):
        for j in range(0, i):
            if losses[i] < losses[j] and lds[i] < lds[j] + 1:
                lds[i] = lds[j] + 1
            if lds[max_end] < lds[i]:
                max_end = i
    max_start = max_end - lds[max_end]
    sections = (max_end - max_start) / 3
    return max_start + int(sections) + int(sections / 2)


@pytest.mark.parametrize("seed", range(20))
def test_the_valley_is_fastais(seed):
    generator = np.random.default_rng(seed)
    falling = 2 - np.tanh(np.linspace(-3, 3, 60)) + 0.05 * generator.normal(size=60)
    assert valley(falling.tolist()) == max(fastais_valley(falling.tolist()), 0)


def test_rates_grow_by_the_same_factor():
    rates = growing_rates()
    assert (len(rates), rates[0], rates[-1]) == (100, pytest.approx(1e-7), pytest.approx(10))
    assert np.allclose(np.diff(np.log(rates)), np.log(1e8) / 99)


def test_smoothing_is_the_mean_with_weights_that_decay(generator):
    losses = generator.random(30)
    weights = 0.98 ** np.arange(30)[::-1]
    assert smoothed(losses.tolist())[-1] == pytest.approx((weights @ losses) / weights.sum())
    assert mean_curve([[1.0, 2.0, 9.0], [3.0, 4.0]]) == pytest.approx(smoothed([2.0, 3.0]))


@pytest.mark.parametrize(
    ("losses", "steps", "step"),
    [([1, 0.5, 0.4, 1.7], 4, 3), ([1, 0.5, 0.4, 1.5], 4, None), ([1, 0.5], 9, 2), ([], 9, 0)],
)
def test_a_loss_diverges_where_it_is_far_above_the_least_or_ends(losses, steps, step):
    assert divergence(losses, steps) == step


def test_the_suggestion_is_a_tenth_of_where_it_diverges_or_less():
    rates = growing_rates()
    falling = [1.0] * 50 + [1 - 0.02 * k for k in range(40)] + [9.0] * 10
    found = suggestion(rates, falling)
    assert found.diverges_at == rates[90] and rates[50] < found.rate <= rates[90] / 10
    late = [1.0 - 1e-9 * k for k in range(100)]
    assert suggestion(rates, late).diverges_at is None
    assert math.isfinite(suggestion(rates, [1.0]).rate) and math.isfinite(
        suggestion(rates, []).rate
    )


@pytest.mark.parametrize("batch", [4, 12])
def test_losses_are_those_of_gradient_descent_by_hand(batch, generator):
    """One weight and squared error: each step is `w -= rate * mean(2 x (w x - y))`."""
    x, y = generator.normal(size=(2, 12))
    model = Sequential([Dense(1, use_bias=False, weights={"kernel": [[0.5]]})], dtype="float64")
    model.compile(SGD(1.0), MeanSquaredError())
    data = model.examples(x[:, None], y[:, None])
    rates = [1e-3, 0.1, 1.0, 10.0, 1e200, 1e300, 1.0]
    order = batches_of_rows(12, batch, np.random.default_rng(0))
    found = losses_on(model, data, order, rates)
    w, wanted = 0.5, []
    batches = batches_of_rows(12, batch, np.random.default_rng(0))
    with np.errstate(all="ignore"):
        for rate, rows in zip(rates, batches, strict=False):
            error = w * x[rows] - y[rows]
            wanted.append(np.mean(error**2))
            w -= rate * np.mean(2 * x[rows] * error)
    finite = [loss for loss in wanted if np.isfinite(loss)]
    assert len(found) == len(finite) == 5
    assert found == pytest.approx(finite, rel=1e-10)


def test_batches_go_through_all_rows_again_and_again():
    batches = batches_of_rows(10, 3, np.random.default_rng(1))
    epoch = np.concatenate([next(batches) for _ in range(3)])
    assert len(set(epoch.tolist())) == 9
    assert len(next(batches)) == 3
