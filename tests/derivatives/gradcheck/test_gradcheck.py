"""The proof passes for what is right, and fails for every rule that is made wrong."""

import copy
import itertools
import re
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.derivatives.gradcheck import Case, builtin_cases, check, model_case
from nnctl.derivatives.gradcheck.builtin import model_cases
from nnctl.derivatives.gradcheck.operations import operation_cases
from nnctl.graph import Graph, operations, with_derivative
from nnctl.layers import Activation, Dense
from nnctl.network import losses
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.arguments import arguments_of
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.regularizers import REGULARIZERS
from nnctl.training.step import Examples
from tests.processes import run

WORST = {"complex-step": 1e-9, "central": 1e-5}
WRONG = {"negated": -1.0, "slightly off": 1.001, "zero": 0.0}


@dataclass(frozen=True)
class BuiltIn:
    """What there is to know of a case without its graph, which takes memory."""

    words: list[str]
    rows: int | None
    outputs: tuple[int, ...] | None
    operations: set[str]


@pytest.fixture(scope="module")
def proof():
    """What the README's `nnctl gradcheck` tells at length: a row a built-in case, and a verdict."""
    command = [sys.executable, "-m", "nnctl", "gradcheck", "--verbose"]
    done = run(command, limit=100)
    assert done.returncode == 0, done.stderr
    _, *rows, verdict = done.stdout.splitlines()
    return [re.split(r"\s{2,}", row.strip()) for row in rows], verdict


@pytest.fixture(scope="module")
def built_in():
    """All built-in cases."""
    found = []
    for name, case in builtin_cases(np.random.default_rng(1)):
        rows = [leaf.shape[0] for leaf in case.point if leaf.name == "x"]
        biases = [array.shape for key, array in case.arrays.items() if key.endswith("/bias")]
        operations = {value.op.name for value in case.loss.graph.values if value.op is not None}
        outputs = biases[-1] if biases else None
        found.append(BuiltIn(name.split(), rows[0] if rows else None, outputs, operations))
    return found


@pytest.mark.process
@pytest.mark.slow
def test_every_built_in_case_passes(proof, built_in):
    rows, verdict = proof
    assert len(rows) == len(built_in)
    for _, checked, error, *_, found in rows:
        assert found.startswith("passed")
        assert float(error) < WORST["complex-step"]
        assert int(checked) > 0
    assert verdict.startswith(f"all passed: {len(built_in)} cases")


@pytest.mark.slow
def test_every_twelfth_built_in_case_passes_by_central_differences():
    generator = np.random.default_rng(1)
    for name, case in itertools.islice(builtin_cases(generator), 0, None, 12):
        (result,) = check(case, "central", generator, name=name)
        assert result.passed, result
        assert result.max_relative_error < WORST["central"], result


@pytest.mark.slow
def test_every_registered_name_has_a_case(built_in):
    words = [case.words for case in built_in]
    for registered in [*LAYERS, *ACTIVATIONS, *LOSSES, *REGULARIZERS]:
        assert any(registered in parts for parts in words), registered
    assert len({tuple(parts) for parts in words}) == len(words)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_checked_with_all_it_takes(loss, built_in):
    """Each of its arguments, with and without weights, with every layer and activation."""
    words = [set(case.words) for case in built_in if loss in case.words]
    taken = ["logits" if a.name == "from_logits" else a.name for a in arguments_of(LOSSES[loss])]
    wanted = [*taken, *LAYERS, *ACTIVATIONS, "sample_weight"]
    if "crossentropy" in loss:
        wanted.append("class_weight")
    for word in wanted:
        assert any(word in parts for parts in words), word
        assert word in LAYERS or not all(word in parts for parts in words), word


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LAYERS, *ACTIVATIONS, *LOSSES])
def test_every_name_is_checked_in_several_shapes(name, built_in):
    """With one row and with several, with one output and with several."""
    cases = [case for case in built_in if name in case.words and case.rows]
    assert {case.rows for case in cases} == {1, 5}
    assert len({case.outputs for case in cases}) >= 2


# The vector of parameters and its parts, labels, and what a softmax is shifted by.
NEVER_DERIVED = {"join", "slice", "one_hot", "max"}


@pytest.mark.slow
def test_every_operation_has_a_case_of_its_own(built_in):
    """A new one, wherever a layer defines it, needs one."""
    alone = [case.operations for case in built_in if case.words[0] == "operation"]
    used = [case.operations for case in built_in]
    assert set().union(*used) == set().union(*alone) | NEVER_DERIVED


def test_a_jump_within_reach_of_a_central_difference_is_a_kink():
    """The point moves until no jump lies between the points compared."""
    graph = Graph()
    a = graph.leaf("a", (20,))
    point = {a: np.full(20, 0.5) + np.linspace(-1e-6, 1e-6, 20)}
    case = Case((a * (a > 0.5)).sum(), {"a": a}, point)
    (result,) = check(case, "central", np.random.default_rng(0), name="jumps")
    assert result.passed
    assert result.moved > 0


