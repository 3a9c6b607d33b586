"""Integrated gradients: exact where the model is linear, else against sums of many steps."""

import itertools

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.insight import attribution
from nnctl.insight.attribution import (
    GAUSS,
    KRONROD,
    POINTS,
    Attributed,
    Groups,
    attribute,
    attribute_in_steps,
)
from nnctl.insight.slopes import BehindDense, OneModel, Slopes, has_kink_at_zero
from nnctl.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
    LayerNormalization,
    MaxPooling1D,
    MaxPooling2D,
    Reshape,
)
from nnctl.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nnctl.network.activations import ACTIVATIONS

STACKS = {
    "images": (
        (6, 6, 2),
        lambda a: [Conv2D(3, 3, activation=a), MaxPooling2D(2), Flatten(), Dense(2)],
    ),
    "means": (
        (6, 6, 1),
        lambda a: [Conv2D(2, 3, activation=a), AveragePooling2D(2), Flatten(), Dense(1)],
    ),
    "series": (
        (9, 2),
        lambda a: [Conv1D(4, 3, activation=a), MaxPooling1D(2), GlobalAveragePooling1D(), Dense(1)],
    ),
    "normal": (
        (5,),
        lambda a: [Dense(6), LayerNormalization(), Activation(a), Dropout(0.5), Dense(2)],
    ),
    "batches": (
        (6,),
        lambda a: [
            Reshape((3, 2)),
            Flatten(),
            Dense(6, activation=a),
            BatchNormalization(),
            Dense(1),
        ],
    ),
}


def built(layers, shape, loss=None, seed=0):
    """A model with parameters of all sizes, so that its units have kinks on the way."""
    model = Sequential(layers, seed=seed)
    model.compile("sgd", loss or MeanSquaredError())
    model.build(shape)
    generator = np.random.default_rng(seed)
    model.vector += 0.3 * np.abs(generator.normal(size=model.vector.size)).astype(np.float32)
    return model


def ways(model, rows, seed):
    """Rows, baselines and which output of each is meant."""
    generator = np.random.default_rng(seed)
    width = int(np.prod(model.input_shape))
    x, baseline = generator.normal(size=(2, rows, width))
    chosen = generator.integers(0, model.output_shape[-1], rows)
    return x, baseline, np.eye(model.output_shape[-1])[chosen]


def holds(model, rows, seed):
    x, baseline, weights = ways(model, rows, seed)
    groups = Groups(np.arange(x.shape[1]))
    found = attribute(Slopes([model]).parts, x, baseline, weights, groups)
    change = found.output - found.baseline
    size = np.maximum(np.abs(change), np.abs(found.contributions).sum(axis=1))
    assert (np.abs(found.contributions.sum(axis=1) - change) <= 1e-6 * size).all()
    assert found.holds(groups).all()
    # What is proved is of the model: its own outputs, which it computes in single precision.
    outputs = model.predict(x.reshape(rows, *model.input_shape))
    assert np.allclose((outputs * weights).sum(axis=1), found.output, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_the_sum_holds_on_random_networks(name):
    for seed in range(20):
        units = np.random.default_rng(seed).integers(2, 20, 2).tolist()
        layers = [*(Dense(count, activation=name) for count in units), Dense(3)]
        holds(built(layers, (4,), seed=seed), 2, seed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stack", "name"), [*itertools.product(STACKS, ["relu", "tanh", "softmax"])]
)
def test_the_sum_holds_on_all_layers(stack, name):
    shape, layers = STACKS[stack]
    for seed in range(2):
        holds(built(layers(name), shape, seed=seed), 2, seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_model_has_weight_times_difference_to_the_last_bit(seed):
    model = built([Dense(2)], (7,), seed=seed)
    x, baseline, weights = ways(model, 9, seed)
    found = attribute(Slopes([model]).parts, x, baseline, weights, Groups(np.arange(7)))
    kernel = model.get_weights()[0].astype(np.float64)
    assert np.array_equal(found.contributions, (x - baseline) * (weights @ kernel.T))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "tanh", "gelu"])
def test_it_is_the_limit_of_many_steps(name):
    model = built([Dense(8, activation=name), Dense(6, activation=name), Dense(1)], (3,), seed=4)
    slopes, steps = Slopes([model]), 100_000
    x, baseline, weights = ways(model, 2, 4)
    found = attribute(slopes.parts, x, baseline, weights, Groups(np.arange(3))).contributions
    for row in range(2):
        places = (np.arange(steps)[:, None] + 0.5) / steps
        way = x[row] - baseline[row]
        each = slopes(baseline[row] + places * way, np.ones((steps, 1)))[1]
        wanted = each.mean(axis=0) * way
        assert np.abs(found[row] - wanted).max() <= 1e-5 * np.abs(wanted).sum()


