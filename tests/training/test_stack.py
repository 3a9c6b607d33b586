"""`Stack`: a layer owns its parameters once, in one model, however often it stands there."""

import copy
import gc
import pickle

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.derivatives.explain.drawing import Drawing
from nnctl.derivatives.gradcheck import check, model_case
from nnctl.errors import ArgumentError
from nnctl.jobs.summary import summary_of
from nnctl.layers import (
    Activation,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNormalization,
    MaxPooling1D,
    Reshape,
)
from nnctl.optimizers import SGD
from nnctl.system.npz import read_arrays
from nnctl.training.step import trace

RATE = 0.125


def compiled(layers, shape, optimizer=None, **options):
    """A float64 model for the mean squared error, with weights that hide nothing."""
    model = Sequential(layers, dtype="float64", **options)
    model.compile(optimizer or SGD(RATE), "mean_squared_error")
    model.build(shape)
    randomize(model)
    return model


def randomize(model, seed=7):
    generator = np.random.default_rng(seed)
    arrays = {
        name: generator.uniform(0.2, 0.8, a.shape) for name, a in model.named_arrays().items()
    }
    model.load_arrays(arrays)


def slopes_of(model, x, y):
    """The derivatives by name that one step of gradient descent on all rows goes down."""
    before = model.named_arrays()
    model.fit(x, y, batch_size=len(x), verbose=0)
    after = model.named_arrays()
    return {name: (before[name] - after[name]) / RATE for name in before}


def batch(generator, shape, outputs):
    return generator.standard_normal((6, *shape)), generator.standard_normal((6, *outputs))


def tied(times=2, **more):
    layer = Dense(3, "tanh", **more)
    return compiled([layer] * times + [Dense(2)], (3,))


# The model of `tied`, by hand: `h = tanh(h @ kernel + bias)` so many times, then a linear layer.


def recurrence(x, kernel, bias, last, last_bias, times=2):
    h = x
    for _ in range(times):
        h = np.tanh(h @ kernel + bias)
    return h @ last + last_bias


def cost(x, y, arrays, times=2, l2=0.0):
    output = recurrence(x, *arrays, times=times)
    return ((output - y) ** 2).mean() + l2 * (arrays[0] ** 2).sum()


def complex_steps(x, y, arrays, **options):
    """The derivatives of `cost` by all arrays, entry by entry."""
    found = []
    for k, array in enumerate(arrays):
        slopes = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            moved = [a.astype(complex) for a in arrays]
            moved[k][place] += 1e-20j
            slopes[place] = cost(x, y, moved, **options).imag / 1e-20
        found.append(slopes)
    return found


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_shared_layer_is_a_recurrence(generator, times):
    model = tied(times)
    x, _ = batch(generator, (3,), (2,))
    right = recurrence(x, *model.get_weights(), times=times)
    np.testing.assert_allclose(model(x), right, rtol=1e-12)


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("l2", [0.0, 0.25])
def test_its_derivatives_are_those_of_the_one_set_of_parameters(generator, times, l2):
    """The regularizer counts once, too."""
    model = tied(times, kernel_regularizer={"type": "l2", "l2": l2})
    x, y = batch(generator, (3,), (2,))
    arrays = model.get_weights()
    assert model.evaluate(x, y) == pytest.approx(cost(x, y, arrays, times=times, l2=l2), rel=1e-12)
    right = complex_steps(x, y, arrays, times=times, l2=l2)
    for mine, wanted in zip(slopes_of(model, x, y).values(), right, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-12)


SHARED = {
    "dense": (lambda: [Dense(3, "sigmoid")], (3,)),
    "dense on several axes": (lambda: [Dense(3, "tanh")], (4, 3)),
    "conv1d": (lambda: [Conv1D(2, 3, activation="tanh")], (9, 2)),  # 9, then 7 steps
    "conv2d": (lambda: [Conv2D(2, 2, activation="tanh")], (5, 4, 2)),
    "strided": (lambda: [Conv1D(2, 2, strides=2, activation="tanh")], (9, 2)),
    "layer normalization": (lambda: [LayerNormalization()], (4, 3)),
    "batch normalization": (lambda: [BatchNormalization()], (4, 3)),
    "several": (lambda: [Dense(3, "tanh"), BatchNormalization()], (3,)),
    "with pooling": (lambda: [Conv1D(2, 3, activation="tanh"), MaxPooling1D(2)], (18, 2)),
}


@pytest.mark.parametrize(("make", "shape"), SHARED.values(), ids=SHARED)
def test_derivatives_add_up_over_the_places(generator, make, shape):
    """As many layers of equal weights as there are places: theirs are the terms of the sum."""
    layers = make()
    apart = [*make(), *make()]
    model = compiled([*layers, *layers, Flatten(), Dense(1)], shape)
    other = compiled([*apart, Flatten(), Dense(1)], shape)
    arrays = model.named_arrays()
    homes = {}  # of each array of the other model, the one of the shared model that it stands for
    for k, name in enumerate(other.layer_names):
        homes |= {
            f"{name}/{p.name}": f"{model.layer_names[k]}/{p.name}"
            for p in other.layers[k].parameters
        }
    other.load_arrays({name: arrays[home] for name, home in homes.items()})
    x, y = batch(generator, shape, (1,))
    assert model(x).tobytes() == other(x).tobytes()
    mine, terms = slopes_of(model, x, y), slopes_of(other, x, y)
    trained = model.layout.trainable
    for name in trained:
        right = sum(terms[each] for each, home in homes.items() if home == name)
        np.testing.assert_allclose(mine[name], right, rtol=1e-9, atol=1e-12)
        assert np.abs(mine[name]).max() > 0
    assert set(homes.values()) == set(arrays)


