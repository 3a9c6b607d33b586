"""Permutation importance against scikit-learn's, and against the closed form of a linear model."""

import numpy as np
import pytest
from sklearn.inspection import permutation_importance

from nnctl.insight.importance import alike_columns, harm_of_shuffling
from nnctl.network.metrics import METRICS

SHUFFLES = 10


def scikit_learns_orders(rows, seed):
    """The permutations that scikit-learn draws, for each column anew from the same state."""
    state = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
    order, rows_now, found = np.arange(rows), np.arange(rows), []
    for _ in range(SHUFFLES):
        state.shuffle(order)
        rows_now = rows_now[order]  # it shuffles what it has shuffled before
        found.append(rows_now)
    return found


class Known:
    """An estimator that knows its formula, and needs no training."""

    def fit(self, x, y):
        return self

    def predict(self, x):
        return 3 * x[:, 0] - np.abs(x[:, 1]) + x[:, 0] * x[:, 2]


@pytest.mark.parametrize("metric", ["mse", "r2"])
def test_it_equals_scikit_learns_with_the_same_permutations(metric, generator):
    x = generator.normal(size=(60, 4))
    y = Known().predict(x) + generator.normal(size=60)

    def figure(made):
        error = np.square(made - y).mean()
        return error if metric == "mse" else 1 - error / y.var()

    def score(model, x, y):
        return -figure(model.predict(x)) if metric == "mse" else figure(model.predict(x))

    wanted = permutation_importance(
        Known(), x, y, scoring=score, n_repeats=SHUFFLES, random_state=7
    )
    orders = scikit_learns_orders(len(x), 7)
    assert metric in METRICS
    for column in range(4):
        found = harm_of_shuffling(
            lambda made: {metric: figure(Known().predict(made[:]))},
            x,
            slice(column, column + 1),
            orders,
        )[metric]
        assert found.mean == pytest.approx(wanted.importances_mean[column], rel=1e-12, abs=1e-12)
        assert found.spread == pytest.approx(wanted.importances_std[column], rel=1e-12, abs=1e-12)
    assert found == (0, 0)  # the last column is not used


@pytest.mark.parametrize("seed", range(20))
def test_known_effects_have_their_order_and_their_size(seed):
    generator = np.random.default_rng(seed)
    x, weights = generator.normal(size=(2000, 4)), np.array([0.5, 3.0, 1.0, 2.0])
    y = x @ weights
    orders = [generator.permutation(len(x)) for _ in range(SHUFFLES)]

    def figures(made):
        return {"loss": float(np.square(made[:] @ weights - y).mean())}

    found = [harm_of_shuffling(figures, x, slice(k, k + 1), orders)["loss"].mean for k in range(4)]
    assert np.argsort(found).tolist() == [0, 2, 3, 1]
    # Of two independent draws the difference has twice the variance.
    assert np.allclose(found, 2 * np.square(weights) * x.var(axis=0), rtol=0.1)


def test_columns_that_tell_the_same_are_found_and_others_not(generator):
    a, b = generator.normal(size=(2, 500))
    x = np.stack([a, b, -a + 0.3 * b, np.ones(500), a * 1e200], axis=1)
    pairs = alike_columns(x)
    assert [pair[:2] for pair in pairs] == [(0, 4), (0, 2), (2, 4)]
    assert pairs[0][2] == pytest.approx(1) and pairs[1][2] < -0.9
    assert pairs[1][2] == pytest.approx(np.corrcoef(a, x[:, 2])[0, 1])
