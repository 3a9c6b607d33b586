"""The loop: what it tells, what it adds up, and that its state is all there is to a run."""

import json
import math

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.layers import Dense, Dropout
from nnctl.network.losses import LOSSES
from nnctl.optimizers import SGD, Adam
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd
from nnctl.training.loop import TrainingDiverged

ROWS = 23  # four batches of 6, the last one short


def data():
    generator = np.random.default_rng(3)
    x = generator.standard_normal((ROWS, 4))
    return x, generator.integers(0, 3, ROWS)


def new_model(optimizer=None, dropout=True, dtype="float32"):
    layers = [Dense(7, "relu"), *([Dropout(0.3)] if dropout else []), Dense(3)]
    model = Sequential(layers, seed=5, dtype=dtype)
    loss = {"type": "sparse_categorical_crossentropy", "from_logits": True}
    model.compile(optimizer or Adam(0.01), loss, ["accuracy", "f1", "auc"])
    return model


def training_of(model, epochs=4, shuffle=True):
    examples = model.examples(*data())
    return model.training(
        examples, examples.rows(slice(0, 9)), epochs=epochs, batch_size=6, shuffle=shuffle
    )


def everything(model):
    """All that a run leaves behind, as bytes and text, times aside."""
    state = model.state()
    arrays = {name: array.tobytes() for name, array in state.arrays().items()}
    numbers = {k: v for k, v in state.numbers().items() if k != "seconds"}
    return arrays, json.dumps(numbers)


