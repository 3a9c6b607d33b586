"""The penalties of regularizers: what large weights cost."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.graph import Value, with_derivative
from nnctl.network.annotations import NonNegativeFloat
from nnctl.network.arguments import Component


@dataclass(eq=False, repr=False)
class L1(Component):
    """`l1 * sum(|w|)`"""

    l1: NonNegativeFloat = 0.01

    def __call__(self, w: Value) -> Value:
        return sum_of_sizes(w) * self.l1


@dataclass(eq=False, repr=False)
class L2(Component):
    """`l2 * sum(w^2)`"""

    l2: NonNegativeFloat = 0.01

    def __call__(self, w: Value) -> Value:
        return sum_of_squares(w) * self.l2


@dataclass(eq=False, repr=False)
class L1L2(Component):
    """`l1 * sum(|w|) + l2 * sum(w^2)`"""

    l1: NonNegativeFloat = 0.01
    l2: NonNegativeFloat = 0.01

    def __call__(self, w: Value) -> Value:
        return sum_of_sizes(w) * self.l1 + sum_of_squares(w) * self.l2


def absolute(w: Any) -> Any:
    """`|w|`, whose slope at 0 is taken to be 0."""
    # Derived, the slope at 0 would be that of the second operand, -1, and pull at a weight of 0.
    return with_derivative(np.maximum(w, -w), (w,), lambda d: d * np.sign(w), name="absolute")


def sum_of_sizes(w: Any) -> Value:
    total: Value = absolute(w).sum()
    return total


def sum_of_squares(w: Any) -> Value:
    total: Value = np.square(w).sum()
    return total