def test_a_step_between_two_levels_is_found_between_known_kinks():
    """The slope is 0 at both ends of the piece up to 0.9, where the first layer has its kink."""
    layers = [Dense(2, activation="relu"), Dense(2, activation="relu"), Dense(1)]
    model = built(layers, (1,))
    model.vector[...] = [1, 1, 10, -0.9, 1, 1, 0, 0, -10.25, -10.5, 1, -1, 0]
    (part,) = Slopes([model]).parts
    assert isinstance(part, BehindDense)
    found = attribute(
        [part], np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), Groups(np.arange(1))
    )
    assert found.contributions == pytest.approx(0.25, rel=1e-6) and found.output == 0.25


@pytest.mark.parametrize("part", [BehindDense, OneModel])
def test_a_kink_that_hardly_bends_the_output_is_found(part):
    """Where lines meet is then told by rounding, and a piece's kink may lie behind all its points:
    contributions were off by a thousandth, and summed to what they must."""
    layers = [Dense(7, activation="leaky_relu"), Dense(5, activation="leaky_relu"), Dense(2)]
    model = built(layers, (4,), seed=45)
    slopes, steps = Slopes([model]), 100_000
    x, baseline, weights = (each[:1] for each in ways(model, 3, 45))
    found = attribute([part(model)], x, baseline, weights, Groups(np.arange(4))).contributions
    places = (np.arange(steps)[:, None] + 0.5) / steps
    each = slopes(baseline + places * (x - baseline), np.repeat(weights, steps, axis=0))[1]
    wanted = each.mean(axis=0) * (x - baseline)
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).sum()


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "tanh", "linear"])
@pytest.mark.parametrize("at_once", [1, 1 << 17])
def test_behind_the_first_layer_and_model_by_model_it_is_the_same(name, at_once, monkeypatch):
    monkeypatch.setattr(attribution, "PIECES_AT_ONCE", at_once)
    models = [
        built([Dense(7, activation=name), Dense(5, activation=name), Dense(2)], (4,), seed=seed)
        for seed in (1, 2)
    ]
    x, baseline, weights = ways(models[0], 3, 0)
    x[0] = baseline[0]  # a way of no length
    groups, slopes = Groups(np.arange(4)), Slopes(models)
    assert all(isinstance(part, BehindDense) for part in slopes.parts)
    found = attribute(slopes.parts, x, baseline, weights, groups)

    class Whole(OneModel):
        def __init__(self):
            pass

        def __call__(self, entered, weights):
            return slopes(entered, weights)

    wanted = attribute([Whole()], x, baseline, weights, groups)
    for own, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-6, atol=1e-6)
    assert found.holds(groups).all() and not found.contributions[0].any()


def test_known_kinks_are_where_units_of_the_first_layer_are_zero():
    model = built([Dense(9, activation="relu"), Dense(1)], (4,))
    (part,) = Slopes([model]).parts
    x, baseline, _ = ways(model, 5, 0)
    start, stop = part.enter(baseline), part.enter(x)
    rows, places = part.kinks(start, stop)
    assert len(rows) == ((start < 0) != (stop < 0)).sum() > 5
    at = part.enter(baseline[rows] + places[:, None] * (x - baseline)[rows])
    assert np.abs(at).min(axis=1) == pytest.approx(0, abs=1e-12)
    assert {name for name, each in ACTIVATIONS.items() if has_kink_at_zero(each)} == {
        "relu",
        "leaky_relu",
    }


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([Dense(3, activation="relu"), Dropout(0.5), Dense(2)], True),
        ([Dense(3, activation="leaky_relu"), Dense(2, activation="relu"), Dense(1)], True),
        ([Dense(3, activation="relu"), Dense(2, activation="tanh"), Dense(1)], False),
        ([Dense(3, activation="tanh"), Dense(2, activation="relu"), Dense(1)], False),
        ([Dense(3, activation="relu"), LayerNormalization(), Dense(1)], False),
        ([Dense(3), Activation("relu"), Dense(1)], False),  # whose kinks are not known
        ([Dense(1)], False),
    ],
)
def test_straight_lines_are_known_as_such(layers, expected):
    (part,) = Slopes([built(layers, (4,))]).parts
    assert part.is_straight is expected


def test_straight_pieces_between_known_kinks_are_looked_at_three_times():
    """A point takes all the time there is, in a wide network."""
    model = built([Dense(40, activation="relu"), Dense(1)], (4,))
    (part,) = Slopes([model]).parts
    x, baseline, weights = ways(model, 6, 0)
    count = len(part.kinks(part.enter(baseline), part.enter(x))[0])
    asked = 0

    class Counted(OneModel):
        enter, leave, kinks, is_straight = part.enter, part.leave, part.kinks, part.is_straight

        def __init__(self):
            pass

        def __call__(self, entered, weights):
            nonlocal asked
            asked += len(entered)
            return part(entered, weights)

    assert (
        attribute([Counted()], x, baseline, weights, Groups(np.arange(4)))
        .holds(Groups(np.arange(4)))
        .all()
    )
    about = 7 * len(x)  # the two ends, and five points of the whole way
    assert asked == about + count + 2 * (count + len(x))


