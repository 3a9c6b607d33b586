"""`split: last` takes the latest rows by their date, in whatever order the file has them."""

import numpy as np
import pytest

from nnctl.data.folds import Fold, stretches_of
from nnctl.data.pool import Dealt, Drawn, places_of
from nnctl.data.prepare import Wanted, prepare
from nnctl.data.rules import Rule, Treatment
from nnctl.reading.files import DataFile

ROWS = 40
DAYS = np.random.default_rng(6).permutation(ROWS)  # of the rows, as days of a year
DATED = {"day": Rule("date", parts=("days",)), "paid": Rule("date", parts=("days",))}


@pytest.fixture
def table(tmp_path):
    """Rows that are named by their day, which is also a date; another date runs backwards."""
    start = np.datetime64("2024-01-01")
    lines = [f"{day},{start + day},{start - day},{day % 3}" for day in DAYS]
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(["a,day,paid,y", *lines]) + "\n")
    return DataFile(path, targets=("y",))


def days_of(table, split="last", columns=("day",), fold=None, missing=None):
    """The days of the rows that train, validate, calibrate, and are held out."""
    rules = {name: DATED[name]._replace(missing=missing) for name in columns}
    rules |= {name: Rule("ignore") for name in DATED if name not in columns}
    parts = prepare(
        table,
        Wanted("regression", 1),
        Treatment(columns=rules),
        validation=Drawn(0.25, np.random.default_rng(1), split),
        calibration=Drawn(0.25, np.random.default_rng(2), split),
        held=None if fold is None else Dealt(fold, np.random.default_rng(3), split),
    )
    place = parts.preprocessing.inputs.names.index("a")
    found = (parts.train, parts.validation, parts.calibration, parts.held)
    return [
        None if part is None else sorted(np.asarray(part.x[:])[:, place].astype(int).tolist())
        for part in found
    ]


def test_the_latest_rows_validate_and_those_before_them_calibrate(table):
    trains, validates, calibrates, _ = days_of(table)
    assert validates == list(range(32, 40))  # a quarter of the 30 that do not calibrate
    assert calibrates == list(range(22, 32))
    assert trains == list(range(22))


def test_the_first_date_that_the_config_tells_of_is_the_time(table):
    assert days_of(table, columns=("day", "paid"))[1] == list(range(32, 40))
    assert days_of(table, columns=("paid", "day"))[1] == list(range(8))


def test_without_a_date_the_order_of_the_file_is_the_time(table):
    assert days_of(table, columns=())[1] == sorted(DAYS[-8:].tolist())


def test_rows_that_are_drawn_do_not_ask_for_the_time(table):
    assert days_of(table, "random")[1] == days_of(table, "random", columns=())[1]


def test_a_fold_trains_on_what_was_before_it(table):
    trains, validates, calibrates, held = days_of(table, fold=Fold(2, 3))
    assert held == list(range(30, 40))
    assert max(trains) < min(calibrates) and max(calibrates) < min(validates)
    assert max(validates) < min(held)


def test_rows_without_a_date_are_the_earliest(table):
    lines = table.path.read_text().splitlines()
    gone = [k for k, day in enumerate(DAYS, start=1) if day >= 38]
    for k in gone:
        cells = lines[k].split(",")
        lines[k] = ",".join([cells[0], "", *cells[2:]])
    table.path.write_text("\n".join(lines) + "\n")
    trains, validates, *_ = days_of(table, missing="mean")
    assert {38, 39} <= set(trains) and validates == list(range(30, 38))


def test_places_are_those_in_the_order_and_equals_stay():
    assert places_of(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2, 0, 3, 1]
    assert stretches_of(4, 2, np.array([3, 0, 1, 2])).tolist() == [2, 0, 0, 1]
