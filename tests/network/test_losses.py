"""The pinball loss: against scikit-learn's, and the form of what it learns."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from nnctl import Sequential
from nnctl.errors import ArgumentError
from nnctl.layers import Dense
from nnctl.losses import Quantile

SHARES = (0.1, 0.5, 0.9)


def rows(targets=2, count=60, seed=0):
    draws = np.random.default_rng(seed)
    y = draws.normal(size=(count, targets))
    return y, draws.normal(size=(count, targets * len(SHARES)))


@pytest.mark.parametrize("targets", [1, 3])
def test_it_is_the_mean_of_each_quantiles_own(targets):
    y, a = rows(targets)
    own = [
        mean_pinball_loss(y[:, t], a[:, t * 3 + k], alpha=share)
        for t in range(targets)
        for k, share in enumerate(SHARES)
    ]
    assert Quantile(SHARES)(y, a) == pytest.approx(np.mean(own))


def test_its_slope_is_the_share_below_less_that_wanted():
    y, a = rows()
    slope = Quantile(SHARES).gradient(y, a).reshape(60, 2, 3) * a.size
    below = y[:, :, None] < a.reshape(60, 2, 3)
    np.testing.assert_allclose(slope, below - np.array(SHARES))
    assert not Quantile(SHARES).gradient(y, np.repeat(y, 3, axis=1)).any()


def test_far_below_and_above_no_digit_is_lost():
    small = Quantile((0.001,))
    assert small(np.array([[1.0]]), np.array([[0.0]])) == 0.001
    assert small(np.array([[0.0]]), np.array([[1.0]])) == 0.999


def test_what_is_told_is_sorted_and_what_is_judged_is_nearest_the_median():
    loss = Quantile((0.1, 0.4, 0.6))
    crossed = np.array([[3.0, 1.0, 2.0, 9.0, 8.0, 7.0]])
    assert loss.arranged(crossed).tolist() == [[1, 2, 3, 7, 8, 9]]
    assert loss.judged(crossed).tolist() == [[2, 8]]
    assert Quantile((0.2, 0.9)).judged(np.array([[5.0, 6.0]])).tolist() == [[5]]


@pytest.mark.parametrize("shares", [(), (0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (1.0,)])
def test_shares_that_make_no_sense_are_refused(shares):
    with pytest.raises(ArgumentError):
        Quantile(shares)


def test_outputs_must_be_so_many_for_each_target():
    with pytest.raises(ArgumentError, match="4 outputs, which are not 3 for each target"):
        Quantile(SHARES)(np.zeros((5, 1)), np.zeros((5, 4)))
    with pytest.raises(ArgumentError, match="the targets have shape"):
        Quantile(SHARES)(np.zeros((5, 3)), np.zeros((5, 3)))


def test_it_learns_the_quantiles():
    draws = np.random.default_rng(1)
    x = draws.uniform(-1, 1, (2000, 1)).astype(np.float32)
    y = x[:, 0] + draws.normal(size=2000) * 0.5
    model = Sequential([Dense(3)])
    model.compile("adam", Quantile(SHARES), metrics=["mae"])
    model.fit(x, y, epochs=30, verbose=0, batch_size=64)
    below = (y[:, None] < model.predict(x)).mean(axis=0)
    assert below == pytest.approx(SHARES, abs=0.05)
    _, mae = model.evaluate(x, y)
    assert mae == pytest.approx(np.abs(model.predict(x)[:, 1] - y).mean(), rel=1e-4)
