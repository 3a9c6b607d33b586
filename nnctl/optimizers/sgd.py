"""Gradient descent."""

from dataclasses import dataclass

from nnctl.arguments import PositiveFloat
from nnctl.graph import Value
from nnctl.optimizers.base import Optimizer


@dataclass(eq=False)
class SGD(Optimizer):
    """`w = w - alpha * dJ/dw`, on each batch; with the full batch the course's update rule."""

    learning_rate: PositiveFloat = 0.01

    def update(
        self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        (alpha,) = rates
        return p - alpha * g, ()