@pytest.mark.parametrize("method", WORST)
def test_operands_that_are_alike_but_for_rounding_are_no_kink(method):
    """Such as the cells of a window in the black corner of an image: nothing moves them apart."""
    graph = Graph()
    a = graph.leaf("a", (30,))
    case = Case(np.maximum(a * 0.1 * 3, a * 0.3).sum(), {"a": a}, {a: np.linspace(0.1, 1, 30)})
    (result,) = check(case, method, np.random.default_rng(0), name="alike")
    assert result.passed


def failures(cases) -> list[str]:
    generator = np.random.default_rng(2)
    results = [check(case, "complex-step", generator, name=name)[0] for name, case in cases]
    return [result.name for result in results if not result.passed]


def operations_named(word: str = "operation"):
    cases = operation_cases(np.random.default_rng(3))
    return [(name, case) for name, case in cases if word in name.split()]


def networks(activation: str, loss: str):
    """In several shapes: the softmax of a single unit, for one, has no derivative."""
    seeds = map(np.random.default_rng, range(4))
    return [case for seed in seeds for case in model_cases("dense", activation, loss, seed)]


def spoilt(rule, factor: float):
    return lambda d, *rest: rule(d, *rest) * factor


def with_rules(op, rules):
    """The same operation with other derivative rules."""
    same = copy.copy(op)
    same.rules = tuple(rules)
    return same


DERIVED = [
    (ufunc, k)
    for ufunc, op in operations.UFUNCS.items()
    for k, rule in enumerate(op.rules)
    if rule is not None
]


