"""Inputs that are held as the places of their ones are those that are held as numbers.

A model that is given them so trains and predicts as with the numbers, to rounding.
"""

from typing import Any

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.graph import Name
from nnctl.layers import BatchNormalization, Conv1D, Dense, Dropout, Flatten, Reshape
from nnctl.optimizers import Adam
from nnctl.training import one_hot
from nnctl.training.one_hot import (
    KINDS_A_COLUMN,
    WIDE,
    OneHot,
    are_wide,
    held_of,
    pick_rows,
    takes_of,
    wide_form,
)
from nnctl.training.shuffling import draw_order, in_order
from nnctl.training.step import Examples, numbers_read
from tests.training.one_hot_rows import ROWS, WIDTH, both
from tests.training.threaded_ranks import in_ranks


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(WIDTH,), (4, 3), (2, 2, 3)])
def test_a_batch_is_that_of_the_array(dtype: str, shape: tuple[int, ...]) -> None:
    x, made = both(dtype)
    x, made = x.reshape(ROWS, *shape), made.reshape(ROWS, *shape)
    assert (x.shape, x.dtype, len(x), x.ndim) == (made.shape, made.dtype, ROWS, made.ndim)
    rows = np.random.default_rng(1).permutation(ROWS)[:20]
    out = np.full((20, *shape), np.nan, dtype)
    x.take(rows, 0, out, "clip")
    assert out.tobytes() == made[rows].tobytes()


@pytest.mark.parametrize(
    "rows",
    [slice(None), slice(7, 20), slice(None, None, 9), slice(5, 5), np.array([3, 3, 49]),
     np.arange(ROWS) % 4 == 0, 0, -1, np.int64(7)],
)  # fmt: skip
def test_rows_are_those_of_the_array(rows: Any) -> None:
    x, made = both()
    assert x[rows].shape == made[rows].shape
    assert x[rows].tobytes() == made[rows].tobytes()


def test_a_row_that_there_is_not_is_an_error() -> None:
    with pytest.raises(IndexError):
        both()[0][ROWS]
    with pytest.raises(ValueError, match="cannot reshape"):
        both()[0].reshape(ROWS, 5)


def test_its_rows_are_all_at_hand_and_come_in_the_order_of_an_array_s() -> None:
    x, made = both()
    orders = [draw_order(each, True, np.random.default_rng(3)) for each in (x, made)]
    np.testing.assert_array_equal(*orders)
    np.testing.assert_array_equal(in_order(x, orders[0])[0:ROWS], orders[1])


def test_numbers_are_found_by_their_places():
    x, made = both()
    for places in ([], [3], [9], [3, 9]):
        assert x.numbers_at(places).tolist() == made[:, places].tolist()


@pytest.mark.parametrize(
    ("kinds", "columns", "wide"),
    [
        (WIDE - 1, 1, False),
        (WIDE, 1, True),
        (0, 0, False),
        (KINDS_A_COLUMN * 100 - 1, 100, False),
        (KINDS_A_COLUMN * 100, 100, True),
    ],
)
def test_kinds_decide_what_is_wide(kinds, columns, wide):
    assert are_wide(kinds, columns) is wide
    ones = np.full((4, columns), -1, np.int32)
    x = OneHot(np.zeros((4, 2)), np.array([0, 1]), ones, (4, kinds + 2))
    assert x.is_wide is wide
    assert x.rows(slice(0)).is_wide is wide  # and not how many rows there are
    assert (wide_form(x) is x) is wide and wide_form(x[:]) is None


@pytest.fixture
def all_are_wide(monkeypatch):
    monkeypatch.setattr(one_hot, "WIDE", 1)
    monkeypatch.setattr(one_hot, "KINDS_A_COLUMN", 1)


@pytest.mark.usefixtures("all_are_wide")
def test_a_batch_has_the_numbers_and_the_places():
    x, made = both()
    rows = np.array([4, 0, 49])
    arrays = [np.zeros((3, 2), "float32"), np.zeros((3, 3), np.intp)]
    for take, out in zip(takes_of(x), arrays, strict=True):
        take(rows, 0, out, "clip")
    for array, held in zip(arrays, held_of(x.rows(rows)), strict=True):
        assert array.dtype == held.dtype and array.tolist() == held.tolist()
    assert pick_rows(x, rows)[:].tolist() == made[rows].tolist()
    assert isinstance(pick_rows(x, rows), OneHot)


