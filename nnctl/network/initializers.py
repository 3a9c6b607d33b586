"""Initializers: the values a parameter starts with, drawn from a generator that is passed in.

Each is called with the parameter's shape and a `numpy.random.Generator` and returns float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from nnctl.graph import Array, Shape
from nnctl.network.annotations import NonNegativeFloat, OneOf
from nnctl.network.arguments import Component

# The standard deviation of a standard normal distribution cut off at two of its own.
TRUNCATED_DEVIATION = 0.8796256610342398


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of one unit of a kernel `(*window, in, out)`."""
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    # A 3 x 3 convolution of 8 channels to 16, (3, 3, 8, 16): a unit has 72 inputs, and each
    # input goes to 144 numbers.
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def glorot_variance(shape: Shape) -> float:
    return 2 / max(1, sum(fans(shape)))


def he_variance(shape: Shape) -> float:
    return 2 / max(1, fans(shape)[0])


def lecun_variance(shape: Shape) -> float:
    return 1 / max(1, fans(shape)[0])


def uniform(variance: float, shape: Shape, generator: np.random.Generator) -> Array:
    """Uniform around 0 with that variance: in ±√(3 variance)."""
    # A uniform distribution of width w has the variance w^2 / 12, and here w is twice the limit.
    limit = math.sqrt(3 * variance)
    return generator.uniform(-limit, limit, shape)


def truncated_normal(variance: float, shape: Shape, generator: np.random.Generator) -> Array:
    """Normal around 0, of that variance once what lies beyond two deviations is drawn again."""
    drawn = generator.standard_normal(shape)
    # Of a normal distribution, 4.6 % lie there: a few rounds, each over what was left.
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = generator.standard_normal(int(far.sum()))
    return drawn * (math.sqrt(variance) / TRUNCATED_DEVIATION)


class GlorotUniform(Component):
    """Uniform, variance `2 / (fan_in + fan_out)` (Glorot and Bengio 2010, equation 16)."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return uniform(glorot_variance(shape), shape, generator)


class GlorotNormal(Component):
    """Truncated normal, variance `2 / (fan_in + fan_out)`."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return truncated_normal(glorot_variance(shape), shape, generator)


class HeUniform(Component):
    """Uniform, variance `2 / fan_in` (He et al. 2015, equation 10)."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return uniform(he_variance(shape), shape, generator)


class HeNormal(Component):
    """Truncated normal, variance `2 / fan_in`."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return truncated_normal(he_variance(shape), shape, generator)


class LecunUniform(Component):
    """Uniform, variance `1 / fan_in` (LeCun et al. 1998, equation 16)."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return uniform(lecun_variance(shape), shape, generator)


class LecunNormal(Component):
    """Truncated normal, variance `1 / fan_in`."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return truncated_normal(lecun_variance(shape), shape, generator)


@dataclass(eq=False, repr=False)
class RandomNormal(Component):
    """Normal."""

    mean: float = 0.0
    stddev: NonNegativeFloat = 0.05

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return generator.normal(self.mean, self.stddev, shape)


@dataclass(eq=False, repr=False)
class Constant(Component):
    """The same value everywhere."""

    value: float = 0.0

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return np.full(shape, float(self.value))


class Zeros(Component):
    """All zeros."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return np.zeros(shape)


class Ones(Component):
    """All ones."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> Array:
        return np.ones(shape)


INITIALIZERS: dict[str, Callable[..., Any]] = {
    "constant": Constant,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "ones": Ones,
    "random_normal": RandomNormal,
    "zeros": Zeros,
}
Initializer = Annotated[Any, OneOf("initializer", INITIALIZERS)]