OPTIMIZERS = {
    "adam": lambda: Adam(0.01),
    "momentum": lambda: SGD(0.05, momentum=0.9),
    "schedule": lambda: SGD(
        {
            "type": "exponential_decay",
            "initial_learning_rate": 0.1,
            "decay_steps": 3,
            "decay_rate": 0.7,
        }
    ),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_same_run_twice_has_the_same_bytes(optimizer):
    first, second = (new_model(optimizer()) for _ in range(2))
    for model in (first, second):
        training_of(model).run()
    assert everything(first) == everything(second)


def interrupted_at(model, count, monkeypatch):
    """Trains until so many events have come, then stops; returns the state as a file would."""
    training = training_of(model)
    events = training.events()
    for _ in range(count):
        next(events)
    state = model.state()
    arrays = {name: array.copy() for name, array in state.arrays().items()}
    return arrays, json.loads(json.dumps(state.numbers()))


@pytest.mark.slow
@pytest.mark.parametrize("events", range(1, 16))
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_restored_state_goes_on_to_the_same_bytes(optimizer, events, monkeypatch):
    # With few batches at once, the run stops within epochs as well as between them.
    monkeypatch.setattr("nnctl.training.loop.MOST_BATCHES_AT_ONCE", 2)
    whole = new_model(optimizer())
    training_of(whole).run()
    saved = interrupted_at(new_model(optimizer()), events, monkeypatch)
    fresh = new_model(optimizer())
    training = training_of(fresh)
    fresh.state().restore(*saved)
    training.run()
    assert everything(fresh) == everything(whole)
    assert np.shares_memory(fresh.state().vector, fresh.vector)


def test_an_epoch_tells_batches_then_its_end(monkeypatch):
    monkeypatch.setattr("nnctl.training.loop.MOST_BATCHES_AT_ONCE", 2)
    # While it validates, it tells where it is now and then, and on a busy machine that is here.
    monkeypatch.setattr("nnctl.training.loop.BETWEEN_EVENTS", math.inf)
    events = list(training_of(new_model(), epochs=2).events())
    told = [(type(e), e.epoch, getattr(e, "batch", None)) for e in events]
    once = [(BatchEnd, 2), (BatchEnd, 3), (BatchEnd, 4), (EpochEnd, None)]
    assert told == [(kind, epoch, batch) for epoch in (1, 2) for kind, batch in once]
    assert [e.rows for e in events[:3]] == [12, 18, ROWS]
    figures = ["loss", "accuracy", "f1", "auc"]
    assert list(events[0].logs) == figures
    assert list(events[3].logs) == figures + [f"val_{name}" for name in figures]


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    x, y = data()
    model = new_model(SGD(1e-30), dropout=False, dtype="float64")  # a rate that changes nothing
    history = model.fit(x, y, batch_size=6, epochs=1, verbose=0).history
    loss = LOSSES["sparse_categorical_crossentropy"](from_logits=True)
    assert history["loss"][0] == pytest.approx(float(loss(y, model(x))), rel=1e-12)
    assert history["accuracy"][0] == pytest.approx((model(x).argmax(1) == y).mean())


def test_every_row_is_seen_once_an_epoch_in_another_order():
    orders = []

    class Spy(Callback):
        def on_epoch_end(self, run, event):
            orders.append(run.state.order.tolist())

    training_of(new_model(), epochs=3).run([Spy()])
    assert all(sorted(order) == list(range(ROWS)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_without_shuffling_rows_keep_their_order():
    training = training_of(new_model(), epochs=1, shuffle=False)
    training.run()
    assert training.state.order.tolist() == list(range(ROWS))


def test_a_callback_stops_the_run_and_learns_why():
    class Stop(Callback):
        def on_epoch_end(self, run, event):
            if event.epoch == 2:
                run.stop("interrupted")

        def on_train_end(self, run, event):
            ends.append((event.reason, event.epoch))

    ends: list = []
    assert training_of(new_model()).run([Stop()]).reason == "interrupted"
    assert ends == [("interrupted", 2)]


def test_a_loss_that_is_no_number_ends_the_run_and_says_where():
    class End(Callback):
        def on_train_end(self, run, event):
            reasons.append(event.reason)

    reasons: list = []
    model = Sequential([Dense(1)], dtype="float32")
    model.compile(SGD(1e30), "mean_squared_error")
    x, _ = data()
    with pytest.raises(TrainingDiverged, match="the loss is inf in epoch 2, by batch 1 of 1"):
        model.fit(x, x[:, :1], epochs=5, verbose=0, callbacks=[End()])
    assert reasons == ["diverged"]


def test_a_whole_batch_is_bound_and_trains_like_a_gathered_one():
    x, y = data()
    results = []
    for rows in (ROWS, ROWS + 7):  # a batch of all rows, and one that asks for more
        model = new_model(SGD(0.1), dropout=False, dtype="float64")
        model.fit(x, y, batch_size=rows, epochs=3, verbose=0)
        results.append(model.vector.copy())
    assert results[0].tobytes() == results[1].tobytes()
    assert not math.isnan(results[0].sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_the_first_loss_is_that_of_the_first_batch_with_its_penalty(weighted):
    x, y = data()
    weight = np.linspace(0.5, 2, ROWS).astype(np.float32) if weighted else None
    model = Sequential([Dense(3, kernel_regularizer={"type": "l2", "l2": 0.5})], seed=5)
    loss = {"type": "sparse_categorical_crossentropy", "from_logits": True}
    model.compile(Adam(0.01), loss)
    examples = model.examples(x, y)
    examples.weight = weight
    (kernel, bias) = (array.copy() for array in model.get_weights())
    training = model.training(examples, epochs=3, batch_size=6, shuffle=False)
    assert model.state().first_loss is None
    training.run()
    logits = x[:6].astype(np.float64) @ kernel + bias
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), y[:6]]
    expected = (losses * (1 if weight is None else weight[:6])).mean() + 0.5 * (kernel**2).sum()
    assert model.state().first_loss == pytest.approx(expected, rel=1e-5)
    numbers = json.loads(json.dumps(model.state().numbers()))
    assert numbers["first_loss"] == model.state().first_loss


def test_the_state_knows_which_epoch_its_parameters_are_of():
    model = new_model()
    training = training_of(model, epochs=3)
    state = model.state()

    class KeepSecond(Callback):
        def on_epoch_end(self, run, event):
            if event.epoch == 2:
                run.keep_best()

    training.run([KeepSecond()])
    assert (state.epoch, state.best_epoch, state.weights_epoch) == (3, 2, 3)
    training.restore_best()
    assert state.weights_epoch == 2
    training_of(model, epochs=4).run()
    assert (state.epoch, state.weights_epoch) == (4, 4)
