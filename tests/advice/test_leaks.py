"""What gives a target away is told, and what does so by chance is not."""

import math
from datetime import datetime, timedelta

import numpy as np
import pytest

from nnctl.advice import column_checks
from nnctl.advice.leaks import Target, that_may_tell, told_by
from tests.advice.cases import BINARY, HIDDEN, SPARSE, config, dense
from tests.advice.conftest import write

ROWS = 400
DRAWS = np.random.default_rng(3)
X = DRAWS.normal(size=ROWS)
SIDE = (X > 0.3).astype(int)
FIFTHS = np.digitize(X, [-1, 0, 0.5, 1.2])
CODES = DRAWS.permutation(40)[np.arange(ROWS) % 40] * 3.0
RARE = (np.sort(X)[-6] < X).astype(int)  # in five rows
PATIENT = np.arange(ROWS) // 2

CLASSES = {
    "a threshold": (X, SIDE, "by a threshold alone"),
    "a threshold from above": (-X, SIDE, "by a threshold alone"),
    "a threshold of whole numbers": (np.floor(X * 10), X >= 0.3, "by a threshold alone"),
    "thresholds": (X, FIFTHS, "by thresholds alone"),
    "classes in another order": (X, np.array([3, 0, 4, 1, 2])[FIFTHS], "by thresholds alone"),
    "a code for a class": (np.array([7, 2, 9, 4, 1])[FIFTHS], FIFTHS, "by its values alone"),
    "values of many": (CODES, CODES % 2, "by its values alone"),
    "a rare class": (X, RARE, "by a threshold alone"),
    "one row is different": (X, np.where(np.arange(ROWS) == 77, 1 - SIDE, SIDE), None),
    "a part of the classes": (np.maximum(X, 0), FIFTHS, None),
    "values as many as rows": (DRAWS.permutation(ROWS), SIDE, None),
    "two rows a value": (PATIENT, (PATIENT * 7919) % 11 % 2, None),
    "nothing": (DRAWS.normal(size=ROWS), SIDE, None),
    "the same rows twice": (np.repeat(X[:200], 2), np.repeat(np.arange(200) % 2, 2), None),
    "few rows, each many times": (np.repeat(X[:8], 5), np.repeat(X[:8] > 0, 5), None),
    "one row of a class": (X, (X.max() == X).astype(int), None),
}
NUMBERS = {
    "a copy": (X, X, "which rises or falls with it"),
    "another unit": (1.8 * X + 32, X, "which rises or falls with it"),
    "less of it": (5 - X, X, "which rises or falls with it"),
    "its logarithm": (X, np.exp(X), "which rises or falls with it"),
    "rounded": (X, np.round(X), "which rises or falls with it"),
    "in single precision": (X.astype(np.float32), X, "which rises or falls with it"),
    "a code for a number": (CODES, (CODES * 7) % 23, "by its values alone"),
    "rounded itself": (np.round(X, 1), X, None),
    "near it": (X + 0.01 * DRAWS.normal(size=ROWS), X, None),
    "its square root, but for the sign": (X, X**2, None),
    "a target that is always the same": (X, np.ones(ROWS), None),
    "far apart": (X * 1e307, np.sign(X) * 1.7e308, "which rises or falls with it"),
}


def judged(column, values, are_numbers):
    target = Target.of_numbers(values) if are_numbers else Target(values)
    told = told_by(column, target)
    return told.how if told is not None and told.is_no_chance(100) else None


@pytest.mark.parametrize(("column", "values", "how"), CLASSES.values(), ids=CLASSES)
def test_a_column_that_tells_classes(column, values, how):
    assert judged(column, values.astype(int), False) == how


@pytest.mark.parametrize(("column", "values", "how"), NUMBERS.values(), ids=NUMBERS)
def test_a_column_that_tells_numbers(column, values, how):
    assert judged(column, values, True) == how


@pytest.mark.parametrize("are_numbers", [False, True])
def test_a_sample_leaves_out_no_column_that_tells(are_numbers, monkeypatch):
    monkeypatch.setattr("nnctl.advice.leaks.FIRST_LOOK", 60)
    monkeypatch.setattr("nnctl.advice.leaks.NUMBERS_AT_ONCE", 200)  # a few columns together
    for column, values, how in (NUMBERS if are_numbers else CLASSES).values():
        target = Target.of_numbers(values) if are_numbers else Target(values.astype(int))
        rows = target.sample()
        assert len(rows) <= 130 and (np.diff(rows) > 0).all()
        if target.kinds > 1:
            assert target.at(rows).kinds > 1
        others = DRAWS.normal(size=len(column)), np.zeros(len(column))
        columns = np.column_stack([others[0], column, others[1], column])
        found = that_may_tell(columns[rows], target.at(rows))
        assert how is None or found == [1, 3]


def test_the_chance_of_a_threshold_is_that_of_one_order_in_all():
    target = Target(np.array([0] * 6 + [1] * 4))
    told = told_by(np.arange(10.0), target)
    assert told is not None and math.exp(told.log_chance) == pytest.approx(2 / math.comb(10, 4))


def test_columns_without_meaning_are_hardly_ever_told():
    draws = np.random.default_rng(0)
    for _ in range(300):
        values = draws.integers(0, 2, 24)
        for column in (draws.normal(size=24), draws.integers(0, 20, 24)):
            assert judged(column, values, False) is None


