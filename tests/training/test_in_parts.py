"""A batch in parts is the whole batch but for the order of sums, in the memory of a part."""

import gc
import math
import weakref

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.derivatives.gradcheck.check import CasePrograms, model_case
from nnctl.derivatives.gradcheck.variants import example_layers
from nnctl.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nnctl.losses import MeanSquaredError, SparseCategoricalCrossentropy
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.optimizers import SGD, Adam
from nnctl.system import machine
from nnctl.training import parts
from nnctl.training.coupled import CoupledStep
from nnctl.training.diagnosis import diagnose
from nnctl.training.draws import RowDraws, skip
from nnctl.training.in_parts import StepInParts
from nnctl.training.loop import TrainingDiverged
from nnctl.training.parts import (
    equal_parts,
    fewest_in_a_part,
    make_step,
    parts_worth,
    rows_are_coupled,
)
from nnctl.training.step import Examples, Setup, TrainingStep
from nnctl.training.team import Team
from nnctl.training.update import rates_of
from tests.training.threaded_ranks import in_ranks

ROWS = 11


def model_with(layers, loss="mean_squared_error", optimizer=None, dtype="float64", shape=(4,)):
    model = Sequential(layers, seed=3, dtype=dtype)
    model.build(shape)
    model.compile(optimizer or SGD(0.1), loss)
    return model


def data_for(model, rows=ROWS, weights=True):
    generator = np.random.default_rng(0)
    x = generator.standard_normal((rows, *model.input_shape))
    shape = (rows, *model.output_shape)
    if model.loss.task == "multiclass":
        y = generator.integers(0, shape[-1], shape[:-1])
        if model.loss.target_shape(shape) == shape:
            y = np.eye(shape[-1])[y]
    elif model.loss.task == "binary":
        y = generator.integers(0, 2, shape)
    else:
        y = generator.standard_normal(model.loss.target_shape(shape))
    return model.examples(x, y, generator.uniform(0.5, 2, rows) if weights else None)


def step_of_parts(setup, count):
    return (CoupledStep if rows_are_coupled(setup.model) else StepInParts)(setup, count)


def steps_of(make, count, rows=ROWS, batch=ROWS, break_it=None):
    """What two steps leave behind: outputs, penalty, parameters, slots, the state of draws."""
    model = make()
    data = data_for(model, rows)
    state = model.state()
    setup = Setup(model, model.loss, model.optimizer, state.slots, data, batch, state.dropout)
    step = TrainingStep(setup) if count == 1 else step_of_parts(setup, count)
    if break_it is not None:
        break_it(step)
    order = np.arange(rows) if batch == rows else np.random.default_rng(1).permutation(rows)
    batches = np.stack([order[:batch], order[:batch][::-1] if batch < rows else order])
    rates = [rates_of(model.optimizer, 0.05, t) for t in (0, 1)]
    outputs, penalty = step.run(data, batches, rates)
    slots = {name: slot.copy() for name, slot in state.slots.items()}
    return outputs, penalty, model.vector.copy(), slots, state.dropout.bit_generator.state


def check(make, count, **cases):
    whole, parts = (steps_of(make, n, **cases) for n in (1, count))
    assert not np.array_equal(whole[2], make().vector)
    for name, a, b in zip(("outputs", "penalty", "vector"), whole, parts, strict=False):
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13, err_msg=name)
    for name, slot in whole[3].items():
        np.testing.assert_allclose(parts[3][name], slot, rtol=1e-11, atol=1e-14, err_msg=name)
    assert parts[4] == whole[4]


DRAWING = {"dropout", *(name for name in LAYERS if name.startswith("random_"))}


@pytest.mark.parametrize("batch", [ROWS, 7])
@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_every_layer_learns_in_parts_what_it_learns_whole(layer, batch):
    def make():
        layers = [*example_layers(layer, "tanh"), Flatten(), Dense(2)]
        return model_with(layers, optimizer=Adam(0.1), shape=LAYERS[layer].example_shape)

    check(make, 3, batch=batch)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_a_mean_over_all_parts(loss):
    check(lambda: model_with([Dense(5, "tanh"), Dense(3, "softmax")], loss), 4)


