"""Other rows to validate, of data that were read once: however they are held."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.data.folds import Fold
from nnctl.data.pool import Dealt, Drawn
from nnctl.data.prepare import Wanted, prepare
from nnctl.data.statistics import Treatment
from nnctl.data.streamed import Streamed
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

    def made(key: int, fold: Fold | None = None):
        return prepare(
            DataFile(path, targets=("label",)),
            Wanted("multiclass", 3),
            treatment,
            validation=Drawn(0.3, draws(key)),
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


def test_without_a_draw_there_is_no_pool(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,t\n1,2\n3,4\n5,6\n")
    assert prepare(DataFile(Path(path), targets=("t",)), Wanted("regression", 1)).pool is None
