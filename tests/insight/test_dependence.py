"""Partial dependence against formulas whose curve is known."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence

from nnctl.insight.dependence import mean_predictions, rows_at_quantiles, rows_of_kinds


def test_the_curve_is_scikit_learns_at_the_same_values(generator):
    x = generator.normal(size=(80, 3))
    forest = RandomForestRegressor(5, random_state=0).fit(x, x[:, 0] * x[:, 1])
    givers = rows_at_quantiles(x[:, 1])
    found = mean_predictions(lambda made: forest.predict(made[:])[:, None], x, slice(1, 2), givers)
    wanted = partial_dependence(
        forest, x, [1], custom_values={1: x[givers, 1]}, method="brute", kind="average"
    )
    assert np.allclose(found[:, 0], wanted["average"][0])


@pytest.mark.parametrize("rows", [1, 7, 20, 333])
def test_rows_at_quantiles_are_those_of_equal_parts(rows, generator):
    values = generator.permutation(rows).astype(float)
    found = values[rows_at_quantiles(values)]
    assert (np.diff(found) > 0).all()
    assert len(found) == min(rows, 20)
    assert (
        np.abs(found - np.quantile(values, (np.arange(len(found)) + 0.5) / len(found))).max() <= 1
    )


def test_equal_values_have_one_row_and_missing_ones_none():
    values = np.array([2.0, np.nan, 1.0, 2.0, 1.0, np.nan])
    assert values[rows_at_quantiles(values)].tolist() == [1.0, 2.0]
    assert len(rows_at_quantiles(np.full(3, np.nan))) == 0


def test_rows_of_kinds_are_those_of_the_commonest():
    kinds = np.array([3, 0, 3, 2, -1, -1, -1, 2, 1])
    assert kinds[rows_of_kinds(kinds)].tolist() == [0, 1, 2, 3]
    assert kinds[rows_of_kinds(kinds, 2)].tolist() == [2, 3]
