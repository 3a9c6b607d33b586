"""Schedules, at the steps where they turn."""

import math

import pytest

from nnctl.errors import ArgumentError
from nnctl.network.annotations import OneOf
from nnctl.network.schedules import SCHEDULES, rate_at

EXPONENTIAL = {
    "type": "exponential_decay",
    "initial_learning_rate": 0.5,
    "decay_steps": 10,
    "decay_rate": 0.5,
}
PIECEWISE = {"type": "piecewise_constant", "boundaries": [10, 20], "values": [1.0, 0.5, 0.1]}
COSINE = {"type": "cosine_decay", "initial_learning_rate": 1.0, "decay_steps": 10, "alpha": 0.1}
WARM = {**COSINE, "initial_learning_rate": 0.0, "warmup_target": 2.0, "warmup_steps": 4}


@pytest.mark.parametrize(
    ("given", "step", "rate"),
    [
        (EXPONENTIAL, 0, 0.5),
        (EXPONENTIAL, 5, 0.5 * math.sqrt(0.5)),
        (EXPONENTIAL, 20, 0.125),
        ({**EXPONENTIAL, "staircase": True}, 19, 0.25),
        (PIECEWISE, 10, 1.0),
        (PIECEWISE, 11, 0.5),
        (PIECEWISE, 21, 0.1),
        (COSINE, 0, 1.0),
        (COSINE, 5, 0.9 * 0.5 + 0.1),
        (COSINE, 10, 0.1),
        (COSINE, 99, 0.1),
        (WARM, 1, 0.5),
        (WARM, 4, 2.0),
        (WARM, 9, 2.0 * (0.9 * 0.5 + 0.1)),
    ],
)  # fmt: skip
def test_the_rate_of_a_step(given, step, rate):
    assert OneOf("schedule", SCHEDULES).make(given)(step) == pytest.approx(rate, rel=1e-15)


def test_a_number_is_the_rate_of_every_step():
    assert [rate_at(0.1, step) for step in (0, 7)] == [0.1, 0.1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"values": [1.0, 0.5]}, "2 boundaries need 3 values, not 2"),
        ({"boundaries": [20, 10]}, "must increase"),
    ],
)
def test_boundaries_and_values_must_match(wrong, says):
    with pytest.raises(ArgumentError, match=says):
        OneOf("schedule", SCHEDULES).make({**PIECEWISE, **wrong})