LAYERS = (HIDDEN, dense(1))


@pytest.mark.parametrize("scale", ["none", "standardize", "minmax"])
@pytest.mark.parametrize("most", [10**6, pytest.param(ROWS // 3, marks=pytest.mark.slow)])
def test_all_that_leaks_is_left_out_by_one_change(scale, most, folder, advise, monkeypatch):
    monkeypatch.setattr(column_checks, "MOST_LOOKED_AT", most)
    row = np.arange(ROWS)
    table = {
        "index": row,
        "late": np.round(X * 1000 + 5e5, 1),
        "a": DRAWS.normal(size=ROWS).round(3),
        "word": np.where(X > 0.3, "yes", np.where(X < -1, "no", "so")),
        "b": DRAWS.normal(size=ROWS).round(3),
        "t": SIDE,
    }
    write(table, folder / "leaky.csv", ROWS)
    text = config("leaky", "t", *LAYERS, loss=BINARY, data=f", scale: {scale}, validation: 0.2")
    found = [each for each in advise(text) if each.code != "unscaled-inputs"]
    assert {(each.code, each.message.split('"')[1]) for each in found} == {
        ("identifier", "index"),
        ("target-in-features", "late"),
        ("target-in-features", "word"),
    }
    assert {each.change for each in found} == {"data.features: [a, b]"}
    told = [each.message for each in found if "late" in each.message]
    assert told[0].startswith(
        'the column "late" tells the target "t" in every row, by a threshold alone; '
    )


def test_each_of_several_targets_may_be_given_away(folder, advise):
    table = {"a": X.round(4), "b": -(X.round(4) ** 3), "one": DRAWS.normal(size=ROWS), "two": X**3}
    write(table, folder / "several.csv", ROWS)
    found = advise(config("several", "[one, two]", HIDDEN, dense(2)))
    assert [each.message.split('"')[1:4:2] for each in found] == [["a", "two"], ["b", "two"]]


def test_what_is_ignored_is_not_left_out_by_the_change(folder, advise):
    table = {"index": np.arange(ROWS), "x": X, "a": DRAWS.normal(size=ROWS), "t": SIDE}
    write(table, folder / "leaky.csv", ROWS)
    text = config("leaky", "t", *LAYERS, loss=BINARY, data=", scale: standardize")
    (advice,) = advise(text + "ignore_advice: [identifier]\n")
    assert advice.change == "data.features: [index, a]"


def test_one_class_of_three_that_a_threshold_parts_is_no_leak(folder, advise):
    kind = np.where(X < -0.5, "first", np.where(DRAWS.random(ROWS) < 0.5, "second", "third"))
    write({"x": X, "a": DRAWS.normal(size=ROWS), "kind": kind}, folder / "part.csv", ROWS)
    assert advise(config("part", "kind", HIDDEN, dense(3), loss=SPARSE)) == ()


DAYS = [datetime(2020, 3, 1) + timedelta(days=k, hours=7 * k) for k in range(ROWS)]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("%Y-%m-%d", "{type: date}"),
        ("%Y-%m-%dT%H:%M:%S+02:00", "{type: date}"),
        ("%d.%m.%Y %H:%M", "{type: date, format: '%d.%m.%Y %H:%M'}"),
    ],
)
def test_dates_in_words_become_dates_by_the_change(form, told, folder, advise):
    table = {
        "sold": [f"{day:{form}}" for day in DAYS],
        "person": [f"person {k}" for k in range(ROWS)],
        "a": DRAWS.normal(size=ROWS).round(3),
        "t": SIDE,
    }
    write(table, folder / "dated.csv", ROWS)
    scaled = ", scale: standardize"
    found = {
        each.message.split('"')[1]: each
        for each in advise(config("dated", "t", *LAYERS, loss=BINARY, data=scaled))
    }
    assert {each.code for each in found.values()} == {"identifier"}
    assert found["sold"].change == f"data.columns.sold: {told}"
    assert f"has {ROWS} categories in {ROWS} rows, which are dates; " in found["sold"].message
    assert found["person"].change == "data.features: [sold, a]"
    mended = f"{scaled}, features: [sold, a], columns: {{sold: {told}}}"
    assert advise(config("dated", "t", *LAYERS, loss=BINARY, data=mended)) == ()


@pytest.mark.parametrize(
    "cells",
    [
        [f"{1 + k % 12}/{1 + k // 12 % 12}/20{k // 144:02}" for k in range(ROWS)],  # two ways
        [*(f"{day:%Y-%m-%d}" for day in DAYS[1:]), "later"],
        [*(f"{day:%Y-%m-%dT%H:%M}" for day in DAYS[1:]), "2020-01-01T00:00+02:00"],
    ],
)
def test_what_may_be_no_date_is_left_out_by_the_change(cells, folder, advise):
    table = {"sold": cells, "a": DRAWS.normal(size=ROWS).round(3), "t": SIDE}
    write(table, folder / "dated.csv", ROWS)
    text = config("dated", "t", *LAYERS, loss=BINARY, data=", scale: standardize")
    (advice,) = advise(text)
    assert (advice.code, advice.change) == ("identifier", "data.features: [a]")
