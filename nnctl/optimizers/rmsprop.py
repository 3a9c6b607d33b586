"""RMSprop: gradients divided by a running mean of their size."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnctl.arguments import DecayRate, PositiveFloat
from nnctl.graph import Value
from nnctl.optimizers.base import Optimizer


@dataclass(eq=False)
class RMSprop(Optimizer):
    """`v` is a running mean of the squared gradient; the step is `g / sqrt(v + epsilon)`.

    (Tieleman and Hinton, Coursera lecture 6.5, 2012; `epsilon` under the root, as in Keras.)
    """

    learning_rate: PositiveFloat = 0.001
    rho: DecayRate = 0.9
    epsilon: PositiveFloat = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("v",)

    def update(
        self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value
    ) -> tuple[Value, tuple[Value, ...]]:
        (v,), (alpha,) = slots, rates
        v = v + (np.square(g) - v) * (1 - self.rho)
        return p - alpha * g / np.sqrt(v + self.epsilon), (v,)
