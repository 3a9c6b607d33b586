"""`nnctl explain`: the course's two graphs to the digit, and others against oracles."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.derivatives.explain import Drawing, Experiment
from nnctl.derivatives.gradcheck import point_of
from nnctl.errors import NnctlError
from nnctl.graph import Value
from nnctl.jobs.explain import explain
from nnctl.layers import Dense
from nnctl.losses import Loss
from nnctl.network import activations
from nnctl.training.step import Examples, trace

CONFIGS = Path(__file__).parents[2] / "configs"
ROWS = "p,q,t,u,w\n1,2,1,1,2\n-1,0.5,0,-2,1\n0.2,-0.3,2,0.5,3\n0.4,0.1,1,1,1\n"


def node_figures(printed, field):
    return {node["name"]: node[field] for node in printed["nodes"]}


def parameter_figures(printed, field):
    return {name: figures[field] for name, figures in printed["parameters"].items()}


def test_the_course_s_neuron():
    printed = explain(CONFIGS / "backprop-one-neuron.yaml").as_json()
    assert printed["loss"] == 2
    assert [(node["name"], node["op"]) for node in printed["nodes"]] == [
        ("dense_1/c", "w·x"),
        ("dense_1/a", "c + b"),
        ("d", "dense_1/a − y"),
        ("J", "½·d²"),
    ]
    assert list(node_figures(printed, "value").values()) == [-4, 4, 2, 2]
    assert list(node_figures(printed, "gradient").values()) == [2, 2, 2, 1]
    assert parameter_figures(printed, "value") == {"dense_1/kernel": 2, "dense_1/bias": 8}
    assert parameter_figures(printed, "gradient") == {"dense_1/kernel": -4, "dense_1/bias": 2}
    # J(w + 0.001) = 1/2 (2 - 0.002)^2 and J(b + 0.001) = 1/2 (2.001)^2, likewise for c, a and d.
    nudges = parameter_figures(printed, "nudge")
    assert nudges == pytest.approx({"dense_1/kernel": -3.998, "dense_1/bias": 2.0005}, abs=1e-11)
    assert list(node_figures(printed, "nudge").values()) == pytest.approx(
        [2.0005, 2.0005, 2.0005, 1], abs=1e-11
    )


def test_the_course_s_two_layers():
    printed = explain(CONFIGS / "backprop-two-layers.yaml").as_json()
    assert printed["loss"] == 2
    assert {node["name"]: node["op"] for node in printed["nodes"]} == {
        "dense_1/c": "w·x",
        "dense_1/z": "c + b",
        "dense_1/a": "relu(z)",
        "dense_2/c": "w·dense_1/a",
        "dense_2/z": "c + b",
        "dense_2/a": "relu(z)",
        "d": "dense_2/a − y",
        "J": "½·d²",
    }
    assert list(node_figures(printed, "value").values()) == [2, 2, 2, 6, 7, 7, 2, 2]
    assert list(node_figures(printed, "gradient").values()) == [6, 6, 6, 2, 2, 2, 2, 1]
    assert parameter_figures(printed, "gradient") == {
        "dense_1/kernel": 6,
        "dense_1/bias": 6,
        "dense_2/kernel": 4,
        "dense_2/bias": 2,
    }
    # 1/2 (2 + k epsilon)^2 rises by 2 k epsilon + k^2 epsilon^2 / 2.
    assert parameter_figures(printed, "nudge") == pytest.approx(
        {
            "dense_1/kernel": 6.0045,
            "dense_1/bias": 6.0045,
            "dense_2/kernel": 4.002,
            "dense_2/bias": 2.0005,
        },
        abs=1e-11,
    )


def test_epsilon_is_the_step():
    config = CONFIGS / "backprop-one-neuron.yaml"
    printed = explain(config, epsilon=0.5).as_json()
    assert parameter_figures(printed, "nudge") == {"dense_1/kernel": -3.0, "dense_1/bias": 2.25}


def test_the_work_is_counted_and_measured():
    work = explain(CONFIGS / "backprop-two-layers.yaml").work
    assert (work.nodes, work.parameters) == (8, 4)
    assert work.backpropagation > 0
    assert work.one_by_one > 0
    assert explain(CONFIGS / "backprop-two-layers.yaml", measure=False).work is None


@pytest.fixture
def project(tmp_path):
    (tmp_path / "table.csv").write_text(ROWS)

    def write(layers, loss, target="t", features="[p, q]", extra=""):
        data = f"{{train: table.csv, target: {target}, features: {features}{extra}}}"
        text = f"data: {data}\nlayers: {layers}\nloss: {loss}\noptimizer: sgd\nepochs: 1\n"
        path = tmp_path / "model.yaml"
        path.write_text(text)
        return path

    return write


def dense(units, activation="linear", **given):
    arguments = "".join(f", {name}: {value}" for name, value in given.items())
    return f"{{type: dense, units: {units}, activation: {activation}{arguments}}}"


GRAPHS = {
    **{
        name: (f"[{dense(2, name)}, {dense(1)}]", "half_mean_squared_error", "t")
        for name in sorted(activations.ACTIVATIONS)
    },
    "several outputs": (f"[{dense(2)}]", "mean_squared_error", "[t, u]"),
    "absolute error": (f"[{dense(2)}]", "mean_absolute_error", "[t, u]"),
    "huber": (f"[{dense(1)}]", "huber", "t"),
    "no bias": (f"[{dense(2, 'tanh', use_bias='false')}, {dense(1)}]", "huber", "t"),
    "probabilities": (f"[{dense(3, 'softmax')}]", "sparse_categorical_crossentropy", "t"),
    "logits": (
        f"[{dense(3)}]",
        "{type: sparse_categorical_crossentropy, from_logits: true}",
        "t",
    ),
    "smoothed": (
        f"[{dense(3)}]",
        "{type: categorical_crossentropy, from_logits: true, label_smoothing: 0.1}",
        "t",
    ),
    "penalties": (
        f"[{dense(2, kernel_regularizer='l1_l2')}, {dense(1, kernel_regularizer='l2')}]",
        "mean_squared_error",
        "t",
    ),
    "dropout": (
        f"[{dense(3, 'sigmoid')}, {{type: dropout, rate: 0.4}}, {dense(1)}]",
        "mean_squared_error",
        "t",
    ),
    "normalized": (
        f"[{dense(2)}, layer_normalization, {dense(1)}]",
        "mean_squared_error",
        "t",
    ),
}


@pytest.fixture(params=sorted(GRAPHS))
def graph(request, project):
    layers, loss, target = GRAPHS[request.param]
    return lambda **given: explain(project(layers, loss, target), row=2, measure=False, **given)


def test_each_derivative_is_what_its_nudge_tends_to(graph):
    """A node is nudged by overwriting it: no rule of derivation has a part in that."""
    explanation = graph(epsilon=1e-6)
    assert explanation.is_small
    for found in (*explanation.nodes, *explanation.parameters):
        np.testing.assert_allclose(found.nudge, found.gradient, rtol=1e-4, atol=1e-7)


def test_names_are_unique_and_stable(graph):
    names = [node.name for node in graph().nodes]
    assert len(set(names)) == len(names)
    assert names[-1] == "J"
    assert names == [node.name for node in graph(epsilon=0.1).nodes]


SIGNS = str.maketrans({"−": "-", "·": "*", "²": "**2", "½": "0.5", "≥": ">=", "≤": "<="})
FUNCTIONS = {
    "absolute": np.abs,
    "exp": np.exp,
    "log": np.log,
    "max": np.max,
    "maximum": np.maximum,
    "mean": np.mean,
    "minimum": np.minimum,
    "sqrt": np.sqrt,
    "sum": np.sum,
    **activations.ACTIVATIONS,
}


class Reader:
    """Works out printed formulas with Python's own arithmetic and NumPy's functions."""

    def __init__(self, explanation):
        self.arrays = {
            "x": explanation.example.x.squeeze(),
            "y": explanation.example.y.squeeze(),
            "draw": np.random.default_rng(0).random(3),  # as held for the example
        }
        entries = {}
        for node in explanation.nodes:
            name, _, place = node.name.partition("[")
            index = tuple(int(k) for k in place.rstrip("]").split(",") if k)
            entries.setdefault(name, {})[index] = node.value.item()
        for name, numbers in entries.items():
            self.arrays[name] = np.empty([k + 1 for k in max(numbers)])
            for index, number in numbers.items():
                self.arrays[name][index] = number
        for parameter in explanation.parameters:
            self.arrays[parameter.name] = parameter.value.squeeze()

    def work_out(self, node):
        scope, _, own = node.name.partition("/")
        scope = scope if own else "loss"
        names = {}

        def named(match):
            name = {"w": "kernel", "b": "bias"}.get(match[1], match[1])
            near = f"{scope}/{name}"
            known = FUNCTIONS if match[2] else self.arrays
            names[f"v{len(names)}"] = known[near if near in known else name]
            return f"v{len(names) - 1}{match[2]}"

        text = node.formula.translate(SIGNS)
        text = re.sub(r"(?<![\w.])([A-Za-z_]\w*(?:/\w+)?)(\(?)", named, text)
        result = eval(text, {"__builtins__": {}}, names)
        assert np.ndim(result) == 0 or node.formula.startswith("w")
        return np.sum(result)  # of the product of a row and a column


OPAQUE = ("crossentropy", "huber", "mean_absolute_error", "normal_probability", "one_hot")


def test_each_formula_gives_the_node_s_value(graph):
    """The formulas are worked out anew from the values that they name."""
    explanation = graph()
    reader = Reader(explanation)
    for node in explanation.nodes:
        if not any(f"{name}(" in node.formula for name in OPAQUE):
            assert reader.work_out(node) == pytest.approx(node.value.item(), rel=1e-9), node.formula


@dataclass(eq=False)
class Formula(Loss):
    """A loss of two outputs, made of any formula of them."""

    formula: Callable[[Value, Value], Value]

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        total = self.formula(y_pred, y_true).sum()
        return total.reshape(1)


def outer(a):
    return a.reshape(2, 1) - a * 3


FORMULAS = {
    "a·y": lambda a, y: a * (y + 1) * (y - 2),
    "a − (y − 1)": lambda a, y: a - (y - 1),
    "a / (2·y)": lambda a, y: a / (y * 2),
    "a − (−a·y)": lambda a, y: a - (-(a * y)),
    "1 / (1 + ½·a²)": lambda a, y: 1 / (1 + np.square(a) * 0.5),
    "(½·a)²": lambda a, y: np.square(a * 0.5),
    "transposed": lambda a, y: np.square(outer(a).transpose() + outer(a)),
    "repeated": lambda a, y: np.exp(outer(a) * a.sum() * (a > y)),
}


def explained(formula):
    """The findings of a layer of two units with a loss of that formula."""
    model = Sequential([Dense(2, weights={"bias": [0.25, -0.5]})], dtype="float64")
    model.build((2,))
    example = Examples(np.array([[0.5, -1.5]]), np.array([[2.0, 3.5]]))
    traced = trace(model, Formula(formula), example, 1)
    point = point_of(traced, model, example)
    experiment = Experiment(Drawing(traced, model.layout, "formula"), point, 1e-6)
    nodes, parameters = experiment.node_findings(), experiment.parameter_findings()
    return SimpleNamespace(nodes=nodes, parameters=parameters, example=example)


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_in_brackets_where_they_must_be(name):
    explanation = explained(FORMULAS[name])
    reader = Reader(explanation)
    for node in explanation.nodes:
        assert reader.work_out(node) == pytest.approx(node.value.item(), rel=1e-9), node.formula
        np.testing.assert_allclose(node.nudge, node.gradient, rtol=1e-4, atol=1e-7)


def test_a_factor_is_part_of_the_node_that_it_scales_if_nobody_else_reads_that():
    scaled = explained(lambda a, y: np.square(a) * 0.5).nodes
    assert [node.name for node in scaled[4:]] == ["loss/square[0]", "loss/square[1]", "J"]
    read_twice = explained(lambda a, y: np.square(a) * 0.5 + np.square(a)).nodes
    names = [node.name for node in read_twice]
    assert {"loss/square[0]", "loss/multiply[0]", "loss/add[0]"} < set(names)
    output = explained(lambda a, y: a * 0.5).nodes
    assert [node.formula for node in output[2:]] == [
        "c[0] + b[0]",
        "c[1] + b[1]",
        "½·dense_1/a[0]",
        "½·dense_1/a[1]",
        "sum(multiply)",
    ]


@pytest.mark.parametrize("row", [0, 3])
def test_rows_count_from_0_in_the_order_of_the_file(row, project):
    path = project(f"[{dense(1)}]", "huber", extra=", sample_weight: w")
    example = explain(path, row=row, measure=False).example
    numbers = [float(cell) for cell in ROWS.splitlines()[row + 1].split(",")]
    assert [*example.x[0], example.y.item(), example.weight.item()] == [
        *numbers[:3],
        numbers[4],
    ]


def test_with_a_fraction_to_validate_the_rows_are_those_that_train(project):
    path = project(f"[{dense(1)}]", "huber", extra=", validation: 0.5, split: last")
    found = explain(path, row=1, measure=False)
    assert found.rows == "the part of data.train that trains"
    assert found.example.x.tolist() == [[-1, 0.5]]
    with pytest.raises(NnctlError, match=r"--row is 2; .* has 2 rows\n.*0 to 1"):
        explain(path, row=2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"row": -1}, r"--row is -1; data.train has 4 rows\nfix: .*0 to 3"),
        ({"row": 4}, r"--row is 4; data.train has 4 rows"),
        ({"epsilon": 0.0}, r"--epsilon is 0; it must be a number greater than 0"),
        ({"epsilon": float("nan")}, r"--epsilon is nan"),
        ({"epsilon": float("inf")}, r"--epsilon is inf"),
    ],
)
def test_what_cannot_be_is_refused(given, message, project):
    with pytest.raises(NnctlError, match=message):
        explain(project(f"[{dense(1)}]", "huber"), **given)


def test_weights_come_from_a_file_or_the_seed(project, tmp_path):
    path = project(f"[{dense(1)}]", "huber")
    np.savez(tmp_path / "w.npz", **{"dense_1/kernel": [[0.25], [-3]], "dense_1/bias": [7.5]})
    kernel, bias = explain(path, weights=tmp_path / "w.npz", measure=False).parameters
    assert (kernel.value.tolist(), bias.value.tolist()) == ([[0.25], [-3.0]], [7.5])
    drawn = [explain(path, seed=seed, measure=False).parameters[0].value for seed in (1, 1, 2)]
    assert drawn[0].tolist() == drawn[1].tolist() != drawn[2].tolist()


def test_a_large_network_has_a_node_a_tensor(project):
    path = project(f"[{dense(40, 'sigmoid')}, {dense(1)}]", "half_mean_squared_error")
    found = explain(path, epsilon=1e-5)
    printed = found.as_json()
    assert [(node["name"], node["op"]) for node in printed["nodes"]] == [
        ("dense_1/c", "x @ w"),
        ("dense_1/z", "c + b"),
        ("dense_1/a", "sigmoid(z)"),
        ("dense_2/c", "dense_1/a @ w"),
        ("dense_2/a", "c + b"),
        ("d", "dense_2/a − y"),
        ("J", "½·d²"),
    ]
    w = {parameter.name: parameter.value for parameter in found.parameters}
    x, y = found.example.x, found.example.y
    a = 1 / (1 + np.exp(-(x @ w["dense_1/kernel"] + w["dense_1/bias"])))
    d = a @ w["dense_2/kernel"] + w["dense_2/bias"] - y
    by_z = d * w["dense_2/kernel"].T * a * (1 - a)
    node = printed["nodes"][1]
    assert node["value"] == {
        "shape": [40],
        "mean": pytest.approx((x @ w["dense_1/kernel"]).mean()),
        "norm": pytest.approx(np.linalg.norm(x @ w["dense_1/kernel"])),
    }
    assert node["gradient"]["mean"] == pytest.approx(by_z.mean())
    assert node["gradient"]["norm"] == pytest.approx(np.linalg.norm(by_z))
    assert node["nudge"] == {"shape": [40], "mean": pytest.approx(by_z.mean(), rel=1e-4)}
    kernel = printed["parameters"]["dense_1/kernel"]
    by_kernel = x.T @ by_z
    assert kernel["gradient"] == {
        "shape": [2, 40],
        "mean": pytest.approx(by_kernel.mean()),
        "norm": pytest.approx(np.linalg.norm(by_kernel)),
    }
    assert kernel["nudge"]["mean"] == pytest.approx(by_kernel.mean(), rel=1e-4)
    assert printed["parameters"]["dense_2/bias"]["gradient"] == pytest.approx(d.item())
    assert (found.work.nodes, found.work.parameters) == (3 * 40 + 4, 3 * 40 + 41)


def test_the_model_stays_as_it_is(project):
    """Nudging happens in memory of its own, and moving statistics do not move."""
    path = project(f"[{dense(2)}, batch_normalization, {dense(1)}]", "huber")
    built = build(load(path), dtype="float64")
    model, example = built.model, built.train.rows(slice(0, 1))
    before = model.vector.copy()
    traced = trace(model, model.loss, example, 1)
    point = point_of(traced, model, example)
    experiment = Experiment(Drawing(traced, model.layout, "huber"), point, 0.1)
    for _ in range(2):
        nudges = [found.nudge.tolist() for found in experiment.parameter_findings()]
        experiment.work()
        assert nudges == [found.nudge.tolist() for found in experiment.parameter_findings()]
    assert model.vector.tolist() == before.tolist()
