"""Ranks that train together reach what one process reaches, whatever the network."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.layers import (
    BatchNormalization,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    LayerNormalization,
    MaxPooling1D,
    RandomContrast,
    RandomRotation,
    RandomTranslation,
    Reshape,
)
from nnctl.losses import MeanSquaredError, SparseCategoricalCrossentropy
from nnctl.optimizers import SGD, Adam
from nnctl.training.loop import TrainingDiverged
from nnctl.training.monitors import EarlyStopping
from nnctl.training.ranks import AgreedError, first_alone, together
from tests.training.threaded_ranks import in_ranks

ROWS, SIZES = 31, [1, 2, 3, 4, 7]
GENERATOR = np.random.default_rng(5)
X = GENERATOR.normal(size=(ROWS, 8, 3))
LABELS = GENERATOR.integers(0, 3, ROWS)
WEIGHTS = GENERATOR.uniform(0.5, 2, ROWS)
NETWORKS = {
    "dense": lambda: [Flatten(), Dense(5, activation="tanh", kernel_regularizer="l2"), Dense(3)],
    "convolution": lambda: [
        Conv1D(4, 3, activation="relu"),
        MaxPooling1D(2),
        Flatten(),
        Dense(3),
    ],
    "batch_normalization": lambda: [
        Conv1D(4, 3),
        BatchNormalization(momentum=0.5),
        Flatten(),
        Dense(4),
        BatchNormalization(),
        Dense(3),
    ],
    "layer_normalization": lambda: [LayerNormalization(), Flatten(), Dense(3)],
    "dropout": lambda: [Flatten(), Dropout(0.4), Dense(6, activation="relu"), Dense(3)],
    "augmentation": lambda: [
        Reshape((-1, 2, 1)),
        RandomRotation(0.5),
        RandomTranslation(0.5, 0.5, "constant"),
        RandomContrast(0.5, (-9, 9)),
        Flatten(),
        Dense(3),
    ],
}
OPTIMIZERS = {
    "adam": lambda: Adam(0.01),
    "clipnorm": lambda: SGD(0.1, clipnorm=0.1),
    "global_clipnorm": lambda: SGD(0.1, global_clipnorm=0.1, weight_decay=0.01),
    "clipvalue": lambda: SGD(0.1, clipvalue=0.01),
}


def trained(ranks, network="dense", optimizer="adam", batch_size=10, dtype="float64"):
    model = Sequential(NETWORKS[network](), seed=3, dtype=dtype, ranks=ranks)
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile(OPTIMIZERS[optimizer](), loss, ["accuracy"])
    history = model.fit(
        X,
        LABELS,
        batch_size=batch_size,
        epochs=3,
        verbose=0,
        validation_data=(X[:20], LABELS[:20]),
        sample_weight=WEIGHTS,
    )
    return history.history, model.vector.copy(), model.predict(X)


def check(cases, divided):
    """All ranks agree to the byte, and with one process but for the order of sums."""
    one = trained(None, **cases)
    for size in (2, 7) if divided else SIZES:
        ranks = in_ranks(size, lambda ranks: trained(ranks, **cases), divided)
        history, vector, output = ranks[0]
        for other in ranks[1:]:
            assert other[0] == history
            assert other[1].tobytes() == vector.tobytes()
            assert other[2].tobytes() == output.tobytes()
        for name, values in one[0].items():
            np.testing.assert_allclose(history[name], values, rtol=1e-10, err_msg=f"{size} {name}")
        np.testing.assert_allclose(vector, one[1], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(output, one[2], rtol=1e-8, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_trains_as_in_one_process(network, divided):
    check({"network": network}, divided)


@pytest.mark.slow
@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_gradients_are_clipped_when_they_are_whole(optimizer, divided):
    check({"optimizer": optimizer}, divided)


# Full batches; last batches of 1 and 3 rows, which leave ranks without any; batches of one row.
@pytest.mark.slow
@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("batch_size", [ROWS, 100, 15, 14, 1])
def test_batches_of_any_size_are_shared(batch_size, divided):
    check({"network": "batch_normalization", "batch_size": batch_size}, divided)


def test_float32_stays_float32():
    history, vector, output = in_ranks(2, lambda ranks: trained(ranks, dtype="float32"))[1]
    assert vector.dtype == output.dtype == np.float32
    np.testing.assert_allclose(history["loss"], trained(None, dtype="float32")[0]["loss"], 1e-5)


def test_each_rank_updates_its_part_of_parameters_and_has_all_slots():
    def state(ranks):
        model = Sequential([Flatten(), Dense(3)], seed=3, dtype="float64", ranks=ranks)
        model.compile(Adam(0.01), MeanSquaredError())
        data = model.examples(X, np.eye(3)[LABELS])
        model.training(data, epochs=1, batch_size=20).run()
        names = {call.value.name for call in model.step(data, 20).program.calls}
        return model.state().slots, names

    (alone, _), (slots, names) = state(None), in_ranks(3, state, divided=True)[1]
    assert {"unite_parts", "sum_over_parts"} <= names
    for name, slot in slots.items():
        np.testing.assert_allclose(slot, alone[name], rtol=1e-10, atol=1e-15)


def test_a_stop_in_one_rank_stops_all():
    def stopped(ranks):
        model = Sequential([Flatten(), Dense(1)], dtype="float64", ranks=ranks)
        model.compile(SGD(1e-3), MeanSquaredError())
        training = model.training(
            model.examples(X, LABELS * 1.0), model.examples(X, LABELS), epochs=50, batch_size=5
        )
        for event in training.events():
            if ranks.rank == 1 and event.epoch == 3:
                training.stop("interrupted")
        return model.state().epoch, model.state().batch

    first, second, third = in_ranks(3, stopped)
    assert first == second == third
    assert first[0] < 4


def test_callbacks_decide_alike_in_all_ranks():
    def patient(ranks):
        model = Sequential([Flatten(), Dense(1)], dtype="float64", ranks=ranks)
        model.compile(SGD(0.02), MeanSquaredError())
        stopping = EarlyStopping(monitor="loss", patience=2, min_delta=0.01)
        model.fit(X, LABELS, epochs=200, verbose=0, callbacks=[stopping])
        return model.state().epoch

    one = patient(None)
    assert 2 < one < 200
    assert in_ranks(3, patient) == [one] * 3


def test_all_ranks_diverge_together():
    def wild(ranks):
        model = Sequential([Flatten(), Dense(3), Dense(1)], ranks=ranks)
        model.compile(SGD(1e20), MeanSquaredError())
        with pytest.raises(TrainingDiverged):
            model.fit(X, LABELS, epochs=5, verbose=0)
        return model.state().batch

    first, second = in_ranks(2, wild)
    assert first == second


def test_ranks_that_come_apart_are_noticed():
    def drifting(ranks):
        model = Sequential([Flatten(), Dense(1)], ranks=ranks)
        model.compile(SGD(1e-3), MeanSquaredError())
        model.build((8, 3))
        model.vector += ranks.rank
        with pytest.raises(NnctlError, match="come apart"):
            model.fit(X, LABELS, verbose=0)
        return True

    assert in_ranks(2, drifting) == [True, True]


def test_what_goes_wrong_in_one_rank_is_raised_in_all():
    def work(ranks):
        def failing():
            if ranks.rank == 1:
                raise NnctlError(Problem("no such file"))
            return ranks.rank

        with pytest.raises(AgreedError, match="no such file") as caught:
            together(ranks, failing)
        return caught.value.status

    assert in_ranks(3, work) == [ExitStatus.COULD_NOT_RUN] * 3


def test_what_the_first_rank_does_alone_all_are_told():
    done = []

    def work(ranks):
        return first_alone(ranks, lambda: done.append(ranks.rank) or "made")

    assert in_ranks(3, work) == ["made"] * 3
    assert done == [0]
    assert first_alone(None, lambda: 5) == together(None, lambda: 5) == 5
