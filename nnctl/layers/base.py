"""What every layer is: a declaration of parameters, and a formula."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nnctl.arguments import Component
from nnctl.errors import ArgumentError
from nnctl.graph import Array, Graph, Shape, Value
from nnctl.layout import Parameter
from nnctl.regularizers import Regularizer


@dataclass(eq=False)
class Given:
    """Start values that were written down literally, in the parameter's shape."""

    values: Array

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return self.values


@dataclass(eq=False)
class Layer(Component):
    """Base of all layers.

    `build(shape)` is told the shape of one input example, declares the layer's parameters as
    attributes and returns the shape of one output example; it raises `ArgumentError` for a shape
    it cannot take. `forward(graph, x)` is the formula, on `x` of shape `(n, *shape)`. A layer has
    no memory of its own and knows no batch size. `example_shape` is one that it takes, for the
    checks that go through all layers.
    """

    example_shape: ClassVar[Shape] = (5,)
    name: str | None = field(default=None, kw_only=True)

    def build(self, shape: Shape) -> Shape:
        return shape

    def forward(self, graph: Graph, x: Value) -> Value:
        return x

    def penalty(self, graph: Graph) -> Value | None:
        """What the layer's parameters add to the loss, a scalar; None where that is nothing."""
        return None

    @property
    def parameters(self) -> list[Parameter]:
        """The declared parameters, in the order of their declaration."""
        return [value for value in vars(self).values() if isinstance(value, Parameter)]


@dataclass(eq=False)
class WeightedLayer(Layer):
    """A layer with a kernel, which a regularizer may keep small.

    Parameters may be given literally: `weights={"kernel": …, "bias": …}`.
    """

    kernel_regularizer: Regularizer | None = field(default=None, kw_only=True)
    weights: dict[str, Any] | None = field(default=None, kw_only=True)

    def penalty(self, graph: Graph) -> Value | None:
        if self.kernel_regularizer is None:
            return None
        (kernel,) = (parameter for parameter in self.parameters if parameter.name == "kernel")
        penalty: Value = self.kernel_regularizer(graph.lift(kernel))
        return penalty

    def parameter(self, name: str, shape: Shape, initializer: Any) -> Parameter:
        """Declares a parameter, with the literal start values if there are some."""
        given = (self.weights or {}).get(name)
        if given is None:
            return Parameter(name, shape, initializer)
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"{name} is not a table of numbers of shape {shape}", path=f"weights.{name}"
            ) from None
        if values.shape != shape:
            raise ArgumentError(
                f"{name} has shape {values.shape}, but the layer's is {shape}",
                path=f"weights.{name}",
            )
        return Parameter(name, shape, Given(values))

    def require_known_weights(self) -> None:
        """Raises `ArgumentError` if `weights` names a parameter that was not declared."""
        declared = [parameter.name for parameter in self.parameters]
        for name in self.weights or {}:
            if name not in declared:
                raise ArgumentError(
                    f'no weights are named "{name}" here; there are: {", ".join(declared)}',
                    path=f"weights.{name}",
                )
