"""RMSprop: gradients divided by a running mean of their size."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnctl.graph import Value
from nnctl.network.annotations import DecayRate, PositiveFloat, Share
from nnctl.network.optimizers.base import Optimizer, Updated
from nnctl.network.schedules import LearningRate


@dataclass(eq=False, repr=False)
class RMSprop(Optimizer):
    """`v` is a running mean of the squared gradient; the step is `alpha * g / sqrt(v + epsilon)`.

    (Tieleman and Hinton, Coursera lecture 6.5, 2012; `epsilon` under the root, as in Keras.)
    `centered` takes the variance instead of the mean square; `momentum` adds that share of the step
    before (Graves 2013, equations 38 to 41).
    """

    learning_rate: LearningRate = 0.001
    rho: DecayRate = 0.9
    momentum: Share = 0.0
    epsilon: PositiveFloat = 1e-7
    centered: bool = False

    @property
    def slots(self) -> Mapping[str, float]:
        kept = ["v", *(["mean"] if self.centered else []), *(["step"] if self.momentum else [])]
        return dict.fromkeys(kept, 0.0)

    def update(self, p: Value, g: Value, slots: tuple[Value, ...], *rates: Value) -> Updated:
        (alpha,) = rates
        old = dict(zip(self.slots, slots, strict=True))
        # rho v + (1 - rho) g^2, which goes from v towards g^2 by the share 1 - rho.
        new = {"v": old["v"] + (np.square(g) - old["v"]) * (1 - self.rho)}
        spread = new["v"]
        if self.centered:
            new["mean"] = old["mean"] + (g - old["mean"]) * (1 - self.rho)
            # E[g^2] - E[g]^2, the variance: of a derivative that is always the same it is 0.
            spread = spread - np.square(new["mean"])
        step = alpha * g / np.sqrt(spread + self.epsilon)
        if self.momentum:
            step = new["step"] = old["step"] * self.momentum + step
        return p - step, tuple(new.values())
