"""What is rewritten gives the same numbers and derivatives, from fewer numbers."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients, with_derivative
from nnctl.graph.rewrites import choose


def doubled(z):
    """A rising function, `2 z`."""
    return with_derivative(z * 2, (z,), lambda d: d * 2, name="doubled", rising=doubled)


def negated(z):
    """One that falls, and does not say that it rises."""
    return with_derivative(-z, (z,), lambda d: -d, name="negated")


def greatest(z):
    """Of each row."""
    most = z.max(axis=1, keepdims=True)
    rule = lambda d: (z >= most) * d.reshape(2, 1)  # noqa: E731
    return with_derivative(most.reshape(2), (z,), rule, name="greatest")


@pytest.mark.parametrize(
    ("function", "first", "expected"),
    [
        (doubled, "max", [10, 14]),
        (lambda z: doubled(doubled(z)), "max", [20, 28]),
        (negated, "negative", [-2, 0]),
        (lambda z: doubled(negated(z)), "negative", [-4, 0]),  # max(2 · -z) = 2 · max(-z)
        (lambda z: z + 1, "add", [6, 8]),
    ],
)
def test_a_choice_is_made_before_functions_that_rise(function, first, expected):
    graph = Graph()
    z = graph.leaf("z", (2, 3))
    y = choose(function(z), greatest)
    program = Program(graph, [y, z], np.float64)
    assert program.calls[0].value.name == first
    program[z][...] = [[5, 2, 3], [0, 7, 1]]
    program.run()
    assert program[y].tolist() == expected


def test_the_derivative_is_that_of_the_function_after_the_choice():
    graph = Graph()
    z = graph.leaf("z", (2, 3))
    y = choose(doubled(z), greatest)
    (d,) = gradients((y * np.array([1.0, 10.0])).sum(), [z])
    program = Program(graph, [d, z], np.float64)
    program[z][...] = [[5, 2, 3], [0, 7, 1]]
    program.run()
    assert program[d].tolist() == [[2, 0, 0], [0, 20, 0]]
