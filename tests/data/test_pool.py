"""Other rows to validate, of data that were read once: however they are held."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.data.folds import Fold
from nnctl.data.pool import Dealt, Division, Drawn
from nnctl.data.prepare import Wanted, prepare
from nnctl.data.statistics import Treatment
from nnctl.data.streamed import Streamed
from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile
from nnctl.training.one_hot import OneHot

ROWS = 90
DRAWS = np.random.default_rng(5)
KINDS = {
    "held": (2, 1 << 20, np.ndarray),
    "one-hot": (2000, 1 << 30, OneHot),
    "one-hot in blocks": (2000, 20_000, OneHot),
    "streamed": (2, 400, Streamed),
}


def draws(key: int) -> np.random.Generator:
    return np.random.default_rng(key)


@pytest.fixture(params=KINDS)
def prepared(request, tmp_path, monkeypatch):
    """Prepared data of that kind, and the file."""
    words, memory, expected = KINDS[request.param]
    monkeypatch.setattr("nnctl.data.one_hot.WORTH_SPARING", 0)
    monkeypatch.setattr("nnctl.data.one_hot.TIMES", 4)
    monkeypatch.setattr("nnctl.data.statistics.FEWEST_ROWS", 1)
    columns = [
        DRAWS.normal(size=ROWS).round(3).tolist(),
        [f"w{k}" for k in DRAWS.integers(0, words, ROWS)],
        DRAWS.choice(["yes", "no", "perhaps"], ROWS).tolist(),
        DRAWS.random(ROWS).round(3).tolist(),
    ]
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,word,label,weight", *rows]) + "\n")
    treatment = Treatment(scaling="standardize", sample_weight="weight", memory=memory)

    def made(key: int, fold: Fold | None = None, calibration: Drawn | None = None):
        return prepare(
            DataFile(path, targets=("label",)),
            Wanted("multiclass", 3),
            treatment,
            validation=Drawn(0.3, draws(key)),
            calibration=calibration,
            held=None if fold is None else Dealt(fold, draws(99)),
        )

    assert isinstance(made(0).train.x, expected)
    return made


def whole(data, part: str) -> dict[int, tuple]:
    """The rows of a part, by their place in the file: inputs, target and weight."""
    division = data.pool.division
    mask = division.trains if part == "train" else division.drawn
    examples = getattr(data, part)
    x = examples.x[np.arange(len(examples))]
    assert len(x) == mask.sum() == len(examples.y) == len(examples.weight)
    rows = np.flatnonzero(mask).tolist()
    return {
        row: (x[k].tobytes(), int(examples.y[k]), float(examples.weight[k]))
        for k, row in enumerate(rows)
    }


@pytest.mark.parametrize("fold", [None, Fold(1, 4)], ids=["", "less a fold"])
def test_rows_are_divided_anew_and_are_what_they_were(prepared, fold):
    first = prepared(0, fold)
    other = first.redrawn(draws(1))
    known = {**whole(first, "train"), **whole(first, "validation")}
    again = {**whole(other, "train"), **whole(other, "validation")}
    assert again == known
    assert len(known) == ROWS - (0 if fold is None else len(first.held))
    assert whole(other, "validation").keys() != whole(first, "validation").keys()
    assert not set(whole(other, "train")) & set(whole(other, "validation"))


def test_the_rows_are_those_that_the_generator_would_have_drawn_first(prepared):
    """But for what is learnt of the rows that train: that stays."""
    other, alone = prepared(0).redrawn(draws(7)), prepared(7)
    for part in ("train", "validation"):
        assert whole(other, part).keys() == whole(alone, part).keys()
    assert other.preprocessing.to_json() == prepared(0).preprocessing.to_json()


def test_what_trains_is_held_as_what_was_read(prepared):
    first = prepared(0)
    other = first.redrawn(draws(1))
    assert type(other.train.x) is type(first.train.x)
    if not isinstance(first.train.x, np.ndarray):
        assert other.train.x.at_once == first.train.x.at_once
        assert other.train.x.count == first.train.x.count
    back = other.redrawn(draws(0))
    for name in ("x", "y", "weight"):
        one, two = (getattr(each.train, name)[:] for each in (first, back))
        np.testing.assert_array_equal(one, two, strict=True)


def test_each_class_gives_its_share(prepared):
    first = prepared(0)
    counts = [np.bincount(first.redrawn(draws(k)).validation.y, minlength=3) for k in range(1, 6)]
    assert all((each == np.bincount(first.validation.y, minlength=3)).all() for each in counts)


@pytest.mark.parametrize("fold", [None, Fold(1, 4)], ids=["", "less a fold"])
def test_rows_that_calibrate_are_drawn_first_and_stay(prepared, fold):
    first = prepared(0, fold, Drawn(0.2, draws(3)))
    left = ROWS if fold is None else ROWS - len(first.held)
    assert len(first.calibration) == round(0.2 * left)
    assert len(first.validation) == round(0.3 * (left - len(first.calibration)))
    division = first.pool.division
    masks = [division.trains, division.drawn, division.calibrates, division.held]
    assert (np.sum(masks, axis=0) == 1).all()
    other = first.redrawn(draws(1))
    assert (other.pool.division.calibrates == division.calibrates).all()
    x = first.calibration.x[np.arange(len(first.calibration))]
    np.testing.assert_array_equal(x, other.calibration.x[np.arange(len(other.calibration))])
    assert not set(whole(other, "validation")) & set(np.flatnonzero(division.calibrates).tolist())


def test_they_are_a_draw_of_their_own_and_of_each_class_its_share(prepared):
    """Whatever else is drawn, they are the same rows."""
    one, other = (prepared(key, None, Drawn(0.2, draws(3))) for key in (0, 1))
    np.testing.assert_array_equal(one.calibration.y, other.calibration.y)
    counts = np.bincount(one.calibration.y, minlength=3)
    every = sum(np.bincount(part.y, minlength=3) for part in one.parts if part is not None)
    assert np.abs(counts - 0.2 * every).max() < 1


def test_in_time_order_come_those_that_train_calibrate_and_validate():
    last = Drawn(0.25, draws(0), "last")
    division = Division.of(40, None, "t.csv", None, last._replace(share=0.2), last)
    train, calibration, validation = 24, 10, 6  # a quarter of 40, then a fifth of 30
    assert np.flatnonzero(division.trains).tolist() == list(range(train))
    rows = list(range(train, train + calibration))
    assert np.flatnonzero(division.calibrates).tolist() == rows
    assert np.flatnonzero(division.drawn).tolist() == list(range(40 - validation, 40))
    alone = Division.of(40, None, "t.csv", None, None, last)
    assert np.flatnonzero(alone.calibrates).tolist() == list(range(30, 40))


def test_a_share_that_leaves_none_to_train_is_refused():
    last = Drawn(0.5, draws(0), "last")
    with pytest.raises(NnctlError, match="leaves 1 to calibrate and 0 to train"):
        Division.of(2, None, "t.csv", None, Drawn(0.9, draws(0), "last"), last)


def test_without_a_draw_there_is_no_pool(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,t\n1,2\n3,4\n5,6\n")
    assert prepare(DataFile(Path(path), targets=("t",)), Wanted("regression", 1)).pool is None
