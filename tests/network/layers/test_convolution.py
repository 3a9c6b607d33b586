"""Convolutions: against plain loops, with memory shared and not, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl import Sequential
from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Program, gradients
from nnctl.layers import Conv1D, Conv2D, Dense, Flatten
from nnctl.network.initializers import GlorotUniform, HeNormal
from tests.network.layers import reference

SMALL = st.integers(1, 3)


@st.composite
def convolutions(draw, rank):
    """Arguments of a convolution, and an input that is large enough for it."""
    padding = draw(st.sampled_from(["valid", "same", "causal"][: 4 - rank]))
    kernel, strides = (tuple(draw(SMALL) for _ in range(rank)) for _ in range(2))
    dilation = tuple(draw(SMALL) for _ in range(rank)) if max(strides) == 1 else (1,) * rank
    sizes = tuple(
        draw(st.integers((k - 1) * d + 1 if padding == "valid" else 1, 8))
        for k, d in zip(kernel, dilation, strict=True)
    )
    arguments = {
        "filters": draw(SMALL), "kernel_size": kernel, "strides": strides, "padding": padding,
        "dilation_rate": dilation,
    }  # fmt: skip
    return arguments, (draw(SMALL), *sizes, draw(SMALL)), draw(st.integers(0, 1000))


def agree_with_loops(layer, shape, seed, tolerance=1e-12):
    """Output and all derivatives of the layer are those of the loops."""
    rank, generator = len(shape) - 2, np.random.default_rng(seed)
    x = generator.standard_normal(shape)
    kernel = generator.standard_normal(
        (*layer.along_axes(layer.kernel_size), shape[-1], layer.filters)
    )
    bias = generator.standard_normal(layer.filters)

    def weights(shape):
        return np.random.default_rng(seed + 1).standard_normal(shape)

    found = reference.derived(layer, x, weights, (kernel, bias))
    ahead = (1,) * (2 - rank)
    options = [
        (*ahead, *layer.along_axes(given))
        for given in (layer.kernel_size, layer.strides, layer.dilation_rate)
    ]
    flat = x.reshape(len(x), *ahead, *shape[1:])
    expected = reference.convolution(
        flat, kernel.reshape(*ahead, *kernel.shape), bias, lambda s: weights(s).reshape(s),
        *options, layer.padding,
    )  # fmt: skip
    for mine, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, right.reshape(mine.shape), rtol=tolerance, atol=tolerance)


@pytest.mark.slow
@given(convolutions(1))
def test_conv1d_is_what_loops_compute(case):
    arguments, shape, seed = case
    agree_with_loops(Conv1D(**arguments), shape, seed)


@pytest.mark.slow
@given(convolutions(2))
def test_conv2d_is_what_loops_compute(case):
    arguments, shape, seed = case
    agree_with_loops(Conv2D(**arguments), shape, seed)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_products_large_enough_for_blocks_are_what_loops_compute(channels, padding):
    layer = Conv2D(24, 3, padding=padding)
    agree_with_loops(layer, (16, 16, 24, channels), 3, 1e-11)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("valid", [21, 42, 84]), ("same", [21, 42, 84, 8]), ("causal", [10, 21, 42, 84])],
)
def test_a_correlation_by_hand(padding, expected):
    weights = {"kernel": [[[1.0]], [[10.0]]], "bias": [0.5]}
    layer = Conv1D(1, 2, padding=padding, weights=weights)
    model = Sequential([layer], dtype="float64")
    model.build((4, 1))
    found = model(np.array([1.0, 2.0, 4.0, 8.0]).reshape(1, 4, 1))
    assert (found.ravel() - 0.5).tolist() == expected


def test_causal_places_see_no_later_step(generator):
    model = Sequential([Conv1D(3, 3, padding="causal", dilation_rate=2)], dtype="float64")
    model.build((9, 2))
    x = generator.standard_normal((2, 9, 2))
    before = model(x)
    x[:, 6:] += 1
    after = model(x)
    assert (before[:, :6] == after[:, :6]).all()
    assert (before[:, 6:] != after[:, 6:]).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_sharing_memory_changes_no_bit(generator, dtype, strides, padding):
    x = generator.standard_normal((4, 12, 13, 3))
    arrays = generator.standard_normal((3, 3, 3, 20)), generator.standard_normal(20)
    found = [
        reference.derived(
            Conv2D(20, 3, strides=strides, padding=padding, activation="relu"),
            x, np.ones, arrays, dtype=dtype, share=share,
        )
        for share in (True, False)
    ]  # fmt: skip
    for shared, apart in zip(*found, strict=True):
        assert shared.dtype == dtype
        assert shared.tobytes() == apart.tobytes()


def test_kernels_have_the_shapes_and_spread_of_keras():
    layer = Conv2D(40, (3, 5), kernel_initializer="he_normal")
    model = Sequential([layer])
    model.build((6, 7, 20))
    assert {name: a.shape for name, a in model.named_arrays().items()} == {
        "conv2d_1/kernel": (3, 5, 20, 40),
        "conv2d_1/bias": (40,),
    }
    kernel = model.named_arrays()["conv2d_1/kernel"]
    assert kernel.var() == pytest.approx(2 / (3 * 5 * 20), rel=0.05)
    drawn = GlorotUniform()((3, 5, 20, 40), np.random.default_rng(0))
    assert np.abs(drawn).max() == pytest.approx(np.sqrt(6 / (15 * 60)), rel=1e-3)
    assert isinstance(layer.kernel_initializer, HeNormal)


@pytest.mark.parametrize(("rows", "filters"), [(5, 4), (60, 40)])
def test_the_derivative_by_the_input_costs_nothing_where_nobody_wants_it(rows, filters):
    """Each product counts once, whether BLAS is called once for it or for its blocks."""
    layer = Conv2D(filters, 3, padding="same")
    layer.build((8, 8, 2))
    graph = Graph(training=True)
    x = graph.leaf("x", (rows, 8, 8, 2))
    leaves = [graph.leaf(p.name, p.shape) for p in layer.parameters]
    graph.parameters.update(zip(layer.parameters, leaves, strict=True))
    loss = np.square(layer.forward(graph, x)).sum()
    multiply_adds = rows * 8 * 8 * 9 * 2 * filters
    kernel_alone = Program(graph, gradients(loss, leaves), np.float32).products
    assert kernel_alone == [multiply_adds] * 2
    with_input = Program(graph, gradients(loss, [x, *leaves]), np.float32).products
    assert with_input == [multiply_adds] * 3


def test_one_number_or_one_an_axis():
    for size, shape in ((3, (3, 3)), ((3, 2), (3, 2)), ([3, 2], (3, 2))):
        layer = Conv2D(2, size)
        layer.build((5, 6, 1))
        assert layer.kernel.shape == (*shape, 1, 2)
    layer = Conv1D(2, [3])
    layer.build((5, 1))
    assert layer.kernel.shape == (3, 1, 2)


@pytest.mark.parametrize(
    ("layer", "arguments", "message"),
    [
        (Conv2D, {"kernel_size": 0}, "kernel_size is 0; it must be a whole number at least 1"),
        (Conv2D, {"kernel_size": (3, 0)}, "kernel_size"),
        (Conv2D, {"kernel_size": (3, 3, 3)}, "kernel_size"),
        (Conv1D, {"kernel_size": (3, 3)}, "kernel_size"),
        (Conv2D, {"kernel_size": 3, "padding": "causal"}, "allowed are: 'valid', 'same'"),
        (Conv1D, {"kernel_size": 3, "filters": 0}, "filters is 0"),
        (Conv1D, {"kernel_size": 3, "strides": 2, "dilation_rate": 2}, "exclude each other"),
        (Conv2D, {"kernel_size": 3, "strides": (1, 2), "dilation_rate": (2, 1)}, "exclude"),
    ],
)
def test_wrong_arguments_are_refused(layer, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        layer(**{"filters": 2, **arguments})


@pytest.mark.parametrize(
    ("layer", "shape", "message", "fix"),
    [
        (
            Conv2D(2, 3), (784,),
            r"conv2d needs an input of rank 3 \(height, width, channels\), not \(784,\)",
            "set input_shape: [28, 28, 1], or reshape to that before this layer",
        ),
        (Conv2D(2, 3), (3072,), "conv2d", "set input_shape: [32, 32, 3], or reshape"),
        (Conv2D(2, 3), (30,), "conv2d", "set input_shape: [height, width, channels], or"),
        (Conv1D(2, 3), (100,), r"rank 2 \(steps, channels\)", "set input_shape: [100, 1], or"),
        (Conv2D(2, (3, 6)), (5, 5, 1), "a window of 6 does not fit .* width 5", "at most 5 fits"),
        (
            Conv1D(2, 3, dilation_rate=3), (6, 1), "a window of 7 does not fit .* steps 6",
            "a window of at most 6 fits; or pad with padding: same",
        ),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_say_what_would(layer, shape, message, fix):
    with pytest.raises(ArgumentError, match=message) as caught:
        layer.build(shape)
    assert fix in caught.value.problems[0].fix


def test_weights_may_be_given_and_regularized():
    kernel = np.arange(6.0).reshape(3, 1, 2)
    layer = Conv1D(2, 3, weights={"kernel": kernel.tolist()}, kernel_regularizer="l2")
    model = Sequential([layer, Flatten(), Dense(1)], dtype="float64")
    model.build((4, 1))
    assert (model.named_arrays()["conv1d_1/kernel"] == kernel).all()
    model.compile("sgd", "mean_squared_error")
    x = np.zeros((2, 4, 1))
    assert model.evaluate(x, model(x)) == pytest.approx(0.01 * 55)
    with pytest.raises(ArgumentError, match=r"kernel has shape \(2, 1, 2\), but the layer's is"):
        Conv1D(2, 3, weights={"kernel": kernel[:2].tolist()}).build((4, 1))
