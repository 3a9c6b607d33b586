"""Layers that change the shape alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Shape, Value
from nnctl.network.annotations import Range
from nnctl.network.layers.base import Layer

Dimension = Annotated[int, Range(-1)]


class Flatten(Layer):
    """Each example as one vector, in row-major order: `(n, …)` -> `(n, size)`."""

    example_shape: ClassVar[Shape] = (2, 3)

    def build(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, graph: Graph, x: Value) -> Value:
        # Also of an example without axes, which becomes a vector of one number.
        return x.reshape(x.shape[0], -1)


@dataclass(eq=False, repr=False)
class Reshape(Layer):
    """Each example in another shape, its elements in the same row-major order.

    One -1 in `target_shape` stands for what is left.
    """

    example_shape: ClassVar[Shape] = (2, 3)
    example_arguments: ClassVar[Mapping[str, Any]] = {"target_shape": (3, -1)}
    target_shape: tuple[Dimension, ...]

    def build(self, shape: Shape) -> Shape:
        size = math.prod(shape)
        target = list(self.target_shape)
        unknown = target.count(-1)
        known = math.prod(n for n in target if n != -1)
        # 24 numbers into (4, -1, 2): the -1 stands for 24 / 8 = 3.
        if unknown == 1 and known and size % known == 0:
            target[target.index(-1)] = size // known
        elif unknown or known != size:
            raise ArgumentError(
                f"an input of shape {shape} has {size} numbers, which do not make up "
                f"target_shape {target}",
                "one of target_shape may be -1, for what is left" if not unknown else None,
                path="target_shape",
            )
        self.shape = tuple(target)
        return self.shape

    def forward(self, graph: Graph, x: Value) -> Value:
        return x.reshape(x.shape[0], *self.shape)
