"""The fully connected layer."""

from dataclasses import dataclass, field

from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Shape, Value
from nnctl.network.activations import AnyActivation
from nnctl.network.annotations import PositiveInt
from nnctl.network.initializers import Initializer
from nnctl.network.layers.base import WeightedLayer
from nnctl.network.regularizers import Regularizer


@dataclass(eq=False, repr=False)
class Dense(WeightedLayer):
    """`a = g(x @ kernel + bias)`: each unit is a function of all inputs.

    Acts on the last axis: `x` `(n, …, in)` -> `(n, …, units)`, with `kernel` `(in, units)` and
    `bias` `(units,)`. `weights` may give both literally.
    """

    units: PositiveInt
    activation: AnyActivation = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer | None = field(default=None, kw_only=True)

    def build(self, shape: Shape) -> Shape:
        if not shape:
            raise ArgumentError("a dense layer needs an input of at least one axis, not a number")
        self.kernel = self.parameter("kernel", (shape[-1], self.units), self.kernel_initializer)
        if self.use_bias:  # one that is not declared is not saved either
            self.bias = self.parameter("bias", (self.units,), self.bias_initializer)
        self.require_known_weights()
        return (*shape[:-1], self.units)

    def forward(self, graph: Graph, x: Value) -> Value:
        # Where x has more axes, `@` makes one product of all their rows.
        z = x @ self.kernel
        return self.activation(z + self.bias if self.use_bias else z)  # type: ignore[no-any-return]
