"""Pooling: against plain loops, with memory shared and not, and what becomes of ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl import Sequential
from nnctl.activations import relu
from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Program
from nnctl.layers import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from tests.network.layers import reference

LAYERS = {
    ("max", 1): MaxPooling1D,
    ("max", 2): MaxPooling2D,
    ("average", 1): AveragePooling1D,
    ("average", 2): AveragePooling2D,
}
SMALL = st.integers(1, 4)


@st.composite
def poolings(draw):
    """Arguments of a pooling layer, and an input that is large enough for it."""
    rank = draw(st.integers(1, 2))
    pool, strides = (tuple(draw(SMALL) for _ in range(rank)) for _ in range(2))
    padding = draw(st.sampled_from(["valid", "same"]))
    sizes = tuple(draw(st.integers(n if padding == "valid" else 1, 9)) for n in pool)
    arguments = {"pool_size": pool, "strides": strides, "padding": padding}
    return arguments, (draw(st.integers(1, 3)), *sizes, draw(SMALL)), draw(st.integers(0, 1000))


def by_loops(kind, x, weights, arguments):
    """Output and derivative of the reference, in the shape that the layer's would have."""
    rank = x.ndim - 2
    ahead = (1,) * (2 - rank)
    options = [(*ahead, *arguments[name]) for name in ("pool_size", "strides")]
    flat = x.reshape(len(x), *ahead, *x.shape[1:])
    return reference.pooling(kind, flat, weights, *options, (1, 1), arguments["padding"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["max", "average"])
@given(case=poolings(), ties=st.booleans())
def test_pooling_is_what_loops_compute(kind, case, ties):
    """With ties: of small whole numbers many are equal, and the first of them takes it all."""
    arguments, shape, seed = case
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 3, shape) * 1.0 if ties else generator.standard_normal(shape)

    def weights(shape):
        return np.random.default_rng(seed + 1).standard_normal(shape)

    layer = LAYERS[kind, len(shape) - 2](**arguments)
    y, dx = reference.derived(layer, x, weights)
    right, slopes = by_loops(kind, x, weights, arguments)
    np.testing.assert_allclose(y, right.reshape(y.shape), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(dx, slopes.reshape(dx.shape), rtol=1e-13, atol=1e-13)


def test_of_equal_cells_the_first_row_by_row_takes_the_derivative():
    """In the window [[1, 5], [5, 1]] both 5 are the greatest; the first one read is above right."""
    x = np.array([[1.0, 5.0], [5.0, 1.0]]).reshape(1, 2, 2, 1)
    y, dx = reference.derived(MaxPooling2D(), x, np.ones)
    assert y.item() == 5
    assert dx.ravel().tolist() == [0, 1, 0, 0]
    assert reference.derived(MaxPooling2D(), x * 0, np.ones)[1].ravel().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("arguments", [{}, {"pool_size": 3, "strides": 2, "padding": "same"}])
def test_a_relu_before_max_pooling_is_taken_after_it_with_the_same_result(generator, arguments):
    """On small whole numbers: many windows are all negative, and many have equal greatest cells."""
    x = generator.integers(-4, 3, (3, 6, 7, 2)) * 1.0

    def weights(shape):
        return np.random.default_rng(1).integers(1, 9, shape) * 1.0

    class Both(MaxPooling2D):
        def forward(self, graph, x):
            return super().forward(graph, relu(x))

    y, dx = reference.derived(Both(**arguments), x, weights)
    full = {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"}
    full |= {k: (v, v) if isinstance(v, int) else v for k, v in arguments.items()}
    right, slopes = by_loops("max", relu(x), weights, full)
    assert (y == right).all()
    assert (dx == slopes * (x > 0)).all()
    assert (y == 0).any()

    graph = Graph()
    pooled = Both(**arguments)
    pooled.build(x.shape[1:])
    a = pooled.forward(graph, graph.leaf("x", x.shape))
    names = [call.value.name for call in Program(graph, [a], np.float32).calls]
    assert a.inputs[0].name == names[-1] == "maximum"  # the last call is the relu, on few numbers
    assert a.inputs[0].inputs[1] is graph.constant(0.0)


@pytest.mark.parametrize("bounded", [lambda x: np.maximum(x, 0.5), lambda x: np.maximum(x, -x)])
def test_other_maxima_before_max_pooling_are_not_taken_for_relu(generator, bounded):
    class Both(MaxPooling1D):
        def forward(self, graph, x):
            return super().forward(graph, bounded(x))

    x = generator.standard_normal((2, 6, 3))
    y = reference.derived(Both(), x, np.ones)[0]
    assert (y == bounded(x).reshape(2, 3, 2, 3).max(2)).all()


def test_padding_is_never_the_greatest_and_never_counts():
    x = np.full((1, 3, 3, 1), -4.0)
    assert (
        reference.derived(MaxPooling2D(2, padding="same"), x, np.ones)[0].ravel().tolist()
        == [-4.0] * 4
    )
    mean = reference.derived(AveragePooling2D(2, padding="same"), x, np.ones)[0]
    assert mean.ravel().tolist() == [-4.0] * 4


@pytest.mark.parametrize("layer", LAYERS.values())
@pytest.mark.parametrize("arguments", [(2,), (3, 2), (3, 1, "same"), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sharing_memory_changes_no_bit(generator, layer, arguments, dtype):
    x = generator.standard_normal((3, *((7, 6)[: len(layer.axes)]), 5))
    found = [
        reference.derived(layer(*arguments), x, np.ones, dtype=dtype, share=share)
        for share in (True, False)
    ]
    for shared, apart in zip(*found, strict=True):
        assert shared.dtype == dtype
        assert shared.tobytes() == apart.tobytes()


def test_complex_numbers_are_compared_by_their_real_parts():
    x = np.array([1 + 5e-20j, 2 - 5e-20j, 3 + 1e-20j, -7 + 9e-20j]).reshape(1, 4, 1)
    y = reference.derived(MaxPooling1D(), x, np.ones, dtype=np.complex128)[0]
    assert y.ravel().tolist() == [2 - 5e-20j, 3 + 1e-20j]


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_is_the_mean_over_all_places(generator, keepdims):
    for layer, shape in (
        (GlobalAveragePooling1D, (4, 5, 3)),
        (GlobalAveragePooling2D, (4, 5, 2, 3)),
    ):
        x, places = generator.standard_normal(shape), shape[1:-1]
        y, dx = reference.derived(layer(keepdims), x, np.ones)
        axes = tuple(range(1, len(shape) - 1))
        np.testing.assert_allclose(y, x.mean(axes, keepdims=keepdims), rtol=1e-14)
        np.testing.assert_allclose(dx, np.full(shape, 1 / np.prod(places)), rtol=1e-14)


def test_windows_follow_each_other_unless_strides_say_more():
    model = Sequential([MaxPooling2D((3, 2))])
    model.build((9, 9, 1))
    assert model.output_shape == (3, 4, 1)
    model = Sequential([AveragePooling1D(3, strides=1)])
    model.build((9, 2))
    assert model.output_shape == (7, 2)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (MaxPooling2D(), (784,), r"max_pooling2d needs an input of rank 3 \(height, width"),
        (AveragePooling1D(), (7, 7, 1), r"average_pooling1d needs an input of rank 2 \(steps"),
        (GlobalAveragePooling2D(), (7, 2), "global_average_pooling2d needs an input of rank 3"),
        (MaxPooling2D(4), (4, 3, 1), "a window of 4 does not fit into an input of width 3"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, shape, message):
    with pytest.raises(ArgumentError, match=message):
        layer.build(shape)
