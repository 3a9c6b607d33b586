"""Activations in ONNX: over their whole range, with their arguments, by operator or formula."""

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.export.activations import write_activation
from nnctl.export.writing import Tensor, Writer
from nnctl.network.activations import ACTIVATIONS
from tests.export.running import built, exported, operators, outputs, session_of, trained

ARGUMENTS = [
    *((name, {}) for name in sorted(ACTIVATIONS)),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
]
NATIVE = {
    "elu": ["Elu"],
    "gelu": ["Gelu"],
    "leaky_relu": ["LeakyRelu"],
    "linear": [],
    "relu": ["Relu"],
    "sigmoid": ["Sigmoid"],
    "silu": ["Sigmoid", "Mul"],
    "softmax": ["Softmax"],
    "softplus": ["Softplus"],
    "tanh": ["Tanh"],
}


def computed(name, arguments, dtype, opset):
    """What ONNX Runtime and nnctl make of numbers from -60 to 60, and the operators for it."""
    layers = [
        ("activation", {"activation": {"type": name, **arguments}}),
        ("dense", {"units": 7, "use_bias": False}),
    ]
    model = built(layers, (7,), dtype)
    model.load_arrays({"dense_1/kernel": np.eye(7)})
    z = np.linspace(-60, 60, 7 * 400).reshape(-1, 7).astype(dtype)
    made = exported(trained(model), opset)
    result = outputs(session_of(made.SerializeToString()), {"features": z})["predictions"]
    return result, model(z), operators(made)[:-1]


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS, ids=str)
@pytest.mark.parametrize(("dtype", "atol"), [("float32", 2e-6), ("float64", 1e-14)])
def test_the_whole_range_is_the_same(name, arguments, dtype, atol):
    result, expected, nodes = computed(name, arguments, dtype, 20)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=4 * np.finfo(dtype).eps, atol=atol)
    if dtype == "float32":
        assert nodes == NATIVE[name]


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_is_a_formula_where_onnx_has_no_operator_yet(approximate):
    result, expected, nodes = computed("gelu", {"approximate": approximate}, "float32", 18)
    assert "Gelu" not in nodes and len(nodes) > 5
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=2e-7)


def test_a_new_activation_is_exported_by_its_formula():
    def mish_without_tanh(z):
        """Comparisons, both signs and square roots: what no shipped formula has."""
        return np.sqrt(np.square(z) + 1) * (z >= 0) - np.negative(z) * (z < 0) + np.sign(z)

    writer = Writer(np.dtype("float32"), 20)
    write_activation(writer, mish_without_tanh, Tensor("z", (3,)))
    made = [node.op_type for node in writer.nodes]
    assert {"Sqrt", "GreaterOrEqual", "Less", "Neg", "Sign"} < {*made}
    assert made.count("Cast") == 2


def test_an_operation_without_an_operator_is_named():
    with pytest.raises(NnctlError, match="does not know the operation reshape"):
        write_activation(Writer(np.dtype("float32"), 20), lambda z: z.reshape(1), Tensor("z", (3,)))
