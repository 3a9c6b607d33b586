"""Adagrad: learning rates that shrink with all gradients so far."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnctl.graph import Value
from nnctl.network.annotations import NonNegativeFloat, PositiveFloat
from nnctl.network.optimizers.base import Optimizer, Updated
from nnctl.network.schedules import LearningRate


@dataclass(eq=False, repr=False)
class Adagrad(Optimizer):
    """The step is `alpha * g / sqrt(sum of all g^2 so far + epsilon)` (Duchi et al. 2011)."""

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: NonNegativeFloat = 0.1
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        return {"accumulator": self.initial_accumulator_value}

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        (accumulator,), (alpha,) = slots, rates
        # Nothing is forgotten, unlike in RMSprop: weights of rare features keep longer steps.
        accumulator = accumulator + np.square(g)
        return p - alpha * g / np.sqrt(accumulator + self.epsilon), (accumulator,)
