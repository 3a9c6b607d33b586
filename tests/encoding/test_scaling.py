"""Tests of scaling: the statistics, constant columns, and exact round trips."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnctl.encoding.fitting import FITS, fit
from nnctl.encoding.scaling import Scaling

X = np.array([[1.0, 10.0, 0.1], [2.0, 20.0, 0.1], [6.0, 60.0, 0.1]])

tables = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
)


def test_standardize_uses_the_population_deviation() -> None:
    scaling = fit("standardize", lambda: [X[:1], X[1:]])
    np.testing.assert_allclose(scaling.shift, [3, 30, 0.1], rtol=1e-15)
    np.testing.assert_allclose(scaling.divisor, [np.sqrt(14 / 3), 10 * np.sqrt(14 / 3), 1])
    scaled = scaling.apply(X)
    np.testing.assert_allclose(scaled[:, :2].mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled[:, :2].std(axis=0), 1)


def test_minmax_and_rescale() -> None:
    assert fit("minmax", lambda: [X]).apply(X).tolist() == [[0, 0, 0], [0.2, 0.2, 0], [1, 1, 0]]
    assert fit("rescale", lambda: [X], 2.0).apply(X).tolist() == (X / 2).tolist()
    assert fit("none", lambda: [X]).apply(X) is X
    with pytest.raises(ValueError, match="needs the number"):
        fit("rescale", lambda: [X])


@pytest.mark.parametrize("value", [0.1, 1e-300, 1e15 + 0.3, -7.3])
@pytest.mark.parametrize("type", ["standardize", "minmax"])
def test_constant_columns_become_zero(type: str, value: float) -> None:
    column = np.full((7, 1), value)
    scaling = fit(type, lambda: [column[:3], column[3:]])
    assert scaling.divisor.tolist() == [1.0]
    assert scaling.apply(column).tolist() == [[0.0]] * 7


@given(tables, st.sampled_from(sorted(FITS)))
def test_what_is_scaled_is_scaled_back(x: np.ndarray, type: str) -> None:
    scaling = fit(type, lambda: [x], 3.0)
    np.testing.assert_allclose(scaling.invert(scaling.apply(x)), x, rtol=1e-12, atol=1e-7)


@given(tables, st.sampled_from(sorted(FITS)))
def test_json_keeps_every_bit(x: np.ndarray, type: str) -> None:
    scaling = fit(type, lambda: [x], 0.3)
    read = Scaling.from_json("scaling", json.loads(json.dumps(scaling.to_json())), x.shape[1])
    assert read.type == type
    assert read.shift.tobytes() == scaling.shift.tobytes()
    assert read.divisor.tobytes() == scaling.divisor.tobytes()


GARBLED = [
    {"type": "logarithm"},
    {"type": None},
    {"shift": "x"},
    {"shift": [[0.0]]},
    {"shift": [0.0, 1.0]},
    {"shift": 0.0},
    {"shift": [math.nan]},
    {"shift": [10**400]},
    {"divisor": [0.0]},
    {"divisor": [-1.0]},
    {"divisor": [[1.0]]},
    {"divisor": []},
    {"divisor": [math.inf]},
    {"type": "none"},
    {"type": "rescale"},
    {"type": "none", "shift": 0.0, "divisor": 2.0},
    {"type": "rescale", "shift": 1.0, "divisor": 2.0},
    {"type": "rescale", "shift": 0.0, "divisor": -2.0},
]


@pytest.mark.parametrize("change", GARBLED)
def test_garbled_json_is_refused(change: dict[str, object]) -> None:
    good = {"type": "minmax", "shift": [0.0], "divisor": [1.0]}
    Scaling.from_json("scaling", good, 1)
    with pytest.raises(ValueError, match="scaling"):
        Scaling.from_json("scaling", good | change, 1)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-160, 1e-100, 1.0, 1e100])
def test_columns_of_small_numbers_are_spread_as_any(size: float) -> None:
    x = np.array([[0.0], [1], [3], [7]])
    scaling = fit("standardize", lambda: [x[:2] * size, x[2:] * size])
    np.testing.assert_allclose(
        scaling.apply(x * size), (x - x.mean()) / x.std(), rtol=1e-12, atol=1e-12
    )
