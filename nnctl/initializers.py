"""Initializers: the values a parameter starts with, drawn from a generator that is passed in.

Each is called with the parameter's shape and a `numpy.random.Generator` and returns float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from nnctl.arguments import Component, OneOf
from nnctl.graph import Array, Shape


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of one unit of a kernel `(*window, in, out)`."""
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


@dataclass(eq=False)
class GlorotUniform(Component):
    """Uniform in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16)."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        limit = math.sqrt(6 / max(1, sum(fans(shape))))
        return generator.uniform(-limit, limit, shape)


@dataclass(eq=False)
class Zeros(Component):
    """All zeros."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return np.zeros(shape)


INITIALIZERS: dict[str, Callable[..., Any]] = {
    "glorot_uniform": GlorotUniform,
    "zeros": Zeros,
}
Initializer = Annotated[Any, OneOf("initializer", INITIALIZERS)]
