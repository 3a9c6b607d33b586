"""What holds for every layer, activation and loss in the registries."""

import ast
import inspect
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.derivatives.gradcheck.variants import example_layers
from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Program
from nnctl.layers import Dense
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.initializers import INITIALIZERS, fans
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.optimizers import SGD
from nnctl.training.step import gradient_vector, trace
from tests.processes import run

NETWORK = Path(inspect.getfile(Sequential)).parents[1] / "network"
FORMULAS = [
    *NETWORK.glob("layers/*.py"), *NETWORK.glob("optimizers/*.py"), NETWORK / "activations.py",
    NETWORK / "losses.py", NETWORK / "penalties.py",
]  # fmt: skip


def test_the_formulas_were_found():
    folders = {file.parent.name for file in FORMULAS}
    assert folders == {"layers", "optimizers", "network"}


@pytest.mark.parametrize("file", FORMULAS, ids=lambda file: file.stem)
def test_formulas_have_no_backward_no_out_and_no_buffer(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert "backward" not in node.name
        if isinstance(node, ast.keyword):
            assert node.arg != "out"
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("np.empty", "np.zeros_like", "np.empty_like")


@pytest.mark.process
def test_the_tracer_stays_small():
    """Counted is all of nnctl that `import nnctl.graph` needs, wherever it lies."""
    code = (
        "import sys, nnctl.graph\n"
        "for name, module in sys.modules.items():\n"
        "    if name.partition('.')[0] == 'nnctl': print(module.__file__)\n"
    )
    done = run([sys.executable, "-c", code])
    files = [Path(line) for line in done.stdout.splitlines()]
    assert NETWORK.parent / "graph" / "values.py" in files
    assert sum(len(file.read_text().splitlines()) for file in files) < 1300


def network(layer, rows_shape=None, dtype="float64"):
    model = Sequential([*example_layers(layer, "tanh"), Dense(2)], seed=3, dtype=dtype)
    model.build(LAYERS[layer].example_shape)
    model.compile(SGD(0.1), "mean_squared_error")
    return model


def examples_for(model, rows):
    generator = np.random.default_rng(0)
    x = generator.standard_normal((rows, *model.input_shape))
    return model.examples(x, generator.standard_normal((rows, *model.output_shape)))


@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_give_the_shape_they_say(layer, rows):
    model = network(layer)
    for made, shape in zip(model.layers, model.shapes, strict=True):
        assert all(parameter.shape for parameter in made.parameters)
        assert isinstance(shape, tuple)
    assert model(examples_for(model, rows).x).shape == (rows, *model.output_shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layer", LAYERS)
def test_memory_sharing_changes_no_bit_of_the_gradient(layer, dtype):
    model = network(layer, dtype=dtype)
    data = examples_for(model, 5)
    vectors = []
    for share in (True, False):
        traced = trace(model, model.loss, data, 5, np.random.default_rng(1))
        g = gradient_vector(traced, model.layout, model.optimizer)
        program = Program(traced.graph, [*traced.batch_leaves(), g], model.dtype, share=share)
        program[traced.parameters][...] = model.vector[: model.layout.trainable_size]
        for leaf, array in zip(traced.batch_leaves(), data.arrays(), strict=True):
            program[leaf][...] = array
        program.run()
        vectors.append(program[g].tobytes())
    assert vectors[0] == vectors[1]


@pytest.mark.parametrize("layer", LAYERS)
def test_evaluation_is_repeatable_and_training_changes_parameters(layer):
    model = network(layer)
    data = examples_for(model, 6)
    assert model(data.x).tobytes() == model(data.x).tobytes()
    before = model.vector.copy()
    model.fit(data.x, data.y, batch_size=4, verbose=0)
    assert (model.vector != before).any()


def test_dropout_drops_its_share_and_keeps_the_mean():
    model = Sequential([LAYERS["dropout"](0.25)], dtype="float64")
    model.build((10_000,))
    graph = Graph(training=True, generator=np.random.default_rng(0))
    x = graph.leaf("x", (3, 10_000))
    y = model.forward(graph, x)
    program = Program(graph, [y], np.float64)
    program[x][...] = 1
    program.run()
    found = program[y].copy()
    assert (found == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert set(np.unique(found)) == {0.0, 1 / 0.75}
    program.run()
    assert (program[y] != found).any()
    assert model(np.ones((2, 10_000))).tolist() == np.ones((2, 10_000)).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_shape_and_dtype_and_stay_finite(name, dtype):
    z = np.linspace(-1e4, 1e4, 60).astype(dtype).reshape(3, 4, 5)
    a = ACTIVATIONS[name](z)
    assert (a.shape, a.dtype) == (z.shape, dtype)
    assert np.isfinite(a).all()


def test_a_confident_loss_does_not_round_to_zero():
    z = np.array([[30.0, 0.0, 0.0]], np.float32)
    loss = LOSSES["sparse_categorical_crossentropy"](from_logits=True)
    assert float(loss([0], z)) == pytest.approx(math.log1p(2 * math.exp(-30)), rel=1e-6)
    binary = LOSSES["binary_crossentropy"](from_logits=True)
    assert float(binary([[1.0]], z[:, :1])) == pytest.approx(math.log1p(math.exp(-30)), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "y", "a", "expected"),
    [
        ("binary_crossentropy", [[1.0]], [[0.0]], -math.log(1e-7)),
        ("binary_crossentropy", [[0.0]], [[0.0]], 1.0000000500000003e-07),
        ("sparse_categorical_crossentropy", [1], [[1.0, 0.0]], -math.log(1e-7)),
        ("sparse_categorical_crossentropy", [0], [[2.0, 6.0]], math.log(4)),
        ("categorical_crossentropy", [[1.0, 0.0]], [[2.0, 6.0]], math.log(4)),
        ("mean_squared_error", [[1.0, 2.0]], [[2.0, 5.0]], 5.0),
        ("half_mean_squared_error", [[1.0, 2.0]], [[2.0, 5.0]], 2.5),
        ("mean_absolute_error", [[1.0, 2.0]], [[2.0, 5.0]], 2.0),
        ("huber", [[1.0, 2.0]], [[1.5, 5.0]], (0.125 + 2.5) / 2),
    ],
)
def test_losses_by_hand(name, y, a, expected):
    loss = LOSSES[name]()
    assert float(loss(y, np.array(a))) == pytest.approx(expected, rel=1e-9)


def sample(name, dtype, rows=6):
    generator = np.random.default_rng(8)
    loss = LOSSES[name]()
    a = generator.uniform(0.1, 0.9, (rows, 3)).astype(dtype)
    if name == "sparse_categorical_crossentropy":
        return loss, generator.integers(0, 3, rows), a
    return loss, generator.integers(0, 2, loss.target_shape((rows, 3))).astype(float), a


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_and_its_gradient_have_the_dtype_of_the_prediction(name, dtype):
    loss, y, a = sample(name, dtype)
    value, slope = loss(y, a), loss.gradient(y, a)
    assert (np.ndim(value), value.dtype) == (0, dtype)
    assert (slope.shape, slope.dtype) == (a.shape, dtype)
    assert not np.shares_memory(slope, a)


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_the_slope_of_the_loss(name):
    loss, y, a = sample(name, np.float64)
    slope = loss.gradient(y, a)
    for index in np.ndindex(a.shape):
        sides = []
        for step in (1e-6, -1e-6):
            moved = a.copy()
            moved[index] += step
            sides.append(float(loss(y, moved)))
        assert slope[index] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5, abs=1e-9)


# Class indices have a shape of their own, and so have the targets that have several outputs each.
ALIKE = [n for n in LOSSES if n not in ("sparse_categorical_crossentropy", "quantile")]


@pytest.mark.parametrize("name", ALIKE)
def test_targets_of_another_shape_are_refused_and_nothing_broadcasts(name):
    loss = LOSSES[name]()
    for wrong in (np.zeros((4, 2)), np.zeros((4, 1)), np.zeros(4), np.zeros((5, 3))):
        with pytest.raises(ArgumentError, match="the targets have shape"):
            loss(wrong, np.full((4, 3), 0.5))
    one = np.full((4, 1), 0.5)
    assert loss(np.ones(4), one) == loss(np.ones((4, 1)), one)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers_have_the_variance_they_say(name):
    shape = (400, 300)
    drawn = INITIALIZERS[name]()(shape, np.random.default_rng(0))
    fan_in, fan_out = fans(shape)
    scale = {"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}
    kind = name.split("_")[0]
    variance = scale.get(kind, 0.05**2 if name == "random_normal" else 0.0)
    assert drawn.shape == shape
    assert drawn.var() == pytest.approx(variance, rel=0.02)
    assert drawn.mean() == pytest.approx(1.0 if name == "ones" else 0.0, abs=1e-3)
    if name.endswith("_uniform"):
        assert np.abs(drawn).max() <= math.sqrt(3 * variance)
    if name.endswith("_normal") and name != "random_normal":
        assert np.abs(drawn).max() <= 2 * math.sqrt(variance) / 0.8796
