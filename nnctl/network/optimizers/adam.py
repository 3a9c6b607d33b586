"""Adam and AdamW: a learning rate of its own for each parameter."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nnctl.graph import Value
from nnctl.network.arguments import DecayRate, NonNegativeFloat, PositiveFloat
from nnctl.network.optimizers.base import Optimizer, Updated
from nnctl.network.schedules import LearningRate


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Adaptive moment estimation (Kingma and Ba 2015, algorithm 1, in the order of section 2).

    The running means of the gradient and of its square are kept as `m / (1 - beta_1)` and
    `v / (1 - beta_2)`, which saves a product each and keeps `v` from becoming too small to be
    computed with fast; the rate makes up for it, and for their start at zero. `epsilon` is added
    to the uncorrected root, as in Keras.
    """

    learning_rate: LearningRate = 0.001
    beta_1: DecayRate = 0.9
    beta_2: DecayRate = 0.999
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        return {"m": 0.0, "v": 0.0}

    def rates_at(self, learning_rate: float, step: int) -> tuple[float, ...]:
        t = step + 1
        corrected = learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return (corrected * (1 - self.beta_1) / math.sqrt(1 - self.beta_2),)

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        (m, v), (alpha,) = slots, rates
        m = m * self.beta_1 + g
        v = v * self.beta_2 + np.square(g)
        return p - alpha * m / (np.sqrt(v) + self.epsilon / math.sqrt(1 - self.beta_2)), (m, v)


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with `weight_decay` taken off the parameters themselves (Loshchilov and Hutter 2019)."""

    weight_decay: NonNegativeFloat | None = field(default=0.004, kw_only=True)