@pytest.mark.parametrize(("make", "shape"), SHARED.values(), ids=SHARED)
def test_gradcheck_passes_it(generator, make, shape):
    layers = make()
    model = compiled([*layers, *layers, Flatten(), Dense(1)], shape)
    examples = model.examples(*batch(generator, shape, (1,)))
    results = check(model_case(model, model.loss, examples), "complex-step", generator, True)
    assert [result.name for result in results] == model.layout.trainable
    assert all(result.passed for result in results)


def test_statistics_move_once_a_place_in_their_order(generator):
    """The second place moves what the first has moved, towards the mean of its own input."""
    layer = BatchNormalization(momentum=0.75)
    model = compiled([layer, layer], (3,), SGD(1e-30))
    gamma, beta, mean, variance = model.get_weights()
    x, y = batch(generator, (3,), (3,))
    z = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) * gamma + beta
    model.fit(x, y, batch_size=len(x), verbose=0)
    for seen in (x, z):
        mean = 0.75 * mean + 0.25 * seen.mean(0)
        variance = 0.75 * variance + 0.25 * seen.var(0)
    found = model.named_arrays()
    np.testing.assert_allclose(found["batch_normalization_1/moving_mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(found["batch_normalization_1/moving_variance"], variance, rtol=1e-12)


def test_each_place_of_a_shared_dropout_draws_for_itself():
    layer = Dropout(0.5)
    model = compiled([layer, layer], (200,))
    traced = trace(model, model.loss, model.examples(np.ones((2, 200)), np.ones((2, 200))), 2)
    assert [value.name for value in traced.graph.values].count("draw") == 2


def test_parameters_are_counted_named_and_saved_once(tmp_path):
    layer = Dense(4)
    model = compiled([layer, layer, Dense(4), layer, Flatten()], (4,))
    assert model.layers == [layer, layer, model.layers[2], layer, model.layers[4]]
    assert model.layer_names == ["dense_1", "dense_1", "dense_2", "dense_1", "flatten_1"]
    names = ["dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"]
    assert list(model.named_arrays()) == names
    assert model.layout.size == model.layout.trainable_size == model.vector.size == 2 * (16 + 4)
    assert model.parameter_counts() == [20, 0, 20, 0, 0]
    lines: list[str] = []
    model.summary(lines.append)
    assert [line.split()[-1] for line in lines[1:]] == ["20", "shared", "20", "shared", "0", "40"]
    model.save_weights(tmp_path / "weights.npz")
    assert sorted(read_arrays(tmp_path / "weights.npz")) == sorted(names)
    before = model.vector.copy()
    model.set_weights([2 * array for array in model.get_weights()])
    model.load_weights(tmp_path / "weights.npz")
    assert model.vector.tobytes() == before.tobytes()


def test_start_values_are_those_of_the_model_without_the_second_place():
    """Literal ones, too."""
    kernel = [[1.0, 2.0], [3.0, 4.0]]
    for make in (lambda: Dense(2), lambda: Dense(2, weights={"kernel": kernel})):
        once, twice = make(), make()
        models = Sequential([once, Dense(2)]), Sequential([twice, twice, Dense(2)])
        for model in models:
            model.build((2,))
        assert models[0].vector.tobytes() == models[1].vector.tobytes()
    assert models[1].get_weights()[0].tolist() == kernel


def test_a_summary_of_costs_adds_up_to_the_whole():
    layer = Dense(4)
    result = summary_of(compiled([layer, layer], (4,)), None)
    assert [row.parameters for row in result.layers] == [20, 0]
    assert [row.flops for row in result.layers] == [2 * (2 * 16 + 4), 0]
    assert result.parameters == 20


def test_every_node_of_its_graph_has_a_name_of_its_own(generator):
    model = tied()
    x, y = batch(generator, (3,), (2,))
    traced = trace(model, model.loss, model.examples(x, y), len(x))
    drawing = Drawing(traced, model.layout, "mean_squared_error")
    names = list(drawing.names.values())
    assert len(set(names)) == len(names) == len(drawing.nodes)
    assert [name for name in names if name.startswith("dense_1")] == [
        "dense_1/c", "dense_1/z", "dense_1/tanh", "dense_1/c_2", "dense_1/z_2", "dense_1/a",
    ]  # fmt: skip


@pytest.mark.parametrize("first", [(4,), (6, 4)])
def test_a_place_whose_parameters_would_differ_is_refused(first):
    layer = Dense(3)
    model = Sequential([layer, Activation("relu"), layer])
    with pytest.raises(ArgumentError, match=r"needs \(3, 3\)") as error:
        model.build(first)
    (problem,) = error.value.problems
    assert problem.path == "layers.2"
    assert "kernel has shape (4, 3)" in problem.message
    assert "make a new layer" in str(problem.fix)
    assert not model.built


def test_layers_without_parameters_stand_anywhere(generator):
    """A pooling layer has other windows at its second place, and those of the first stay."""
    pool = MaxPooling1D(2)
    x = generator.standard_normal((3, 13, 1))
    model = Sequential([pool, pool, Flatten()], dtype="float64")
    right = x[:, :12, 0].reshape(3, 3, 4).max(-1)
    assert model(x).tolist() == right.tolist()
    reshape = Reshape((2, -1))
    other = Sequential([reshape, MaxPooling1D(2), reshape], dtype="float64")
    z = x[:, :12, 0].reshape(3, 2, 6).max(1)
    assert other(x[:, :12, 0]).tolist() == z.reshape(3, 2, 3).tolist()


def test_the_same_arguments_make_no_shared_layer():
    model = compiled([Dense(3), Dense(3)], (3,))
    assert model.layout.size == 2 * 12


# In a second model.


def fitted(layer, x):
    model = Sequential([layer], dtype="float64")
    model.compile("sgd", "mean_squared_error")
    model.fit(x, x, verbose=0)
    return model


@pytest.mark.parametrize("rebuilt", [False, True])
@pytest.mark.parametrize("gone", [False, True])
def test_a_layer_of_another_model_is_refused(generator, rebuilt, gone):
    """Whether or not that model is still there: what is refused depends on no collection."""
    x = generator.standard_normal((5, 3))
    layer = Dense(3)
    model = fitted(layer, x)
    if rebuilt:
        model.build((3,))
    if gone:
        del model
        gc.collect()
    with pytest.raises(ArgumentError, match="dense_2 is a layer of another model") as error:
        Sequential([Dense(1), layer])
    (problem,) = error.value.problems
    assert problem.path == "layers.1"
    assert "make a new layer" in str(problem.fix)


def test_the_first_of_two_models_to_be_built_has_the_layer(generator):
    x = generator.standard_normal((5, 3))
    layer = Dense(3)
    first, second = (Sequential([layer], dtype="float64") for _ in range(2))
    output = second(x)
    with pytest.raises(ArgumentError, match="a layer of another model"):
        first(x)
    assert second(x).tobytes() == output.tobytes()
    assert not first.built


def test_a_refused_layer_stays_as_it_was(generator):
    x = generator.standard_normal((5, 3))
    layers = Dense(3), Dense(3)
    model, alone = (fitted(layer, x) for layer in layers)
    with pytest.raises(ArgumentError):
        Sequential([layers[0]])
    for each in (model, alone):
        each.fit(x[:3], x[:3], epochs=2, verbose=0)
    assert model.vector.tobytes() == alone.vector.tobytes()


def test_a_model_that_could_not_be_built_has_taken_nothing(generator):
    layer = Dense(3)
    with pytest.raises(ArgumentError, match=r"rank 3"):
        Sequential([layer, Conv2D(1, 2)]).build((3,))
    assert layer.parameters == []
    assert Sequential([layer]).predict(np.ones((1, 3))).shape == (1, 3)


def test_a_build_that_is_refused_leaves_the_model_as_it_was(generator):
    x = generator.standard_normal((5, 8))
    models = [Sequential([Dense(8), Reshape((4, 2)), Flatten(), Dense(8)]) for _ in range(2)]
    for model in models:
        model.compile("sgd", "mean_squared_error")
        model.build((8,))
    with pytest.raises(ArgumentError, match="target_shape"):
        models[0].build((2, 8))
    for model in models:
        model.fit(x, x, epochs=2, verbose=0)  # whose steps are recorded only now
    assert models[0].vector.tobytes() == models[1].vector.tobytes()
    assert models[0].input_shape == (8,)


def test_a_model_is_built_again_for_another_shape():
    layer = Dense(2)
    model = Sequential([layer, Dense(2)])
    for size in (3, 5):
        model.build((size,))
        assert model.predict(np.ones((1, size))).shape == (1, 2)
        assert layer.kernel.shape == (size, 2)


def test_a_layer_without_parameters_may_be_in_many_models():
    flat, relu = Flatten(), Activation("relu")
    models = [Sequential([flat, relu]) for _ in range(2)]
    assert [model.predict([[[-1.0, 2.0]]]).tolist() for model in models] == [[[0.0, 2.0]]] * 2


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))]
)
def test_a_copy_of_a_layer_is_a_new_one(generator, copied):
    x = generator.standard_normal((5, 3))
    layer = Dense(3)
    model = fitted(layer, x)
    before = model(x)
    other = fitted(copied(layer), x)
    assert not np.shares_memory(model.vector, other.vector)
    other.set_weights([array + 1 for array in other.get_weights()])
    assert model(x).tobytes() == before.tobytes()
    model.build((3,))
    model.fit(x, x, verbose=0)
