"""Convolutions and poolings in ONNX, on images and heartbeats, in both dtypes."""

import numpy as np
import pytest

from tests.export.running import (
    built,
    exported,
    heartbeats,
    images,
    operators,
    outputs,
    session_of,
    trained,
    with_random_weights,
)

WINDOWS = [
    {},
    {"padding": "same"},
    {"padding": "same", "strides": 2},
    {"padding": "same", "strides": 5},
    {"strides": 3},
]
CASES = [
    *(("conv", {"filters": 3, "kernel_size": 4, **more}) for more in WINDOWS),
    ("conv", {"filters": 2, "kernel_size": 3, "dilation_rate": 3, "padding": "same"}),
    ("conv", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "use_bias": False}),
    *((kind, {"pool_size": 3, **more}) for kind in ("max_pooling", "average_pooling")
      for more in WINDOWS),
    ("global_average_pooling", {}),
    ("global_average_pooling", {"keepdims": True}),
]  # fmt: skip
ONLY = [
    ("conv1d", {"filters": 3, "kernel_size": 5, "padding": "causal"}),
    ("conv1d", {"filters": 3, "kernel_size": 5, "padding": "causal", "dilation_rate": 3}),
    ("conv1d", {"filters": 3, "kernel_size": 5, "padding": "causal", "strides": 3}),
    ("conv2d", {"filters": 3, "kernel_size": (1, 4), "strides": (2, 1), "padding": "same"}),
    ("conv2d", {"filters": 3, "kernel_size": (2, 3), "dilation_rate": (1, 5)}),
    ("max_pooling2d", {"pool_size": (1, 3), "strides": (2, 2), "padding": "same"}),
    ("average_pooling2d", {"pool_size": (5, 2), "strides": (1, 3), "padding": "same"}),
]
ALL = [(kind + axes, given) for axes in ("1d", "2d") for kind, given in CASES] + ONLY
SINGLE = {
    "conv": "Conv",
    "max_pooling": "MaxPool",
    "average_pooling": "AveragePool",
    "global_average_pooling": "GlobalAveragePool",
}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), ALL, ids=lambda value: str(value))
def test_windows_are_where_nnctl_has_them(name, arguments, dtype, generator):
    x = (images()[:50] if name.endswith("2d") else heartbeats()).astype(dtype)
    # Several channels, so that none is taken for another.
    before = ("dense", {"units": 3})
    layers = [before, (name, arguments), ("flatten", {}), ("dense", {"units": 2})]
    model = with_random_weights(built(layers, x.shape[1:], dtype), generator)
    made = exported(trained(model))
    result = outputs(session_of(made.SerializeToString()), {"features": x})["predictions"]
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]
    expected = model(x)
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    assert result.dtype == dtype
    if dtype == "float32":
        assert SINGLE[name[:-2]] in operators(made)
