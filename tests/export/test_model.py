"""A whole model in ONNX says what `predict` says, of every shipped config and of any network."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl import __version__
from nnctl.config import load
from nnctl.errors import ArgumentError
from nnctl.jobs.export import export
from nnctl.jobs.train import train
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.layers import LAYERS
from tests.export.running import (
    assert_same,
    built,
    cells_of,
    exported,
    operators,
    outputs,
    printed,
    run,
    session_of,
    trained,
    with_random_weights,
)

ROOT = Path(__file__).parents[2]
# Of images each is a file of its own; layers that change them are exported in test_layers.py.
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.yaml") if path.stem != "images")
NODES = {
    "ecg-conv1d": "Transpose Conv Relu Conv Relu Transpose Flatten Gemm Sigmoid Sub Concat ArgMax",
    "mnist": "Div Gemm Relu Gemm Relu Gemm Softmax ArgMax",
    "mnist-cnn": "Div Transpose Conv Relu MaxPool Conv Relu MaxPool Transpose Flatten Gemm "
    "Softmax ArgMax",
    "linear-collapse": "Sub Div Gemm Gemm Gemm Mul Add",
    "logistic-regression": "Sub Div Cast Gemm Sigmoid Sub Concat ArgMax Gather",
    "multi-label": "Sub Div Cast Gemm Relu Gemm Sigmoid Greater Cast",
    "house-prices": "Concat Sub Div Cast OneHotEncoder Flatten OneHotEncoder Flatten "
    "OneHotEncoder Flatten Concat Gather Gemm Relu Gemm Relu Gemm Mul Add",
}


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_predicts_the_same_on_all_rows_of_a_file(path, tmp_path):
    config = load(path)
    weights = train(path, output=tmp_path / "run", epochs=1).weights
    file = export(weights, tmp_path / "model.onnx").path
    content = file.read_bytes()
    data = path.parent / (config.data.test or config.data.train)
    assert_same(run(content, cells_of(data)), printed(weights, data))
    if path.stem in NODES:
        assert operators(content) == NODES[path.stem].split()
    assert_tidy(onnx.load_from_string(content))


def assert_tidy(model: onnx.ModelProto) -> None:
    """Everything in the graph is used, once there, and has a name of its own."""
    graph = model.graph
    made = [name for node in graph.node for name in node.output]
    given = [port.name for port in graph.input] + [array.name for array in graph.initializer]
    used = {name for node in graph.node for name in node.input}
    assert len({*made, *given}) == len(made) + len(given)
    assert used | {port.name for port in graph.output} == {*made, *given}
    for first, second in zip(graph.node, graph.node[1:], strict=False):
        assert {first.op_type, second.op_type} != {"Transpose"}
    assert "Identity" not in operators(model)


def test_the_file_tells_what_it_is(tmp_path):
    run_folder = train(ROOT / "configs/softmax-regression.yaml", output=tmp_path / "r", epochs=1)
    model = onnx.load(export(run_folder.weights, tmp_path / "model.onnx").path)
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(told["features"]) == [
        "sepal_length", "sepal_width", "petal_length", "petal_width",
    ]  # fmt: skip
    assert json.loads(told["classes"]) == ["setosa", "versicolor", "virginica"]
    assert (told["task"], json.loads(told["targets"])) == ("multiclass", ["species"])
    assert (model.producer_name, model.producer_version) == ("nnctl", __version__)
    assert model.graph.name == "softmax-regression"
    assert "features  float64 (rows, 4)  numbers as the table has them: sepal_length" in (
        model.doc_string
    )
    assert "probabilities  float32 (rows, 3)  the probabilities of setosa" in model.doc_string
    assert model.graph.output[1].doc_string.startswith("the probabilities of setosa")
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "rows"
    arrays = {array.name: array for array in model.graph.initializer}
    kernel = onnx.numpy_helper.to_array(arrays["dense_1/kernel"])
    with np.load(run_folder.weights) as weights:
        np.testing.assert_array_equal(kernel, weights["dense_1/kernel"])


def test_no_rows_and_many_rows_are_batches_too(generator):
    model = with_random_weights(built([("dense", {"units": 3})], (4,), "float32"), generator)
    session = session_of(exported(trained(model)).SerializeToString())
    for rows in (0, 1, 1000):
        x = generator.normal(size=(rows, 4)).astype(np.float32)
        assert outputs(session, {"features": x})["predictions"].shape == (rows, 3)


SIZES = st.integers(1, 3)
PADDINGS = st.sampled_from(["valid", "same"])
FUNCTIONS = st.sampled_from(sorted(ACTIVATIONS))
PLAIN = {
    "activation": {"activation": FUNCTIONS},
    "batch_normalization": {"center": st.booleans(), "scale": st.booleans()},
    "dense": {"units": SIZES, "activation": FUNCTIONS, "use_bias": st.booleans()},
    "dropout": {"rate": st.floats(0, 0.9)},
    "flatten": {},
    "layer_normalization": {"center": st.booleans(), "scale": st.booleans()},
}
POOLING = {"pool_size": SIZES, "strides": st.none() | SIZES, "padding": PADDINGS}
CONVOLUTION = {
    "filters": SIZES,
    "kernel_size": SIZES,
    "activation": FUNCTIONS,
    "use_bias": st.booleans(),
}
SPATIAL = {
    kind + axes: arguments
    for axes in ("1d", "2d")
    for kind, arguments in {
        "average_pooling": POOLING,
        "max_pooling": POOLING,
        "global_average_pooling": {"keepdims": st.booleans()},
        "conv": CONVOLUTION | {"padding": PADDINGS},
    }.items()
}


@st.composite
def networks(draw):
    """A shape, and up to five layers, each of which fits behind the one before it."""
    start = shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    layers = []
    for _ in range(draw(st.integers(1, 5))):
        fitting = [*PLAIN, *(k for k in SPATIAL if k.endswith(f"{len(shape) - 1}d")), "reshape"]
        name = draw(st.sampled_from(fitting))
        if name == "reshape":
            sizes = [n for n in range(1, 6) if np.prod(shape) % n == 0]
            arguments = {"target_shape": (draw(st.sampled_from(sizes)), -1)}
        else:
            choices = (PLAIN | SPATIAL)[name]
            arguments = {key: draw(choice) for key, choice in choices.items()}
        if name.startswith("conv"):
            faster = draw(st.sampled_from(["strides", "dilation_rate"]))
            arguments[faster] = draw(SIZES)
            if name == "conv1d" and draw(st.booleans()):
                arguments["padding"] = "causal"
        try:
            shape = LAYERS[name](**arguments).build(shape)
        except ArgumentError:  # the input is too small for a window
            continue
        layers.append((name, arguments))
    return start, [*layers, ("flatten", {}), ("dense", {"units": 2})]


# The epsilon of a normalisation is an attribute, which ONNX has in float32 alone.
TOLERANCES = {"float32": 1e-4, "float64": 1e-7}


@pytest.mark.slow
@given(network=networks(), dtype=st.sampled_from(sorted(TOLERANCES)), seed=st.integers(0, 99))
def test_any_network_computes_the_same(network, dtype, seed):
    shape, layers = network
    generator = np.random.default_rng(seed)
    model = with_random_weights(built(layers, shape, dtype), generator)
    x = generator.normal(size=(5, *shape)).astype(dtype)
    onnx_model = exported(trained(model))
    assert_tidy(onnx_model)
    made = outputs(session_of(onnx_model.SerializeToString()), {"features": x})["predictions"]
    expected, tolerance = model(x), TOLERANCES[dtype]
    assert made.dtype == expected.dtype
    np.testing.assert_allclose(made, expected, rtol=tolerance, atol=tolerance)
