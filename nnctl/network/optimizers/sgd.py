"""Gradient descent."""

from collections.abc import Mapping
from dataclasses import dataclass

from nnctl.graph import Value
from nnctl.network.annotations import Share
from nnctl.network.optimizers.base import Optimizer, Updated
from nnctl.network.schedules import LearningRate


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """`w = w - alpha * dJ/dw`, on each batch; with the full batch the course's update rule.

    With `momentum` the step is a velocity, `v = momentum * v - alpha * dJ/dw`; with `nesterov` it
    looks one velocity ahead (Sutskever et al. 2013, equations 1 to 4, in Keras's form).
    """

    learning_rate: LearningRate = 0.01
    momentum: Share = 0.0
    nesterov: bool = False

    @property
    def slots(self) -> Mapping[str, float]:
        return {"momentum": 0.0} if self.momentum else {}

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        (alpha,) = rates
        if not self.momentum:
            return p - alpha * g, ()
        v = slots[0] * self.momentum - alpha * g
        # The paper takes the derivative one velocity ahead of the parameters. In Keras's form the
        # parameters are those ahead, so that each step leads one velocity further.
        return p + (v * self.momentum - alpha * g if self.nesterov else v), (v,)
