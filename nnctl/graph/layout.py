"""Where each parameter lies in the one vector that holds them all.

The trainable region comes first, then what is only kept (moving statistics); within each, the
parameters in layer order. An optimizer sees the trainable region as one vector, and each of its
slots has that region's layout.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from nnctl.graph import Array, Graph, Shape, Value, join
from nnctl.graph.numpy_calls import aligned_zeros


class Initial(Protocol):
    """Anything that makes a parameter's start values, such as an initializer."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array: ...


class Parameter:
    """Declares an array that a model learns (or, not `trainable`, keeps). It owns no memory."""

    def __init__(self, name: str, shape: Shape, initializer: Initial, trainable: bool = True):
        self.name, self.shape = name, shape
        self.initializer, self.trainable = initializer, trainable

    def __repr__(self) -> str:
        return f"Parameter(name={self.name!r}, shape={self.shape})"


class Layout:
    """Slices of one vector for named parameters (`dense_1/kernel`), kept in the order given."""

    def __init__(self, parameters: Mapping[str, Parameter]):
        self.parameters = dict(parameters)
        self.slices: dict[str, slice] = {}
        self.trainable = [name for name, p in self.parameters.items() if p.trainable]
        self.kept = [name for name, p in self.parameters.items() if not p.trainable]
        self.trainable_size = self._place(self.trainable, 0)
        self.size = self._place(self.kept, self.trainable_size)

    def _place(self, names: list[str], start: int) -> int:
        for name in names:
            stop = start + math.prod(self.parameters[name].shape)
            self.slices[name] = slice(start, stop)
            start = stop
        return start

    def views(self, vector: Array) -> dict[str, Array]:
        """Each parameter's array, in its own shape, as a view of the vector `(size,)`."""
        return {
            name: vector[self.slices[name]].reshape(parameter.shape)
            for name, parameter in self.parameters.items()
        }

    def initial(self, generator: np.random.Generator, dtype: np.typing.DTypeLike) -> Array:
        """A new vector with every parameter's start values.

        Each parameter has a generator of its own, spawned in layer order, so that a change to one
        layer leaves the start values of those before it, and of same-sized ones behind it, alone.
        """
        # A generator for each, also for those that draw nothing: a literal start changes no other.
        vector = aligned_zeros((self.size,), dtype)
        views = self.views(vector)
        for name, child in zip(views, generator.spawn(len(views)), strict=True):
            parameter = self.parameters[name]
            views[name][...] = parameter.initializer(parameter.shape, child)
        return vector

    def declare(self, graph: Graph) -> tuple[Value, Value]:
        """Makes every parameter a value of the graph, over two leaves that it returns: the
        trainable region and the rest."""
        leaves = (
            graph.leaf("parameters", (self.trainable_size,)),
            graph.leaf("statistics", (self.size - self.trainable_size,)),
        )
        for name, parameter in self.parameters.items():
            whole = self.slices[name]
            # Slices count from the start of the vector, but the second leaf begins at 0 again:
            # behind 10 trainable numbers, the slice 10:12 is 0:2 of the statistics.
            leaf, start = leaves[0], 0
            if not parameter.trainable:
                leaf, start = leaves[1], self.trainable_size
            part = leaf[whole.start - start : whole.stop - start]
            graph.parameters[parameter] = part.reshape(*parameter.shape)
        return leaves

    def given(self, leaves: Sequence[Value], vector: Array) -> dict[Value, Array]:
        """The arrays of the two leaves that `declare` returned: views of the vector's regions."""
        parameters, statistics = leaves
        size = self.trainable_size
        return {parameters: vector[:size], statistics: vector[size:]}

    def assign_updates(self, graph: Graph, statistics: Value) -> None:
        """Assigns to the leaf of what is only kept whatever the layers say of it after a step."""
        kept = [self.parameters[name] for name in self.kept]
        if graph.updates:
            # One assignment to the whole leaf, so what no layer moves is written as it was.
            new = [graph.updates.get(p, graph.parameters[p]) for p in kept]
            graph.assign(statistics, join([value.reshape(value.size) for value in new]))
