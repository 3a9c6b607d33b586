"""Normalisation: against its formula, its closed derivative, and its statistics over a run."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.errors import ArgumentError
from nnctl.layers import BatchNormalization, Conv2D, Dense, Flatten, LayerNormalization
from tests.network.layers import reference

SHAPES = [(6, 3), (5, 4, 3), (4, 3, 2, 5), (3, 2, 2, 1)]
EPSILON = 1e-3


def by_formula(x, axes, gamma, beta, d):
    """Output and derivatives in closed form (Ioffe and Szegedy 2015, section 3)."""
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    root = np.sqrt(variance + EPSILON)
    normal = (x - mean) / root
    dn = d * gamma
    dx = (
        dn - dn.mean(axes, keepdims=True) - normal * (dn * normal).mean(axes, keepdims=True)
    ) / root
    rest = tuple(range(x.ndim - 1))
    return normal * gamma + beta, dx, (d * normal).sum(rest), d.sum(rest)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_normalization_is_its_formula(generator, shape, kind):
    x = generator.standard_normal(shape) * 3 + 2
    gamma, beta, d = (generator.standard_normal(s) for s in (shape[-1:], shape[-1:], shape))
    layer, axes, statistics = LayerNormalization(), (-1,), ()
    if kind == "batch":
        layer, axes = BatchNormalization(), tuple(range(len(shape) - 1))
        statistics = np.full(shape[-1], 7.0), np.full(shape[-1], 9.0)
    found = reference.derived(layer, x, lambda _: d, (gamma, beta, *statistics))
    for mine, right in zip(found, by_formula(x, axes, gamma, beta, d), strict=False):
        np.testing.assert_allclose(mine, right, rtol=1e-11, atol=1e-11)
    if kind == "batch":
        np.testing.assert_allclose(found[4], 0.99 * 7 + 0.01 * x.mean(axes), rtol=1e-12)
        np.testing.assert_allclose(found[5], 0.99 * 9 + 0.01 * x.var(axes), rtol=1e-12)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization])
def test_what_is_not_learnt_is_not_declared(kind, center, scale):
    layer = kind(center=center, scale=scale)
    layer.build((4, 3))
    names = [parameter.name for parameter in layer.parameters]
    moving = ["moving_mean", "moving_variance"] if kind is BatchNormalization else []
    assert names == ["gamma"] * scale + ["beta"] * center + moving
    assert all(parameter.shape == (3,) for parameter in layer.parameters)


def test_evaluation_takes_the_moving_statistics(generator):
    x = generator.standard_normal((5, 4, 3))
    gamma, beta, mean = (generator.standard_normal(3) for _ in range(3))
    variance = generator.uniform(0.5, 2, 3)
    arrays = gamma, beta, mean, variance
    found = reference.derived(BatchNormalization(), x, np.ones, arrays, training=False)
    right = (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    np.testing.assert_allclose(found[0], right, rtol=1e-12)
    assert (
        len(found) == 4
    )  # the output, and the derivatives by x, gamma and beta: no new statistics


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sharing_memory_changes_no_bit(generator, kind, shape, dtype):
    x = generator.standard_normal(shape)
    layer = kind()
    layer.build(shape[1:])
    arrays = [generator.uniform(0.5, 2, shape[-1]) for _ in layer.parameters]
    found = [
        reference.derived(layer, x, np.ones, arrays, dtype=dtype, share=share)
        for share in (True, False)
    ]
    for shared, apart in zip(*found, strict=True):
        assert shared.dtype == dtype
        assert shared.tobytes() == apart.tobytes()


def network(**options):
    model = Sequential(
        [
            Conv2D(3, 2),
            BatchNormalization(**options),
            Flatten(),
            Dense(4),
            BatchNormalization(),
            Dense(1),
        ],
        dtype="float64",
    )
    model.build((4, 4, 1))
    model.compile("sgd", "mean_squared_error")
    return model


def test_training_moves_the_statistics_and_the_optimizer_does_not(generator):
    """Every step moves them by its own batch, the short last one too; nothing else does."""
    model = network(momentum=0.75)
    model.compile({"type": "adamw", "learning_rate": 1e-30}, "mean_squared_error")
    x, y = generator.standard_normal((10, 4, 4, 1)), generator.standard_normal((10, 1))
    kernel, bias = model.get_weights()[:2]
    mean, variance = np.zeros(3), np.ones(3)
    model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for start in (0, 4, 8, 0, 4, 8):
        batch = x[start : start + 4]
        z = reference.convolution(batch, kernel, bias, np.ones, (2, 2), (1, 1), (1, 1), "valid")[0]
        mean = mean * 0.75 + z.mean((0, 1, 2)) * 0.25
        variance = variance * 0.75 + z.var((0, 1, 2)) * 0.25
    arrays = model.named_arrays()
    np.testing.assert_allclose(arrays["batch_normalization_1/moving_mean"], mean, rtol=1e-10)
    np.testing.assert_allclose(
        arrays["batch_normalization_1/moving_variance"], variance, rtol=1e-10
    )
    assert model.layout.trainable_size == model.layout.size - 2 * 3 - 2 * 4


def test_statistics_are_saved_and_loaded(generator, tmp_path):
    x, y = generator.standard_normal((8, 4, 4, 1)), generator.standard_normal((8, 1))
    model = network()
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / "weights.npz")
    other = network()
    assert (other(x) != model(x)).any()
    other.load_weights(tmp_path / "weights.npz")
    assert (other(x) == model(x)).all()


def test_predicting_changes_no_statistic(generator):
    model = network()
    before = model.vector.copy()
    model(generator.standard_normal((6, 4, 4, 1)))
    model.evaluate(generator.standard_normal((6, 4, 4, 1)), np.zeros((6, 1)))
    assert (model.vector == before).all()


def test_gamma_and_beta_may_be_regularized_and_given():
    layer = LayerNormalization(
        gamma_regularizer="l2", beta_regularizer={"type": "l1", "l1": 0.5},
        weights={"gamma": [1.0, 2.0], "beta": [-3.0, 4.0]},
    )  # fmt: skip
    model = Sequential([layer], dtype="float64")
    model.build((2,))
    model.compile("sgd", "mean_squared_error")
    x = np.zeros((1, 2))
    assert model.evaluate(x, model(x)) == pytest.approx(0.01 * 5 + 0.5 * 7)


@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization])
def test_a_bare_number_cannot_be_normalized(kind):
    with pytest.raises(ArgumentError, match="needs an input of at least one axis"):
        kind().build(())


@pytest.mark.parametrize("options", [{"momentum": 1.5}, {"epsilon": -1}, {"center": 1}])
def test_wrong_arguments_are_refused(options):
    with pytest.raises(ArgumentError, match=next(iter(options))):
        BatchNormalization(**options)