@pytest.mark.parametrize("layer", sorted(set(LAYERS) - DRAWING))
def test_what_the_parts_add_up_is_the_slope_of_the_loss(layer):
    """Against the complex step of the whole loss, which knows of no part and of no derivative."""
    layers = [*example_layers(layer, "tanh"), Flatten(), Dense(2)]
    model = model_with(layers, shape=LAYERS[layer].example_shape)
    data, state = data_for(model), model.state()
    setup = Setup(model, model.loss, model.optimizer, state.slots, data, ROWS, state.dropout)
    step = step_of_parts(setup, 4)
    step.run(data, np.arange(ROWS)[None], [(0.0, 0.0)])
    coupled = isinstance(step, CoupledStep)
    totals = [own.gradient for own in step._programs] if coupled else step._totals
    kept = model.layout.size - model.layout.trainable_size
    views = model.layout.views(np.append(sum(totals), np.zeros(kept)))
    case = CasePrograms(model_case(model, model.loss, data), "complex-step")
    case.move(None)
    generator = np.random.default_rng(4)
    for name in model.layout.trainable:
        direction = generator.standard_normal(views[name].shape)
        slope = case.slope(name, direction)
        np.testing.assert_allclose((views[name] * direction).sum(), slope, rtol=1e-9, err_msg=name)


