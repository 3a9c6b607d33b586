"""What a learning rate may be: a number, or a schedule, loaded when one is asked for."""

from collections.abc import Callable
from typing import Annotated, Any

from nnctl.network.annotations import OneOf, PositiveFloat
from nnctl.network.registry import Registry

SCHEDULES: Registry[Callable[..., Any]] = Registry(
    __package__,
    {
        "cosine_decay": "decays.CosineDecay",
        "exponential_decay": "decays.ExponentialDecay",
        "piecewise_constant": "decays.PiecewiseConstantDecay",
    },
)
Schedule = Annotated[Any, OneOf("schedule", SCHEDULES)]
LearningRate = PositiveFloat | Schedule


def rate_at(learning_rate: Any, step: int) -> float:
    """The rate of a step: a number is that of every step."""
    return float(learning_rate(step) if callable(learning_rate) else learning_rate)
