"""What every optimizer is: a formula over the vector of all trainable parameters."""

from dataclasses import dataclass
from typing import ClassVar

from nnctl.arguments import Component
from nnctl.graph import Value


@dataclass(eq=False)
class Optimizer(Component):
    """Base of all optimizers.

    `update(p, g, slots, *rates)` gives the parameters after the step and the slots after it, all
    of shape `(trainable,)`; `slots` names the vectors it keeps, which start at zero. `rates` are
    the numbers that change from step to step, computed in double precision by `rates_at`.
    """

    learning_rate: float
    slots: ClassVar[tuple[str, ...]] = ()

    def rates_at(self, learning_rate: float, step: int) -> tuple[float, ...]:
        """The rates of a step, counted from 0, whose learning rate is the given one."""
        return (learning_rate,)

    def update(
        self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        raise TypeError(f"{type(self).__name__} has no update formula")