@pytest.mark.parametrize("factor", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(
    ("ufunc", "k"), DERIVED, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_wrong_rule_of_an_elementwise_operation_is_caught(ufunc, k, factor, monkeypatch):
    rules = list(operations.UFUNCS[ufunc].rules)
    rules[k] = spoilt(rules[k], factor)
    wrong = with_rules(operations.UFUNCS[ufunc], rules)
    monkeypatch.setitem(operations.UFUNCS, ufunc, wrong)
    assert failures(operations_named(ufunc.__name__))


STRUCTURAL = [
    "matmul", "sum", "reshape", "transpose", "broadcast", "copy", "with_ones", "choose_rows"
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("factor", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_wrong_rule_of_a_structural_operation_is_caught(name, factor, monkeypatch):
    record = Graph.record

    def spoiling(self, op, *arguments, **keywords):
        if op.name == name:
            op = with_rules(op, [rule and spoilt(rule, factor) for rule in op.rules])
        return record(self, op, *arguments, **keywords)

    monkeypatch.setattr(Graph, "record", spoiling)
    assert failures(operations_named())


@pytest.mark.parametrize("factor", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_wrong_derivative_of_an_activation_is_caught(name, factor, monkeypatch):
    right = ACTIVATIONS[name]

    def wrong(z):
        a = right(z)
        return with_derivative(a, (a,), lambda da: da * factor, name=name)

    monkeypatch.setitem(ACTIVATIONS, name, wrong)
    assert failures(networks(name, "mean_squared_error"))


@pytest.mark.slow
@pytest.mark.parametrize("factor", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_wrong_derivative_of_a_loss_is_caught(name, factor, monkeypatch):
    right = LOSSES[name].forward

    def wrong(self, y_true, y_pred):
        losses = right(self, y_true, y_pred)
        return with_derivative(losses, (losses,), lambda d: d * factor, name=name)

    monkeypatch.setattr(LOSSES[name], "forward", wrong)
    assert failures(networks("tanh", name))


def test_a_tiny_gradient_is_checked_as_closely_as_a_large_one():
    graph = Graph()
    a = graph.leaf("a", (3,))
    y = with_derivative(a * 1e-12, (a,), lambda d: d * 1.01e-12, name="small")
    case = Case(y.sum(), {"a": a}, {a: np.ones(3)})
    assert not check(case, "complex-step", np.random.default_rng(0), name="tiny")[0].passed


def test_a_wrong_entry_among_right_ones_is_caught():
    graph = Graph()
    a = graph.leaf("a", (4,))
    factors = graph.constant(np.array([1.0, 1.0, 1.0, 1.01]))
    y = with_derivative(np.square(a), (a,), lambda d: d * 2 * a * factors, name="square")
    case = Case(y.sum(), {"a": a}, {a: np.array([1.0, 2.0, 3.0, 1e-3])})
    (result,) = check(case, "complex-step", np.random.default_rng(0), name="one entry")
    assert not result.passed
    assert result.worst[0].index == (3,)
    assert result.worst[0].analytic == pytest.approx(1.01 * result.worst[0].numeric)


@pytest.mark.parametrize("method", WORST)
def test_a_point_on_a_kink_is_moved_off_and_counted(method):
    graph = Graph()
    a = graph.leaf("a", (5,))
    case = Case(np.maximum(a, 0.0).sum(), {"a": a}, {a: np.array([0.0, 1.0, -1.0, 0.0, 2.0])})
    (result,) = check(case, method, np.random.default_rng(0), name="kinks")
    assert result.passed
    assert result.moved >= 2


def test_a_case_without_any_gradient_fails_unless_it_says_why():
    graph = Graph()
    a = graph.leaf("a", (3,))
    loss, point = np.sign(a).sum(), {a: np.ones(3)}
    for reason, passed in ((None, False), ("constant between its steps", True)):
        case = Case(loss, {"a": a}, point, reason)
        (result,) = check(case, "complex-step", np.random.default_rng(0), name="sign")
        assert (result.passed, result.zero) == (passed, True)


def test_large_arrays_are_sampled_and_probed_along_a_direction():
    model = Sequential([Dense(30, "tanh"), Dense(1)], dtype=np.float64)
    model.build((50,))
    generator = np.random.default_rng(0)
    batch = Examples(generator.standard_normal((8, 50)), generator.standard_normal((8, 1)))
    case = model_case(model, LOSSES["mean_squared_error"](), batch)
    results = {r.name: r for r in check(case, "complex-step", generator, each_array=True)}
    assert list(results) == ["dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"]
    assert results["dense_1/kernel"].checked >= 21
    assert results["dense_2/bias"].checked == 2
    assert all(result.passed for result in results.values())


def test_dropout_is_checked_under_a_held_mask():
    model = Sequential(
        [Dense(6), LAYERS["dropout"](0.5), Activation("tanh"), Dense(1)], dtype=float
    )
    model.build((4,))
    generator = np.random.default_rng(5)
    batch = Examples(generator.standard_normal((3, 4)), generator.standard_normal((3, 1)))
    case = model_case(model, losses.MeanSquaredError(), batch)
    results = check(case, "complex-step", generator, each_array=True)
    assert all(result.passed for result in results)


def in_each_array(layers, shape, method, scale=1.0, seed=0):
    """What is found of a regression by such layers on data of that scale, far from zero."""
    generator = np.random.default_rng(seed)
    model = Sequential([*layers, LAYERS["flatten"](), Dense(1)], dtype=float)
    model.build(shape)
    model.vector[...] += generator.normal(0, 0.3, model.vector.shape)
    x = scale * (5 + generator.standard_normal((6, *shape)))
    batch = Examples(x, generator.standard_normal((6, 1)))
    case = model_case(model, losses.MeanSquaredError(), batch)
    return {result.name: result for result in check(case, method, generator, each_array=True)}


WEIGHTED = {"dense": (4,), "conv1d": (3, 2), "conv2d": (3, 3, 1)}


@pytest.mark.parametrize("scale", [1.0, 1e5])
@pytest.mark.parametrize("method", WORST)
@pytest.mark.parametrize("layer", WEIGHTED)
def test_a_bias_before_batch_normalization_has_no_derivative(layer, method, scale):
    """Each difference is all rounding there, and the other arrays are checked as ever."""
    sizes = {"units": 3} if layer == "dense" else {"filters": 3, "kernel_size": 2}
    for seed in range(3):
        layers = [LAYERS[layer](**sizes), LAYERS["batch_normalization"]()]
        found = in_each_array(layers, WEIGHTED[layer], method, scale, seed)
        assert all(result.passed for result in found.values()), found
        zeros = [name for name, result in found.items() if result.zero]
        assert zeros == [f"{layer}_1/bias"]


@pytest.mark.parametrize(("offset", "is_zero"), [(1e6, False), (1e13, True)])
def test_what_rounding_takes_from_central_differences_is_no_error(offset, is_zero):
    """Beside a large loss a small one is less exact, and in the end not there."""
    graph = Graph()
    a = graph.leaf("a", (4,))
    case = Case(np.tanh(a).sum() * 1e-3 + offset, {"a": a}, {a: np.array([0.3, 0.4, 0.5, 0.6])})
    (found,) = check(case, "central", np.random.default_rng(0), each_array=True)
    assert (found.passed, found.zero) == (True, is_zero)


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 1.1])
def test_what_rounding_cannot_explain_is_caught_by_central_differences(offset, factor):
    graph = Graph()
    a = graph.leaf("a", (4,))
    slope = 1 - np.square(np.tanh(a))
    y = with_derivative(np.tanh(a), (a,), lambda d: d * slope * factor, name="wrong")
    case = Case(y.sum() * 1e-3 + offset, {"a": a}, {a: np.array([0.3, 0.4, 0.5, 0.6])})
    assert not check(case, "central", np.random.default_rng(0), name="wrong")[0].passed


@pytest.mark.parametrize("factor", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("rule", ["divide", "sqrt", "square", "multiply"])
def test_a_wrong_rule_before_a_normalization_is_caught_by_central_differences(
    rule, factor, monkeypatch
):
    ufunc = getattr(np, rule)
    op = operations.UFUNCS[ufunc]
    rules = [derive if derive is None else spoilt(derive, factor) for derive in op.rules]
    monkeypatch.setitem(operations.UFUNCS, ufunc, with_rules(op, rules))
    layers = [Dense(3), LAYERS["batch_normalization"]()]
    found = in_each_array(layers, (4,), "central")
    assert not all(result.passed for result in found.values())
