"""What every optimizer is: a formula over the vector of all trainable parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnctl.errors import ArgumentError
from nnctl.graph import Value
from nnctl.network.annotations import NonNegativeFloat, PositiveFloat
from nnctl.network.arguments import Component
from nnctl.network.schedules import LearningRate

Updated = tuple[Value, tuple[Value, ...]]


@dataclass(eq=False, repr=False)
class Optimizer(Component):
    """Base of all optimizers.

    `update(p, g, slots, *rates)` gives the parameters after the step and the slots after it, all
    of shape `(trainable,)`; `slots` names the vectors it keeps, with what they are filled with at
    the start. `rates` are the numbers that change from step to step, computed in double precision
    by `rates_at`. `learning_rate` is a number or a schedule; at most one way of clipping the
    gradient is given; `weight_decay` times the learning rate is taken off each parameter first.
    """

    learning_rate: LearningRate
    weight_decay: NonNegativeFloat | None = field(default=None, kw_only=True)
    clipnorm: PositiveFloat | None = field(default=None, kw_only=True)
    global_clipnorm: PositiveFloat | None = field(default=None, kw_only=True)
    clipvalue: PositiveFloat | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = ("clipnorm", "global_clipnorm", "clipvalue")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            raise ArgumentError(
                f"the gradient is clipped in {len(given)} ways: {', '.join(given)}",
                "keep one of them",
                path=given[1],
            )

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped in any way."""
        return {self.clipnorm, self.global_clipnorm, self.clipvalue} != {None}

    @property
    def slots(self) -> Mapping[str, float]:
        return {}

    def rates_at(self, learning_rate: float, step: int) -> tuple[float, ...]:
        """The rates of a step, counted from 0, whose learning rate is the given one."""
        return (learning_rate,)

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        raise TypeError(f"{type(self).__name__} has no update formula")
