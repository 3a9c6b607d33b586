"""The ways to scale numbers that a config may name under `data.scale` and `data.target_scale`.

These are their arguments alone; the statistics are computed from the training rows elsewhere.
"""

from dataclasses import dataclass

from nnctl.network.annotations import OneOf, PositiveFloat
from nnctl.network.arguments import Component


class Unscaled(Component):
    """`x` as it is."""


class Standardize(Component):
    """`(x - mean) / standard deviation`, of the population."""


class MinMax(Component):
    """`(x - min) / (max - min)`."""


@dataclass(eq=False, repr=False)
class Rescale(Component):
    """`x / by`."""

    by: PositiveFloat


@dataclass(eq=False, repr=False)
class Robust(Component):
    """`(x - median) / (upper quartile - lower quartile)`.

    Where the quartiles are equal, half the range takes the place of their distance. With `clip`,
    `y / sqrt(1 + (y / 3)^2)` of the result, which stays within 3.
    """

    clip: bool = False


class Quantile(Component):
    """The number below which the same share of a standard normal lies as of the column below `x`.

    Shares are read off 257 quantiles of the column, linearly between them.
    """


class Log(Component):
    """`sign(x) log(1 + |x|)`, standardized."""


SCALINGS: dict[str, type[Component]] = {
    "log": Log,
    "minmax": MinMax,
    "none": Unscaled,
    "quantile": Quantile,
    "rescale": Rescale,
    "robust": Robust,
    "standardize": Standardize,
}
SCALING = OneOf("scaling", SCALINGS)
TARGET_SCALING = OneOf(
    "scaling of targets", {name: SCALINGS[name] for name in ("none", "standardize")}
)