OPTIONS = [{}, {"clipnorm": 0.01}, {"global_clipnorm": 0.01}, {"clipvalue": 1e-3}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_updates_once_with_the_whole_gradient(optimizer, options):
    def make():
        layers = [Dense(5, "tanh", kernel_regularizer={"type": "l2", "l2": 0.1}), Dense(2)]
        return model_with(layers, optimizer=OPTIMIZERS[optimizer](**options, weight_decay=0.01))

    check(make, 5)


ALONE, COUPLED = (), (BatchNormalization,)  # whose parts wait for each other


@pytest.mark.parametrize("between", [ALONE, COUPLED], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_drops_what_it_drops_of_the_whole_batch(dtype, between):
    def make():
        own = [layer() for layer in between]
        layers = [Dropout(0.3), Dense(5, "tanh"), *own, Dropout(0.5), Dense(3)]
        return model_with(layers, dtype=dtype, shape=(5,))

    whole, parts = steps_of(make, 1), steps_of(make, 4)
    assert parts[4] == whole[4] != make().state().dropout.bit_generator.state
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("waiting", [0, 1])
@pytest.mark.parametrize("dtype", [np.dtype("float32"), np.dtype("float64")])
def test_numbers_are_skipped_as_if_they_had_been_drawn(dtype, waiting):
    for count in range(7):
        drawn, skipped = np.random.default_rng(3), np.random.default_rng(3)
        for generator in (drawn, skipped):
            generator.random(waiting, dtype)
        drawn.random(count, dtype)
        skip(skipped, count, dtype)
        assert skipped.random(5, dtype).tolist() == drawn.random(5, dtype).tolist()
        assert skipped.bit_generator.state == drawn.bit_generator.state


def test_draws_of_parts_are_those_of_the_batch():
    whole, own = np.random.default_rng(1), RowDraws(5)
    began = whole.bit_generator.state
    every = [whole.random((5, k), np.float32) for k in (3, 2)]
    found = []
    for rows in (slice(0, 2), slice(2, 5)):
        own.begin(began, rows)
        shapes = [(rows.stop - rows.start, k) for k in (3, 2)]
        found.append([own.random(None, np.dtype("float32"), np.empty(s, "f")) for s in shapes])
        assert own.generator.bit_generator.state == whole.bit_generator.state
    for k in (0, 1):
        assert np.concatenate([part[k] for part in found]).tolist() == every[k].tolist()


def dense():
    return model_with([Dense(5, "tanh", kernel_regularizer="l2"), Dense(2)], optimizer=Adam(0.1))


def drop_part(step):
    del step._lanes[1][0]


def drop_lane(step):
    del step._lanes[-1]  # whose gradient stays what it was, 0


def count_part_twice(step):
    step._lanes[0].append(step._lanes[0][0])


def sum_up_too_early(step):
    ready = step._ready

    def early(*given):
        turns = list(ready(*given))  # all sums are taken before anything is computed
        yield from turns

    step._ready = early


class Unfilled(np.ndarray):
    """An array that keeps what it has."""

    def fill(self, number):
        pass


def go_on_with_the_sum(step):
    worker = step._workers[0]
    worker.total = worker.total.view(Unfilled)


FAULTS = [drop_part, drop_lane, count_part_twice, sum_up_too_early, go_on_with_the_sum]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("batch", [ROWS, 10])
def test_a_part_that_is_missing_or_counted_twice_is_caught(fault, batch):
    whole, parts = (steps_of(dense, count, batch=batch)[2] for count in (1, 10))
    broken = steps_of(dense, 10, batch=batch, break_it=fault)[2]
    assert np.abs(parts - whole).max() < 1e-12
    assert np.abs(broken - whole).max() > 1e-6


def coupled_model():
    layers = [Dense(5, "tanh", kernel_regularizer="l2"), BatchNormalization(), Dense(2)]
    return model_with(layers, optimizer=Adam(0.1))


def drop_coupled(step):
    del step._programs[0]  # whose gradient stays what it was, and whose statistics do not move


def count_coupled_twice(step):
    step._programs.append(step._programs[1])


def add_up_too_early(step):
    stages = step._shared_by(1)
    later = [stage.sums for stage in stages[1:]]
    stages[:] = [stage._replace(sums=s) for stage, s in zip(stages, [*later, []], strict=True)]


def keep_sums_apart(step):
    for stage in step._shared_by(1):
        stage.sums[:] = stage.sums[:1]


COUPLED_FAULTS = [drop_coupled, count_coupled_twice, add_up_too_early, keep_sums_apart]


@pytest.mark.parametrize("fault", COUPLED_FAULTS)
@pytest.mark.parametrize("batch", [ROWS, 10])
def test_a_coupled_part_that_is_missing_or_counted_twice_is_caught(fault, batch):
    whole, parts = (steps_of(coupled_model, count, batch=batch)[2] for count in (1, 5))
    broken = steps_of(coupled_model, 5, batch=batch, break_it=fault)[2]
    assert np.abs(parts - whole).max() < 1e-12
    assert np.abs(broken - whole).max() > 1e-6


def fitted(count, monkeypatch, ranks=None, batch_size=20, between=()):
    worth = lambda model, loss, data, rows: min(count, rows)  # noqa: E731
    monkeypatch.setattr(parts, "parts_worth", worth)
    generator = np.random.default_rng(2)
    x, y = generator.standard_normal((31, 4)), generator.integers(0, 3, 31)
    own = [layer() for layer in between]
    layers = [Dropout(0.2), Dense(6, "tanh", kernel_regularizer="l2"), *own, Dense(3)]
    model = Sequential(layers, seed=1, dtype="float64", ranks=ranks)
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile(Adam(0.05, clipnorm=0.5), loss, ["accuracy"])
    weights = generator.uniform(0.5, 2, 31)
    given = {"batch_size": batch_size, "epochs": 4, "verbose": 0, "sample_weight": weights}
    history = model.fit(x, y, **given, validation_data=(x[:9], y[:9])).history
    return history, model.vector


@pytest.mark.parametrize(  # the last batches are of 11 rows, and of 3
    ("batch_size", "between"), [(31, ALONE), (20, ALONE), (14, ALONE), (20, COUPLED)], ids=str
)
@pytest.mark.parametrize("size", [None, 2])
def test_a_training_in_parts_tells_the_same_figures(size, batch_size, between, monkeypatch):
    def fit(count, ranks=None):
        return fitted(count, monkeypatch, ranks, batch_size, between)

    history, vector = fit(1)
    found = fit(3) if size is None else in_ranks(size, lambda ranks: fit(3, ranks), True)[1]
    np.testing.assert_allclose(found[1], vector, rtol=1e-10, atol=1e-12)
    for name, values in history.items():
        np.testing.assert_allclose(found[0][name], values, rtol=1e-10, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch_size", "between"), [(31, ALONE), (20, ALONE), (31, COUPLED)], ids=str
)
def test_any_number_of_threads_gives_the_same_bytes(batch_size, between, monkeypatch):
    found, run = [], Team.run
    for threads in (1, 2, 4, 20):
        monkeypatch.setattr(machine, "available_threads", lambda processes=1, n=threads: n)
        at_once = set()
        monkeypatch.setattr(Team, "run", watched(run, at_once))
        fit = fitted(9, monkeypatch, batch_size=batch_size, between=between)
        found.append((*fit, at_once))
    (history, vector, one), *others = found
    assert one == {1}
    most = 9 if between else 8
    for (same_history, same_vector, at_once), threads in zip(others, (2, 4, most), strict=True):
        assert same_history == history
        assert same_vector.tobytes() == vector.tobytes()
        assert max(at_once) == threads


def watched(run, at_once):
    def run_watched(team, works):
        at_once.add(len(works))
        run(team, works)

    return run_watched


def test_a_model_that_keeps_its_step_keeps_no_data_for_it(monkeypatch):
    monkeypatch.setattr(parts, "parts_worth", lambda model, loss, data, rows: 3)
    model = dense()
    data = data_for(model)
    held = [weakref.ref(array) for array in data.arrays()]
    step = model.step(data, 7)
    step.run(data, np.arange(7)[None], [rates_of(model.optimizer, 0.05, 0)])
    assert model.step(data, 7) is step
    del data
    gc.collect()
    assert [array() for array in held] == [None] * 3


def softmax_regression(rows, dtype="float32"):
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model = model_with([Dense(10)], loss, dtype=dtype, shape=(784,))
    return model, Examples(np.zeros((rows, 784), dtype), np.zeros(rows, np.intp))


def step_on(model, data, rows):
    state = model.state()
    setup = Setup(model, model.loss, model.optimizer, state.slots, data, rows, state.dropout)
    return make_step(setup)


@pytest.mark.parametrize("more", [1, 2, 6])
def test_the_memory_of_a_step_does_not_grow_with_its_rows(more):
    model, data = softmax_regression(5000 * more)
    step = step_on(model, data, len(data))
    assert isinstance(step, StepInParts)
    assert step.rows == 5000 * more
    assert step.nbytes < 1_400_000
    assert sum(step.products) == 2 * 784 * 10 * step.rows


def convolution(rows):
    layers = [Conv2D(8, 3, padding="same"), MaxPooling2D(2), Flatten(), Dense(1)]
    model = model_with(layers, dtype="float32", shape=(28, 28, 1))
    return model, Examples(np.zeros((rows, 28, 28, 1), "f"), np.zeros((rows, 1), "f"))


def wide(rows):
    model = model_with([Dense(512), Dense(512), Dense(1)], dtype="float32", shape=(784,))
    return model, Examples(np.zeros((rows, 784), "f"), np.zeros((rows, 1), "f"))


def coupled(rows):
    model = model_with([BatchNormalization(), Dense(1)], dtype="float32", shape=(784,))
    return model, Examples(np.zeros((rows, 784), "f"), np.zeros((rows, 1), "f"))


@pytest.mark.parametrize(
    ("make", "rows", "size"),
    [
        (softmax_regression, 5000, (100, 127)),  # beside its caches, a product of 127 rows is small
        (softmax_regression, 3000, None),
        (convolution, 63, None),  # small enough for the cache as a whole
        (convolution, 1000, (4, 16)),
        (wide, 128, None),
        (wide, 1000, None),
        (wide, 20_000, (1000, 2500)),  # else adding up gradients would take its time
        (coupled, 600, None),
        (coupled, 2000, (250, 1000)),
        (coupled, 100_000, (12_500, 12_500)),  # not more parts than threads can share
    ],
)
def test_batches_are_parted_where_it_is_worth_it(make, rows, size):
    model, data = make(rows)
    count = parts_worth(model, model.loss, data, rows)
    if size is None:
        assert count == 1
        assert isinstance(step_on(model, data, rows), TrainingStep)
    else:
        assert size[0] <= math.floor(rows / count) <= math.ceil(rows / count) <= size[1]


@pytest.mark.parametrize(
    ("rows", "size", "count"),
    [
        *((5000, 224, 25), (5000, 200, 25), (4999, 224, 23)),
        *((64, 32, 2), (96, 32, 4), (129, 32, 8), (288, 32, 16), (512, 32, 16), (544, 32, 17)),
    ],
)
def test_parts_are_as_many_as_threads_share_well_or_are_equal(rows, size, count):
    assert equal_parts(rows, size) == count


@pytest.mark.parametrize("between", [ALONE, COUPLED], ids=str)
def test_rows_that_are_not_finite_are_named_by_their_numbers(between, monkeypatch):
    monkeypatch.setattr(parts, "parts_worth", lambda model, loss, data, rows: 4)
    own = [layer() for layer in between]
    model = Sequential([Dense(2, activation="relu"), *own, Dense(1)], seed=1)
    model.compile(SGD(1e-3), MeanSquaredError())
    x = np.random.default_rng(0).standard_normal((30, 3)).astype(np.float32)
    x[[3, 17]] = np.nan
    data = model.examples(x, np.zeros((30, 1)))
    training = model.training(data, epochs=2, batch_size=30)
    problem = diagnose(training)
    assert problem is not None
    assert "for training row 3" in problem.message
    with pytest.raises(TrainingDiverged):
        model.fit(x, np.zeros((30, 1)), batch_size=20, verbose=0)


@pytest.mark.parametrize(
    ("layers", "shape", "fewest"),
    [
        ([Dense(5)], (784,), 32),
        ([Conv2D(2, 3), Flatten(), Dense(1)], (6, 6, 1), 2),  # 16 places each
        ([Conv2D(2, 3, padding="same"), Flatten(), Dense(1)], (64, 64, 1), 2),
        ([Dense(5), Flatten(), Dense(1)], (4, 3), 8),  # 4 steps each
    ],
)
def test_of_examples_of_many_places_a_part_needs_few(layers, shape, fewest):
    assert fewest_in_a_part(model_with(layers, shape=shape)) == fewest
