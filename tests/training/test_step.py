"""The programs of a model work on the model's own memory."""

import math

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.graph import Graph, numpy_calls
from nnctl.layers import BatchNormalization, Conv1D, Dense, Dropout, MaxPooling1D
from nnctl.losses import MeanSquaredError
from nnctl.optimizers import SGD, Adam
from nnctl.system import machine
from nnctl.training.step import Examples, Forward, Penalty, Setup, TrainingStep, trace
from nnctl.training.team import Team
from tests.calls import calls_of


@pytest.fixture
def model():
    model = Sequential([Dense(3), BatchNormalization(), Dense(2)], seed=3, dtype="float64")
    model.build((4,))
    model.compile(Adam(0.1), MeanSquaredError())
    return model


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    return Examples(generator.standard_normal((6, 4)), generator.standard_normal((6, 2)))


def test_the_leaves_of_a_model_are_given_its_vector_and_no_copy(model):
    graph = Graph()
    leaves = model.layout.declare(graph)
    given = model.layout.given(leaves, model.vector)
    assert list(given) == list(leaves)
    for leaf, array in given.items():
        assert array.shape == leaf.shape
        assert np.shares_memory(array, model.vector)
    assert np.concatenate(list(given.values())).tolist() == model.vector.tolist()


def test_a_step_is_given_the_vector_and_the_slots_and_changes_them_in_place(model, data):
    slots = {name: np.zeros(model.layout.trainable_size) for name in model.optimizer.slots}
    before, generator = model.vector.copy(), np.random.default_rng(0)
    step = TrainingStep(Setup(model, model.loss, model.optimizer, slots, data, 6, generator))
    step.run(data, np.arange(6)[None], [(0.1, 0.0)])
    assert (model.vector != before).any()
    assert all(slot.any() for slot in slots.values())
    traced = trace(model, model.loss, data, 6)
    assert traced.model_leaves() == (traced.parameters, traced.statistics)


def test_a_prediction_sees_what_was_learnt_since_it_was_traced(model, data):
    forward = Forward(model, 6)
    before = forward(data.x).copy()
    model.vector *= 2
    assert (forward(data.x) != before).all()


def test_weight_decay_takes_its_share_off_the_parameters_first(model, data):
    model.compile(SGD(0.5, weight_decay=0.1), MeanSquaredError())
    plain, size = model.vector.copy(), model.layout.trainable_size
    model.step(data, 6).run(data, np.arange(6)[None], [(0.5, 0.0)])
    undecayed, model.vector[:] = model.vector[:size].copy(), plain
    model.step(data, 6).run(data, np.arange(6)[None], [(0.5, 0.05)])
    np.testing.assert_allclose(model.vector[:size], undecayed - 0.05 * plain[:size], rtol=1e-12)


KINDS = {
    "dense": lambda: Dense(3, activation="tanh", kernel_regularizer={"type": "l2"}),
    "conv1d": lambda: Conv1D(2, 3, padding="same", activation="relu"),
    "batch_normalization": BatchNormalization,
    "dropout": lambda: Dropout(0.5),
    "max_pooling1d": lambda: MaxPooling1D(2, strides=1, padding="same"),
}


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), Adam(0.1, clipnorm=1.0)])
@pytest.mark.parametrize("kind", KINDS)
def test_four_times_as_deep_is_four_times_the_work(kind, optimizer):
    """From the layers to the step that trains them, for layers of every kind."""

    def make(depth):
        layers = [Dense(3), *(KINDS[kind]() for _ in range(depth))]
        model = Sequential(layers)
        model.build((6, 4))
        model.compile(optimizer, MeanSquaredError())
        x = np.zeros((5, 6, 4), np.float32)
        y = np.zeros((5, *model.output_shape), np.float32)
        model.step(model.examples(x, y), 5)
        model.predict(x)

    make(2)  # what is loaded when it is needed for the first time
    few, many = (calls_of(lambda depth=depth: make(depth)) for depth in (10, 40))
    assert many < 4.2 * few


def test_a_penalty_of_zeros_times_a_factor_beyond_the_largest_number_is_none():
    layer = Dense(1, kernel_initializer="zeros", kernel_regularizer={"type": "l1", "l1": 1e300})
    model = Sequential([layer])
    model.build((1,))
    assert math.isnan(Penalty(model)())


def test_a_penalty_beyond_the_largest_number_is_infinite():
    layer = Dense(1, weights={"kernel": [[1e200]], "bias": [0]}, kernel_regularizer="l2")
    model = Sequential([layer], dtype="float64")
    model.build((1,))
    assert Penalty(model)() == math.inf


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), Adam(0.1, clipnorm=1.0)])
def test_threads_that_share_large_products_change_no_byte(optimizer, monkeypatch):
    """Of products, outputs and figures, however many threads BLAS and Python may have."""
    monkeypatch.setattr(numpy_calls, "MULTIPLY_ADDS_A_PIECE", 100_000)
    draws = np.random.default_rng(0)
    x, y = draws.standard_normal((40, 30)), draws.standard_normal((40, 1))
    run, found, at_once = Team.run, [], set()
    monkeypatch.setattr(
        Team, "run", lambda team, works: (at_once.add(len(works)), run(team, works))
    )
    for threads in (1, 2, 4):
        monkeypatch.setattr(machine, "available_threads", lambda processes=1, n=threads: n)
        with machine.thread_limit(threads):
            model = Sequential([Dense(512, "relu"), Dense(512, "tanh"), Dense(1)], seed=2)
            model.compile(optimizer, "mean_squared_error", ["mae"])
            history = model.fit(x, y, batch_size=20, epochs=2, verbose=0, validation_split=0.25)
        found.append((model.vector.tobytes(), history.history))
    assert found[0] == found[1] == found[2]
    assert at_once == {2, 4}
