"""Literal start values of parameters."""

import math
from typing import Any

import pytest

from nnctl.errors import ArgumentError
from nnctl.layers import BatchNormalization, Conv1D, Dense, LayerNormalization
from nnctl.network.layers import Layer

LAYERS: list[tuple[type[Layer], dict[str, Any], tuple[int, ...], str, Any]] = [
    (Dense, {"units": 1}, (2,), "kernel", [[1], [None]]),
    (Dense, {"units": 2}, (2,), "bias", [1, None]),
    (Conv1D, {"filters": 1, "kernel_size": 2}, (3, 1), "kernel", [[[1]], [[None]]]),
    (BatchNormalization, {}, (2,), "moving_variance", [None, 1]),
    (LayerNormalization, {}, (2,), "gamma", [1, None]),
]


def filled(values: Any, number: Any) -> Any:
    """The values with `number` in the place of None."""
    if isinstance(values, list):
        return [filled(value, number) for value in values]
    return number if values is None else values


@pytest.mark.parametrize(("made", "arguments", "shape", "name", "values"), LAYERS)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_weights_are_finite(
    made: Any, arguments: Any, shape: Any, name: str, values: Any, number: float
) -> None:
    layer = made(**arguments, weights={name: filled(values, number)})
    with pytest.raises(ArgumentError) as caught:
        layer.build(shape)
    (problem,) = caught.value.problems
    assert problem.path == f"weights.{name}"
    assert problem.message == f"{name} holds {number}; weights are finite numbers"
    made(**arguments, weights={name: filled(values, 1.5)}).build(shape)


@pytest.mark.parametrize("number", ["a", [1], {}, 10**400])
def test_weights_are_tables_of_numbers(number: Any) -> None:
    with pytest.raises(ArgumentError, match="kernel is not a table of numbers of shape"):
        Dense(1, weights={"kernel": [[1], [number]]}).build((2,))
