"""Derivation: against closed forms, and the conditions under which it refuses."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program, Value, gradients, join, with_derivative


def evaluate(values: list[Value], **arrays: np.ndarray) -> list[np.ndarray]:
    graph = values[0].graph
    program = Program(graph, values, np.float64)
    for leaf in graph.values:
        if leaf.name in arrays and leaf in program:
            program[leaf][...] = arrays[leaf.name]
    program.run()
    return [program[value] for value in values]


def test_the_course_example_half_squared_error_of_one_neuron():
    """w = 2, b = 8, x = -2, y = 2: J = 2, dJ/dw = -4, dJ/db = 2."""
    graph = Graph()
    w, b, x, y = (graph.leaf(name, ()) for name in "wbxy")
    c = w * x
    a = c + b
    d = a - y
    loss = np.square(d) * 0.5
    wanted = [w, b, c, a, d]
    found = evaluate([loss, *gradients(loss, wanted)], w=2, b=8, x=-2, y=2)
    assert [float(value) for value in found] == [2, -4, 2, 2, 2, 2]


def test_a_linear_map_has_the_textbook_gradients(generator):
    x, w, b = (generator.standard_normal(shape) for shape in ((5, 3), (3, 2), (2,)))
    graph = Graph()
    leaves = [graph.leaf(name, array.shape) for name, array in zip("xwb", (x, w, b), strict=True)]
    z = leaves[0] @ leaves[1] + leaves[2]
    dx, dw, db = evaluate(gradients(np.square(z).sum(), leaves), x=x, w=w, b=b)
    error = 2 * (x @ w + b)
    np.testing.assert_allclose(dx, error @ w.T)
    np.testing.assert_allclose(dw, x.T @ error)
    np.testing.assert_allclose(db, error.sum(0))


def test_a_value_used_twice_gets_both_derivatives():
    graph = Graph()
    a = graph.leaf("a", ())
    (d,) = gradients(a * a + a, [a])
    assert float(evaluate([d], a=3)[0]) == 7


def test_an_unused_parameter_has_a_gradient_of_zeros():
    graph = Graph()
    a, b = graph.leaf("a", (2,)), graph.leaf("b", (3,))
    da, db = gradients((a * 2).sum(), [a, b])
    assert join([da, db]).shape == (5,)
    found = evaluate([join([da, db])], a=np.ones(2), b=np.ones(3))[0]
    assert found.tolist() == [2, 2, 0, 0, 0]


def test_a_given_rule_replaces_the_derived_one():
    graph = Graph()
    a = graph.leaf("a", (2,))
    y = with_derivative(np.exp(a), (a,), lambda d: d * 10, name="exp")
    (d,) = gradients(y.sum(), [a])
    assert evaluate([y, d], a=np.zeros(2))[1].tolist() == [10, 10]


def test_plain_arrays_pass_through_with_derivative():
    array = np.arange(3.0)
    assert with_derivative(array, (array,), lambda d: d, name="same") is array


def test_a_given_rule_that_forgets_an_input_is_refused():
    graph = Graph()
    a, b = graph.leaf("a", (2,)), graph.leaf("b", (2,))
    with pytest.raises(ValueError, match="was not given"):
        with_derivative(a * b, (a,), lambda d: d * b, name="product")


def test_an_operation_without_rule_cannot_be_derived():
    graph = Graph()
    a = graph.leaf("a", (2, 2))
    with pytest.raises(TypeError, match="max has no derivative rule"):
        gradients(a.max(), [a])


def test_derivatives_cost_a_few_times_the_forward_pass():
    """One backward pass for all parameters: its products are at most twice the forward ones."""
    graph = Graph()
    x = h = graph.leaf("x", (8, 6))
    weights = [graph.leaf(f"w{k}", (6, 6)) for k in range(10)]
    for w in weights:
        h = np.maximum(h @ w, 0.0)
    loss = np.square(h).sum()
    forward = Program(graph, [loss], np.float64).products
    both = Program(graph, gradients(loss, weights), np.float64).products
    assert x.size and sum(both) <= 3 * sum(forward)