MODELS = {
    "dense": lambda: [Dense(4, "tanh"), Dense(2)],
    "dense without bias": lambda: [Dense(2, use_bias=False, kernel_regularizer="l2")],
    "flatten": lambda: [Flatten(), Dense(4, "tanh"), Dense(2)],
    "dropout": lambda: [Dropout(0.5), Dense(2)],
    "normalized": lambda: [BatchNormalization(), Dense(2)],
    "of another shape": lambda: [Reshape((6, 2)), Conv1D(3, 2), Flatten(), Dense(2)],
}
MADE_NOT = {"dense", "dense without bias", "flatten"}


def model_of(layers, **more):
    model = Sequential(MODELS[layers](), seed=1, dtype="float64", **more)
    model.build((WIDTH,))
    model.compile(Adam(0.05, global_clipnorm=1.0), "mean_squared_error", ["mae"])
    return model


def targets():
    return np.random.default_rng(5).normal(size=(ROWS, 2))


@pytest.mark.usefixtures("all_are_wide")
@pytest.mark.parametrize("batch_size", [7, ROWS])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layers", MODELS)
def test_a_model_learns_the_same(layers, batch_size, weighted):
    x, made = both("float64")
    weight = np.linspace(0.1, 2, ROWS) if weighted else None
    models = []
    for inputs in (x, made):
        model = model_of(layers)
        model.fit(inputs, targets(), batch_size, epochs=3, verbose=0, sample_weight=weight)
        models.append(model)
    np.testing.assert_allclose(models[0].vector, models[1].vector, rtol=1e-9, atol=1e-12)
    expected = models[0].predict(made)
    np.testing.assert_allclose(models[0].predict(x), expected, rtol=1e-12, atol=1e-14)
    figures = [models[0].evaluate(inputs, targets()) for inputs in (x, made)]
    assert figures[0] == pytest.approx(figures[1], rel=1e-12)


@pytest.mark.usefixtures("all_are_wide")
@pytest.mark.parametrize("layers", MODELS)
def test_inputs_are_made_only_where_more_than_a_product_needs_them(layers):
    x, made = both("float64")
    model = model_of(layers)
    step = model.step(Examples(x, targets()), 7)
    names = {named.value.operation for named in step.program.calls}
    assert (Name.WITH_ONES not in names) == (layers in MADE_NOT)
    scopes = {named.value.scope for named in step.program.calls}
    assert ("inputs" in scopes) == (layers not in MADE_NOT)
    held = 2 + 3
    assert numbers_read(model, x, training=True) == held + (layers not in MADE_NOT) * WIDTH
    assert numbers_read(model, made) == numbers_read(model) == WIDTH
    # Dropout does nothing where it predicts.
    assert numbers_read(model, x) == held + (layers not in MADE_NOT | {"dropout"}) * WIDTH


@pytest.mark.usefixtures("all_are_wide")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_prediction_does_not_depend_on_the_rows_that_come_with_it(dtype):
    x, _ = both(dtype, rows=1200)  # more than two blocks
    model = Sequential([Dense(5, "relu"), Dense(1)], seed=2, dtype=dtype)
    whole = model.predict(x)
    for rows in (slice(0, 1), slice(511, 514), slice(1000, None)):
        assert model.predict(x.rows(rows)).tobytes() == whole[rows].tobytes()


@pytest.mark.usefixtures("all_are_wide")
def test_steps_of_both_forms_are_kept_apart():
    x, made = both("float64")
    model = model_of("dense")
    first, second = (model.step(Examples(inputs, targets()), 7) for inputs in (x, made))
    assert first is not second
    assert first is model.step(Examples(x, targets()), 7)
    assert first.nbytes < second.nbytes


@pytest.mark.usefixtures("all_are_wide")
@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("batch_size", [8, ROWS])
def test_ranks_learn_the_same_together(batch_size, divided):
    x, made = both("float64")
    alone = model_of("dense")
    alone.fit(made, targets(), batch_size, epochs=2, verbose=0)

    def train(ranks):
        model = model_of("dense", ranks=ranks)
        model.fit(x, targets(), batch_size, epochs=2, verbose=0)
        return model.vector.copy(), model.predict(x)

    for vector, predicted in in_ranks(3, train, divided):
        np.testing.assert_allclose(vector, alone.vector, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(predicted, alone.predict(made), rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("all_are_wide")
def test_inputs_with_other_places_are_predicted_by_another_program():
    x, _ = both("float64")
    model = model_of("dense")
    for places in ([3, 9], [0, 11]):
        other = OneHot(x.numbers, np.array(places), x.ones[:, 1:2], x.shape)
        np.testing.assert_allclose(model.predict(other), model.predict(other[:]), atol=1e-14)
