"""An activation as a layer of its own."""

from dataclasses import dataclass
from typing import Any

from nnctl.graph import Graph, Value
from nnctl.network.activations import AnyActivation
from nnctl.network.layers.base import Layer


@dataclass(eq=False, repr=False)
class Activation(Layer):
    """`a = g(x)`, elementwise or (softmax) along the last axis; the shape stays the same."""

    activation: AnyActivation

    def forward(self, graph: Graph, x: Value) -> Value:
        # `Any`, since activations are written for arrays and recorded by being called on values.
        activated: Any = self.activation(x)
        return activated  # type: ignore[no-any-return]
