"""Adam and AdamW: a learning rate of its own for each parameter."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nnctl.graph import Value
from nnctl.network.annotations import DecayRate, NonNegativeFloat, PositiveFloat
from nnctl.network.optimizers.base import Optimizer, Updated
from nnctl.network.schedules import LearningRate


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Adaptive moment estimation (Kingma and Ba 2015, algorithm 1, in the order of section 2).

    Its slots are sums where the paper has means: `gradient_sum` is `m / (1 - beta_1)`, 10 times
    its m by default, and `square_sum` is `v / (1 - beta_2)`, 1,000 times its v. That saves a
    product each, and keeps small squares from becoming too small to be computed with fast; the
    rate makes up for it, and for the means' start at zero. `epsilon` is added to the uncorrected
    root, as in Keras.
    """

    learning_rate: LearningRate = 0.001
    beta_1: DecayRate = 0.9
    beta_2: DecayRate = 0.999
    epsilon: PositiveFloat = 1e-7

    @property
    def slots(self) -> Mapping[str, float]:
        return {"gradient_sum": 0.0, "square_sum": 0.0}

    def rates_at(self, learning_rate: float, step: int) -> tuple[float, ...]:
        t = step + 1
        # The paper divides m by 1 - beta_1^t and v by 1 - beta_2^t: numbers alike for all weights.
        corrected = learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        # m / sqrt(v) is so many times gradient_sum / sqrt(square_sum).
        return (corrected * (1 - self.beta_1) / math.sqrt(1 - self.beta_2),)

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        (gradients, squares), (alpha,) = slots, rates
        # The paper's m * beta_1 + g * (1 - beta_1) takes a product more, and so does its v: both
        # together 4 % of the step of a 784-25-15-10 network on batches of 32.
        gradients = gradients * self.beta_1 + g
        squares = squares * self.beta_2 + np.square(g)
        epsilon = self.epsilon / math.sqrt(1 - self.beta_2)  # beside a root that is larger, too
        return p - alpha * gradients / (np.sqrt(squares) + epsilon), (gradients, squares)


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with `weight_decay` taken off the parameters themselves (Loshchilov and Hutter 2019)."""

    weight_decay: NonNegativeFloat | None = field(default=0.004, kw_only=True)
