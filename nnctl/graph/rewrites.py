"""Rewrites: other formulas of the same numbers, with less to compute."""

from collections.abc import Callable

from nnctl.graph.gradients import GivenDerivative
from nnctl.graph.values import Value


def choose(x: Value, choice: Callable[[Value], Value]) -> Value:
    """`choice(x)`, which picks numbers by their order alone, such as the greatest of each window.

    A function g that never falls keeps their order: the greatest of g(2), g(-1) and g(5) is g(5).
    So of an `x = g(z)` that was recorded as `rising`, z is chosen from, and g computed of what was
    chosen: after pooling by 2 along two axes that is a quarter of the numbers.
    """
    if isinstance(x.op, GivenDerivative) and x.op.rising is not None:
        _, z = x.inputs
        return x.op.rising(choose(z, choice))
    return choice(x)
