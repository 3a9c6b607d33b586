"""Recording: what is recorded, what is refused, and that nothing is recorded twice."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program, Value
from nnctl.graph.layout import Parameter

BINARY = [
    (lambda a, b: a + b),
    (lambda a, b: a - b),
    (lambda a, b: a * b),
    (lambda a, b: a / b),
    (lambda a, b: 2.5 + a - 1 * b),
    (lambda a, b: 2 / a - 3 * b),
    (lambda a, b: 1 - a + (-b)),
    (lambda a, b: np.maximum(a, b) * np.minimum(a, 0.5)),
    (lambda a, b: np.exp(a) + np.log(b) + np.log1p(b) + np.expm1(a)),
    (lambda a, b: np.sqrt(b) + np.square(a) + np.sign(a)),
    (lambda a, b: a * (b > a) + a * (b >= 1) + b * (a < 1) + b * (a <= b)),
    (lambda a, b: a @ b.transpose()),
    (lambda a, b: np.matmul(a, b.transpose())),
    (lambda a, b: a.sum(0) + b.sum(axis=0)),
    (lambda a, b: a.sum(axis=1, keepdims=True) * b),
    (lambda a, b: a.sum() + b.max()),
    (lambda a, b: a.max(axis=-1, keepdims=True) - b.mean(axis=(0, 1))),
    (lambda a, b: a[1:3] * b[:2]),
    (lambda a, b: a.reshape(2, -1).transpose().reshape(12) * b.reshape(-1)),
    (lambda a, b: np.array([[1.0], [2.0], [3.0], [4.0]]) * a + b),
]


def run(value: Value, **arrays: np.ndarray) -> np.ndarray:
    program = Program(value.graph, [value], np.float64)
    for leaf in value.graph.values:
        if leaf.name in arrays and leaf in program:
            program[leaf][...] = arrays[leaf.name]
    program.run()
    return program[value]


@pytest.mark.parametrize("formula", BINARY)
def test_a_recorded_formula_computes_what_numpy_computes(formula, generator):
    a, b = generator.standard_normal((4, 3)), generator.uniform(0.5, 2, (4, 3))
    graph = Graph()
    value = formula(graph.leaf("a", a.shape), graph.leaf("b", b.shape))
    expected = formula(a, b)
    assert value.shape == expected.shape
    np.testing.assert_allclose(run(value, a=a, b=b), expected, rtol=1e-14, atol=1e-15)


def test_the_same_operation_on_the_same_values_is_recorded_once():
    graph = Graph()
    a = graph.leaf("a", (3,))
    assert np.exp(a) + 1 is np.exp(a) + 1.0
    assert np.exp(a) is not np.exp(-a)


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (lambda a: np.arctan(a), "np.arctan is not recorded; recorded are: np.add"),
        (lambda a: np.concatenate([a, a]), "np.concatenate is not recorded"),
        (lambda a: np.add.reduce(a), "without method"),
        (lambda a: np.add(a, a, dtype=np.float32), "without method or keywords"),
        (lambda a: bool(a), "compare and multiply"),
        (lambda a: list(a), "not iterable"),
        (lambda a: a[::2], "step 1"),
    ],
)
def test_what_cannot_be_recorded_says_so(attempt, says):
    with pytest.raises(TypeError, match=says.replace("(", r"\(")):
        attempt(Graph().leaf("a", (4,)))


def test_shapes_that_do_not_fit_are_refused_while_recording():
    graph = Graph()
    a, b = graph.leaf("a", (4, 3)), graph.leaf("b", (4, 3))
    with pytest.raises(ValueError, match="cannot be multiplied"):
        a @ b
    with pytest.raises(ValueError, match="cannot be reshaped"):
        a.reshape(5)
    with pytest.raises(ValueError, match="broadcast"):
        a + graph.leaf("c", (2, 3))


def test_a_value_of_another_graph_is_refused():
    with pytest.raises(ValueError, match="another graph"):
        Graph().leaf("a", (2,)) + Graph().leaf("b", (2,))


class Numberlike(Parameter):
    """One that NumPy would take for numbers, and make a constant of."""

    def __array__(self, dtype=None, copy=None):
        return np.array([self.name], object)


@pytest.mark.parametrize("kind", [Parameter, Numberlike])
def test_an_undeclared_parameter_is_refused_and_never_a_constant(kind):
    bias = kind("bias", (1,), lambda shape, generator: np.zeros(shape))
    graph = Graph()
    attempts = [
        lambda: graph.lift(bias),
        lambda: graph.leaf("a", (1,)) + bias,
        lambda: bias - graph.leaf("b", (1,)),
        lambda: graph.leaf("c", (1, 1)) @ bias,
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match=r"name='bias'.* nor declared .* was built again"):
            attempt()
    assert graph.constants == {}
    graph.parameters[bias] = value = graph.leaf("bias", (1,))
    assert graph.lift(bias) is value


@pytest.mark.parametrize("operand", ["1.5", None, b"1", 1j, np.array(["2"])])
def test_what_is_no_number_is_no_constant(operand):
    with pytest.raises(TypeError, match="neither a number nor declared"):
        Graph().lift(operand)


@pytest.mark.parametrize("operand", [2, 1.5, True, np.float32(3), np.arange(3), [[1.0], [2.0]]])
def test_a_number_is_a_constant_and_equal_ones_share_it(operand):
    graph = Graph()
    value = graph.lift(operand)
    assert graph.lift(operand) is value
    assert graph.constants[value].tolist() == np.asarray(operand, np.float64).tolist()


def test_only_a_leaf_can_be_assigned_and_only_once():
    graph = Graph()
    a, b = graph.leaf("a", (2,)), graph.leaf("b", (3,))
    with pytest.raises(ValueError, match="not a leaf"):
        graph.assign(a + 1, a)
    with pytest.raises(ValueError, match="cannot be assigned"):
        graph.assign(a, b)
    graph.assign(a, a * 2)
    with pytest.raises(ValueError, match="assigned before"):
        graph.assign(a, a * 3)


def test_values_carry_the_scope_they_were_recorded_in():
    graph = Graph()
    a = graph.leaf("a", (2,))
    with graph.named("dense_1"):
        inner = a + 1
    assert (inner.scope, (a + 2).scope) == ("dense_1", "")
    assert "dense_1 add" in repr(inner)


def test_draws_are_new_in_each_run_and_unlike_each_other():
    graph = Graph(training=True, generator=np.random.default_rng(3))
    one, other = graph.draw((5,)), graph.draw((5,))
    program = Program(graph, [one, other], np.float32)
    seen = []
    for _ in range(2):
        program.run()
        seen += [program[one].tolist(), program[other].tolist()]
    expected = np.random.default_rng(3)
    assert seen == [expected.random(5, np.float32).tolist() for _ in range(4)]


def test_without_generator_a_draw_is_a_leaf_to_be_held():
    drawn = Graph(training=True).draw((2,))
    assert drawn.op is None
