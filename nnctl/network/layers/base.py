"""What every layer is: a declaration of parameters, and a formula."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import ref

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import Array, Graph, Shape, Value
from nnctl.graph.layout import Parameter
from nnctl.network.arguments import Component


class Given:
    """Start values that were written down literally, in the parameter's shape."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return self.values


@dataclass(eq=False, repr=False)
class Layer(Component):
    """Base of all layers.

    `build(shape)` is told the shape of one input example, declares the layer's parameters as
    attributes and returns the shape of one output example; it raises `ArgumentError` for a shape
    it cannot take. `forward(graph, x)` is the formula, on `x` of shape `(n, *shape)`. A layer has
    no memory of its own and knows no batch size. The model that last built it is its `owner`, in
    whose vector the parameters lie; a copy has none. `example_shape` is one that it takes, and
    `example_arguments` are such as it may have, for the checks that go through all layers.
    """

    example_shape: ClassVar[Shape] = (5,)
    example_arguments: ClassVar[Mapping[str, Any]] = {}
    name: str | None = field(default=None, kw_only=True)
    owner: ref[object] | None = field(default=None, init=False)

    # What copies and pickles take: a copy's parameters lie in no model's vector.
    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "owner"}

    def build(self, shape: Shape) -> Shape:
        return shape

    def forward(self, graph: Graph, x: Value) -> Value:
        return x

    def penalty(self, graph: Graph) -> Value | None:
        """What the layer's parameters add to the loss, a scalar; None where that is nothing."""
        return None

    @property
    def type_name(self) -> str:
        """The class's name as a config spells it, such as `max_pooling2d`."""
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def parameters(self) -> list[Parameter]:
        """The declared parameters, in the order of their declaration."""
        # Attributes keep the order in which `build` set them, and so does every weights file.
        return [value for value in vars(self).values() if isinstance(value, Parameter)]


@dataclass(eq=False, repr=False)
class WeightedLayer(Layer):
    """A layer with parameters, each of which may have a regularizer that keeps it small.

    That of the kernel is the attribute `kernel_regularizer`, and so on. Parameters may be given
    literally: `weights={"kernel": …, "bias": …}`.
    """

    weights: dict[str, Any] | None = field(default=None, kw_only=True)

    def penalty(self, graph: Graph) -> Value | None:
        penalties: list[Value] = []
        for parameter in self.parameters:
            regularizer = getattr(self, f"{parameter.name}_regularizer", None)
            if regularizer is not None:
                penalties.append(regularizer(graph.lift(parameter)))
        return sum(penalties[1:], penalties[0]) if penalties else None

    def parameter(
        self, name: str, shape: Shape, initializer: Any, trainable: bool = True
    ) -> Parameter:
        """Declares a parameter, with the literal start values if there are some."""
        given = (self.weights or {}).get(name)
        if given is None:
            return Parameter(name, shape, initializer, trainable)
        # In float64, whatever the model's dtype is: that of the vector rounds them, once.
        try:
            values = np.asarray(given, dtype=np.float64)
        except (OverflowError, TypeError, ValueError):
            raise ArgumentError(
                f"{name} is not a table of numbers of shape {shape}", path=f"weights.{name}"
            ) from None
        if values.shape != shape:
            raise ArgumentError(
                f"{name} has shape {values.shape}, but the layer's is {shape}",
                path=f"weights.{name}",
            )
        unfit = values[~np.isfinite(values)]
        if unfit.size:
            raise ArgumentError(
                f"{name} holds {unfit[0]}; weights are finite numbers", path=f"weights.{name}"
            )
        return Parameter(name, shape, Given(values), trainable)

    def require_known_weights(self) -> None:
        """Raises `ArgumentError` if `weights` names a parameter that was not declared."""
        # Asked last in `build`, since which there are depends on the layer's arguments.
        declared = [parameter.name for parameter in self.parameters]
        for name in self.weights or {}:
            if name not in declared:
                raise ArgumentError(
                    f'no weights are named "{name}" here; there are: {", ".join(declared)}',
                    path=f"weights.{name}",
                )
