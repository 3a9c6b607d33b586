"""Models that predict together, and the random numbers of each."""

import tracemalloc

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.layers import Dense, Dropout
from nnctl.network.activations import sigmoid
from nnctl.system import machine
from nnctl.training import evaluation
from nnctl.training.blocks import BLOCK_BYTES
from nnctl.training.ensemble import Ensemble
from nnctl.training.seeds import generator

PURPOSES = ["split", "weights", "shuffle", "dropout"]


def member(number: int, metrics: tuple[str, ...] = ("accuracy",), l2: str | None = None):
    layers = [Dense(6, activation="relu", kernel_regularizer=l2), Dropout(0.3), Dense(1)]
    model = Sequential(layers, seed=7, member=number)
    model.compile("adam", {"type": "binary_crossentropy", "from_logits": True}, metrics)
    model.build((4,))
    return model


@pytest.fixture
def rows():
    draws = np.random.default_rng(0)
    return draws.normal(size=(1300, 4)).astype("float32"), draws.integers(0, 2, 1300)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_member_has_its_number_behind_the_spawn_key(purpose):
    key = PURPOSES.index(purpose)
    for number in (1, 2, 9):
        spawned = (key,) if number == 1 else (key, number)
        wanted = np.random.Generator(np.random.PCG64(np.random.SeedSequence(7, spawn_key=spawned)))
        found = generator(7, purpose, number)
        assert found.integers(1 << 60, size=4).tolist() == wanted.integers(1 << 60, size=4).tolist()


def test_members_draw_weights_order_and_masks_of_their_own(rows):
    single = Sequential([Dense(6, activation="relu"), Dropout(0.3), Dense(1)], seed=7)
    single.compile("adam", {"type": "binary_crossentropy", "from_logits": True}, ["accuracy"])
    single.build((4,))
    models = [member(1), member(2), member(3)]
    assert (single.vector == models[0].vector).all()
    for model in models[1:]:
        model.vector[:] = models[0].vector  # so that order and masks alone tell them apart
    for model in (single, *models):
        model.fit(*rows, epochs=1, verbose=0)
    assert (single.vector == models[0].vector).all()
    assert len({model.vector.tobytes() for model in models}) == 3


def test_what_is_predicted_is_the_mean_probability(rows):
    x, _ = rows
    together = Ensemble([member(k) for k in (1, 2, 3)])
    wanted = np.mean([sigmoid(each.predict(x)) for each in together.members], axis=0)
    assert np.allclose(sigmoid(together.predict(x)), wanted, atol=1e-7)
    each = np.concatenate([out for _, out in together.outputs_of_each(x)], axis=1)
    assert (each == [model.predict(x) for model in together.members]).all()


def test_figures_are_those_of_the_mean(rows):
    x, y = rows
    together = Ensemble([member(k, ("accuracy", "auc"), "l2") for k in (1, 2, 3)])
    p = np.mean([sigmoid(each.predict(x)) for each in together.members], axis=0)[:, 0]
    found = together.evaluator.figures(together.examples(x, y))
    penalty = np.mean([each.evaluator.penalty() for each in together.members])
    assert list(found) == ["loss", "accuracy", "auc"]
    losses = -np.log(np.where(y == 1, p, 1 - p))
    assert found["loss"] == pytest.approx(losses.mean() + penalty, rel=1e-6)
    assert penalty > 0
    assert found["accuracy"] == pytest.approx(((p > 0.5) == y).mean())


def test_the_loss_of_each_row_counts_as_its_weight_says(rows):
    x, y = rows
    together = Ensemble([member(k, l2="l2") for k in (1, 2)])
    p = np.mean([sigmoid(each.predict(x)) for each in together.members], axis=0)[:, 0]
    losses = -np.log(np.where(y == 1, p, 1 - p))
    weights = np.linspace(0, 2, len(x))
    for weight, times in ((None, 1.0), (weights, weights)):
        found = together.evaluator.losses_by_row(together.examples(x, y, weight))
        assert found.shape == (len(x),) and found.dtype == np.float64
        assert found == pytest.approx(losses * times, rel=1e-5, abs=1e-7)


def test_other_metrics_can_be_chosen(rows):
    together = Ensemble([member(k) for k in (1, 2)])
    together.compile(together.optimizer, together.loss, {"f1": "f1"})
    assert list(together.evaluator.figures(together.examples(*rows))) == ["loss", "f1"]


CLASSES = 3000


def wide(number: int) -> Sequential:
    model = Sequential([Dense(CLASSES)], seed=7, member=number)
    model.compile("adam", {"type": "sparse_categorical_crossentropy", "from_logits": True})
    model.build((4,))
    return model


@pytest.mark.slow
def test_many_classes_of_many_members_are_joined_some_rows_at_a_time():
    """Beside what is there anyway, a block's outputs of each member, and what joins a few rows."""
    draws = np.random.default_rng(0)
    x, y = draws.normal(size=(1500, 4)).astype("float32"), draws.integers(0, CLASSES, 1500)
    together = Ensemble([wide(k) for k in range(1, 5)])
    data = together.examples(x, y)
    with machine.thread_limit(1):
        wanted = together.evaluator.figures(data)  # which makes the programs, too
        tracemalloc.start()
        try:
            assert together.evaluator.figures(data) == wanted
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    block = evaluation.MOST_ROWS * CLASSES * 4
    assert peak < 4 * 2 * block + 2 * BLOCK_BYTES


@pytest.mark.parametrize(("classes", "held"), [(2000, 4), (200_000, 2), (4, 8)])
def test_outputs_that_wait_for_each_other_are_few_where_they_are_wide(classes, held, monkeypatch):
    monkeypatch.setattr(evaluation, "MULTIPLY_ADDS_WORTH_A_WORKER", 0)
    monkeypatch.setattr(machine, "available_threads", lambda *given: 2)
    model = Sequential([Dense(classes)], seed=7)
    model.compile("adam", "mean_squared_error")
    model.build((1,))
    made = []
    picked = evaluation.pick_rows
    monkeypatch.setattr(
        evaluation, "pick_rows", lambda x, rows: made.append(rows) or picked(x, rows)
    )
    next(model.outputs(np.zeros((6000, 1), np.float32)))
    assert len(made) == held
