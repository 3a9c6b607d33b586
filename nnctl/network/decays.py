"""How a learning rate falls: the rate of each step, counted from 0, in double precision."""

import math
from dataclasses import dataclass

from nnctl.errors import ArgumentError
from nnctl.network.annotations import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)
from nnctl.network.arguments import Component


@dataclass(eq=False, repr=False)
class ExponentialDecay(Component):
    """`initial_learning_rate * decay_rate^(step / decay_steps)`.

    `staircase` rounds the power down.
    """

    initial_learning_rate: PositiveFloat
    decay_steps: PositiveInt
    decay_rate: PositiveFloat
    staircase: bool = False

    def __call__(self, step: int) -> float:
        power = step / self.decay_steps
        return float(
            self.initial_learning_rate
            * self.decay_rate ** (math.floor(power) if self.staircase else power)
        )


@dataclass(eq=False, repr=False)
class PiecewiseConstantDecay(Component):
    """`values[k]` up to and with the step `boundaries[k]`, the last value from there on."""

    boundaries: tuple[int, ...]
    values: tuple[PositiveFloat, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.values) != len(self.boundaries) + 1:
            raise ArgumentError(
                f"{len(self.boundaries)} boundaries need {len(self.boundaries) + 1} values, "
                f"not {len(self.values)}",
                path="values",
            )
        if list(self.boundaries) != sorted(set(self.boundaries)):
            raise ArgumentError("the boundaries must increase", path="boundaries")

    def __call__(self, step: int) -> float:
        # Boundaries 100 and 200: step 100 has values[0] still, step 101 has values[1].
        passed = sum(step > boundary for boundary in self.boundaries)
        return float(self.values[passed])


@dataclass(eq=False, repr=False)
class CosineDecay(Component):
    """Half a cosine from the start to the share `alpha` of it (Loshchilov and Hutter 2017).

    With `warmup_target` the rate first rises in a straight line from `initial_learning_rate` to it,
    over `warmup_steps`, and decays from there.
    """

    initial_learning_rate: NonNegativeFloat
    decay_steps: PositiveInt
    alpha: NonNegativeFloat = 0.0
    warmup_target: PositiveFloat | None = None
    warmup_steps: NonNegativeInt = 0

    def __call__(self, step: int) -> float:
        start, warmup = self.initial_learning_rate, 0
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float(start + (self.warmup_target - start) * step / self.warmup_steps)
            start, warmup = self.warmup_target, self.warmup_steps
        # Behind the last step of decay the rate stays where it has come to.
        share = min(step - warmup, self.decay_steps) / self.decay_steps
        falling = 0.5 * (1 + math.cos(math.pi * share))
        return float(start * ((1 - self.alpha) * falling + self.alpha))