@pytest.mark.parametrize("at_once", [1, 1_000_000])
def test_in_even_steps_it_is_about_as_right(at_once, monkeypatch):
    monkeypatch.setattr(attribution, "NUMBERS_AT_ONCE", at_once)
    model = built([Dense(8, activation="tanh"), Dense(2)], (3,), seed=4)
    x, baseline, weights = ways(model, 5, 4)
    exact = attribute(Slopes([model]).parts, x, baseline, weights, Groups(np.arange(3)))
    found = attribute_in_steps(Slopes([model]), x, baseline, weights, 48)
    for wanted, own in zip(exact, found, strict=True):
        np.testing.assert_allclose(own, wanted, rtol=1e-3, atol=1e-4)
    one = attribute_in_steps(Slopes([model]), x, baseline, weights, 1)
    slopes = Slopes([model])((x + baseline) / 2, weights)[1]
    np.testing.assert_allclose(one.contributions, slopes * (x - baseline), rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "activation", "units"),
    [(BinaryCrossentropy(), "sigmoid", 1), (CategoricalCrossentropy(), "softmax", 3)],
)
def test_probabilities_are_explained_by_their_logits(loss, activation, units):
    model = built([Dense(4, activation="tanh"), Dense(units, activation=activation)], (3,), loss)
    bare = built([Dense(4, activation="tanh"), Dense(units)], (3,))
    bare.vector[...] = model.vector
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert np.array_equal(Slopes([model]).outputs(x), Slopes([bare]).outputs(x))
    assert np.allclose(Slopes([bare]).outputs(x), bare.predict(x), atol=1e-5)


def test_several_models_have_the_mean_of_theirs():
    models = [built([Dense(4, activation="relu"), Dense(1)], (3,), seed=seed) for seed in (1, 2)]
    x, baseline, weights = ways(models[0], 4, 0)
    groups = Groups(np.arange(3))
    together = attribute(Slopes(models).parts, x, baseline, weights, groups)
    each = [attribute(Slopes([model]).parts, x, baseline, weights, groups) for model in models]
    mean = (each[0].contributions + each[1].contributions) / 2
    assert np.allclose(together.contributions, mean, rtol=1e-5, atol=1e-5)
    assert np.allclose(together.output, (each[0].output + each[1].output) / 2)


def test_what_holds_is_what_is_told_of_together():
    """Inputs 0 and 3 nearly take away what the other gives: beside their sum 1e-6 is less."""
    one = Attributed(np.array([[1.0, 1e-4, 1e-4, -1.0]]), np.array([2e-4 + 1e-9]), np.zeros(1))
    assert one.holds(Groups(np.arange(4))) == [True]
    assert one.holds(Groups(np.array([0, 2]), np.array([0, 3, 1, 2]))) == [False]
    sums = Groups(np.array([0, 2]), np.array([0, 3, 1, 2])).sums(one.contributions)
    assert np.array_equal(sums, [[0, 2e-4]])


def test_what_is_not_finite_does_not_hold():
    model = built([Dense(4, activation="elu"), Dense(1)], (3,))
    model.vector[...] = np.inf
    x, baseline, weights = ways(model, 2, 0)
    found = attribute(Slopes([model]).parts, x, baseline, weights, Groups(np.arange(3)))
    assert not found.holds(Groups(np.arange(3))).any()


def test_a_jump_of_the_output_is_no_integral_of_its_slope():
    class Jump(OneModel):
        def __init__(self):
            pass

        def __call__(self, x, weights):
            return (x[:, 0] > 0.3) * 1.0, np.zeros_like(x)

    x, baseline = np.ones((1, 2)), np.zeros((1, 2))
    found = attribute([Jump()], x, baseline, np.ones((1, 1)), Groups(np.arange(2)))
    assert not found.holds(Groups(np.arange(2))).any()


@pytest.mark.parametrize(("rule", "degree"), [(KRONROD, 7), (GAUSS, 3)])
def test_the_rules_are_exact_for_polynomials_up_to_their_degree(rule, degree):
    for power in range(degree + 3):
        exact = (1 - (-1) ** (power + 1)) / (power + 1) / 2  # the mean over [-1, 1]
        close = abs(rule @ POINTS**power - exact) < 1e-14
        assert close == (power <= degree or power % 2 == 1)
