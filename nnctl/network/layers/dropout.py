"""Dropout."""

from dataclasses import dataclass

from nnctl.graph import Graph, Value
from nnctl.network.annotations import DecayRate
from nnctl.network.layers.base import Layer


@dataclass(eq=False, repr=False)
class Dropout(Layer):
    """While training, sets a share `rate` of the inputs to 0 and divides the others by `1 - rate`.

    A new mask is drawn for each step, each input for itself; in evaluation `x` passes as it is
    (Srivastava et al. 2014, in the form that scales while training).
    """

    rate: DecayRate

    def forward(self, graph: Graph, x: Value) -> Value:
        # Decided while recording, so that evaluation has no trace of it in its program.
        if not graph.training or not self.rate:
            return x
        # At rate 0.2 four of five inputs stay, and are 5 / 4 as large: the sum that the next layer
        # sees is the same on average as in evaluation, where all of them stay as they are.
        return x * (graph.draw(x.shape) >= self.rate) * (1 / (1 - self.rate))
