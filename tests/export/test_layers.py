"""Every layer has its converter, and the operator that other tools know it by."""

from dataclasses import dataclass

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.errors import NnctlError
from nnctl.export.layers import CONVERTERS, write_layer
from nnctl.export.writing import Tensor, Writer
from nnctl.layers import Conv1D, Dense, Flatten, Layer, MaxPooling1D
from nnctl.network.layers import LAYERS
from tests.export.running import (
    built,
    exported,
    images,
    operators,
    outputs,
    session_of,
    trained,
    with_random_weights,
)

# Layers behind a convolution, with the operators between that and the last product.
BEHIND = [
    ([("flatten", {})], "Transpose Flatten Gemm"),
    ([("dropout", {"rate": 0.5}), ("flatten", {})], "Transpose Flatten Gemm"),
    (
        [
            ("random_rotation", {"factor": 0.5}),
            ("random_contrast", {"factor": 0.5, "value_range": (0, 1)}),
            ("random_flip", {}),
            ("random_translation", {"height_factor": 0.5, "width_factor": 0.5}),
            ("random_zoom", {"height_factor": 0.5}),
            ("flatten", {}),
        ],
        "Transpose Flatten Gemm",
    ),
    ([("batch_normalization", {}), ("flatten", {})], "BatchNormalization Transpose Flatten Gemm"),
    (
        [("batch_normalization", {"center": False, "scale": False}), ("flatten", {})],
        "BatchNormalization Transpose Flatten Gemm",
    ),
    ([("layer_normalization", {}), ("flatten", {})], "Transpose LayerNormalization Flatten Gemm"),
    (
        [("layer_normalization", {"center": False, "scale": False}), ("flatten", {})],
        "Transpose LayerNormalization Flatten Gemm",
    ),
    (
        [("activation", {"activation": "softmax"}), ("flatten", {})],
        "Softmax Transpose Flatten Gemm",
    ),
    ([("global_average_pooling2d", {})], "GlobalAveragePool Flatten Gemm"),
    (
        [("dense", {"units": 4, "use_bias": False}), ("flatten", {})],
        "Transpose MatMul Flatten Gemm",
    ),
    ([("dense", {"units": 4}), ("flatten", {})], "Transpose MatMul Add Flatten Gemm"),
    (
        [("reshape", {"target_shape": (26, -1)}), ("reshape", {"target_shape": (-1,)})],
        "Transpose Reshape Reshape Gemm",
    ),
    ([("reshape", {"target_shape": (26, 26, 3)}), ("flatten", {})], "Transpose Flatten Gemm"),
    (
        [("conv2d", {"filters": 2, "kernel_size": 3}), ("flatten", {})],
        "Conv Transpose Flatten Gemm",
    ),
    (
        [("layer_normalization", {}), ("max_pooling2d", {}), ("flatten", {})],
        "Transpose LayerNormalization Transpose MaxPool Transpose Flatten Gemm",
    ),
]


def test_every_layer_has_a_converter():
    assert {*CONVERTERS} == {*LAYERS.values()}


@pytest.mark.parametrize(("layers", "nodes"), BEHIND, ids=lambda value: str(value))
def test_layers_behind_a_convolution_lose_no_axis(layers, nodes, generator):
    x = images()[:50].astype(np.float32)
    first = ("conv2d", {"filters": 3, "kernel_size": 3})
    last = ("dense", {"units": 2, "use_bias": False})
    model = built([first, *layers, last], x.shape[1:])
    made = exported(trained(with_random_weights(model, generator)))
    assert operators(made) == ["Transpose", "Conv", *nodes.split()]
    result = outputs(session_of(made.SerializeToString()), {"features": x})["predictions"]
    expected = model(x)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_a_shared_layer_is_written_at_each_of_its_places(generator):
    """With the windows that it has there, and the one set of parameters."""
    kernel, pool = Conv1D(2, 3, activation="relu"), MaxPooling1D(2)
    dense = Dense(3, "tanh")
    layers = [kernel, pool, kernel, pool, Flatten(), Dense(3), dense, dense]
    model = Sequential(layers)
    model.compile("sgd", "mean_squared_error")
    model.build((21, 2))
    made = exported(trained(with_random_weights(model, generator)))
    x = generator.standard_normal((40, 21, 2)).astype(np.float32)
    result = outputs(session_of(made.SerializeToString()), {"features": x})["predictions"]
    np.testing.assert_allclose(result, model(x), rtol=0, atol=1e-5)


def test_a_layer_without_converter_is_named():
    @dataclass(eq=False, repr=False)
    class Doubled(Layer):
        pass

    writer = Writer(np.dtype("float32"), 20)
    with (
        writer.named("mine"),
        pytest.raises(NnctlError, match="mine: ONNX export does not know doubled"),
    ):
        write_layer(writer, Doubled(), Tensor("x", (2,)), (2,), {})
