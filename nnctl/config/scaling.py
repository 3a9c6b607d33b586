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


SCALINGS: dict[str, type[Component]] = {
    "minmax": MinMax,
    "none": Unscaled,
    "rescale": Rescale,
    "standardize": Standardize,
}
SCALING = OneOf("scaling", SCALINGS)
TARGET_SCALING = OneOf(
    "scaling of targets", {name: SCALINGS[name] for name in ("none", "standardize")}
)
