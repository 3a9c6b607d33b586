"""Tests of what is made of feature columns: one-hot, filled, scaled, whichever way rows come."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Preprocessing
from nnctl.encoding.fitting import FITS
from nnctl.errors import NnctlError
from nnctl.reading.source import open_source
from tests.data.test_prepare import prepared, write

TRAIN = "kind,size,place,t\nb,1,x,0\na,3,y,1\nb,5,x,2\n"


def rows(preprocessing: Preprocessing, text: str) -> tuple[np.ndarray, list[str]]:
    """The inputs of a CSV, and what the user is told of it."""
    notices = Notices("stdin")
    with open_source(io.BytesIO(text.encode())) as source:
        made = [batch.x for batch in preprocessing.batches(source, notices)]
    return np.concatenate(made), [str(problem) for problem in notices.problems()]


def trained(tmp_path: Path, text: str = TRAIN, **options: Any) -> Preprocessing:
    made = prepared(write(tmp_path / "t.csv", text), target="t", **options).preprocessing
    return Preprocessing.from_json(json.loads(json.dumps(made.to_json())))


def test_text_is_one_hot_in_its_place_and_numbers_alone_are_scaled(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TRAIN)
    made = prepared(path, target="t", scaling="minmax")
    assert made.train.x.tolist() == [[0, 1, 0, 1, 0], [1, 0, 0.5, 0, 1], [0, 1, 1, 1, 0]]
    assert dict(made.preprocessing.inputs.categories) == {"kind": ("a", "b"), "place": ("x", "y")}
    again, told = rows(trained(tmp_path, scaling="minmax"), TRAIN)
    assert again.tobytes() == made.train.x.tobytes() and told == []


def test_text_alone(tmp_path: Path) -> None:
    made = prepared(write(tmp_path / "t.csv", "k,t\nb,0\na,1\n"), target="t", scaling="standardize")
    assert made.train.x.tolist() == [[0, 1], [1, 0]]


def test_columns_named_as_text_hold_numbers_too(tmp_path: Path) -> None:
    text = "zip,t\n95838,0\n95815,1\n95838,2\n"
    path = write(tmp_path / "t.csv", text)
    assert prepared(path, target="t").train.x.shape == (3, 1)
    assert prepared(path, target="t", text=("zip",)).train.x.tolist() == [[0, 1], [1, 0], [0, 1]]
    mixed = write(tmp_path / "m.csv", "zip,t\n95838,0\nz1,1\n")
    with pytest.raises(NnctlError, match=r"m\.csv:3  column zip\n  \"z1\" is not a number"):
        prepared(mixed, target="t")
    assert prepared(mixed, target="t", text=("zip",)).train.x.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(NnctlError, match='there is no column "zap"'):
        prepared(mixed, target="t", text=("zap",))


def test_categories_are_those_of_the_rows_that_train(tmp_path: Path) -> None:
    text = "k,t\n" + "a,1\nb,2\n" * 4 + "c,3\nd,4\n"
    made = prepared(write(tmp_path / "t.csv", text), target="t", validation=0.2, split="last")
    assert made.preprocessing.inputs.categories["k"] == ("a", "b")
    assert made.validation is not None and made.validation.x.tolist() == [[0, 0], [0, 0]]
    assert made.warnings == ()


def test_a_category_first_seen_later_is_none_of_them_and_told_once(tmp_path: Path) -> None:
    preprocessing = trained(tmp_path)
    x, told = rows(preprocessing, "place,size,kind\nx,1,q\nx,1,q\nz,1,a\n")
    assert x.tolist() == [[0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 0, 1, 0, 0]]
    assert told == [
        "stdin  column kind\n  a category that training did not see ('q'); taken as none of them",
        "stdin  column place\n  a category that training did not see ('z'); taken as none of them",
    ]
    many = "".join(f"{k}x,1,a\n" for k in range(30))
    assert "30 categories that" in rows(preprocessing, "place,size,kind\n" + many)[1][0]


def test_numbers_in_a_text_column_are_text(tmp_path: Path) -> None:
    x, told = rows(trained(tmp_path), "place,size,kind\n3,1,a\n")
    assert x.tolist() == [[1, 0, 1, 0, 0]] and "('3')" in told[0]


def test_text_in_a_number_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NnctlError) as caught:
        rows(trained(tmp_path), "place,size,kind\nx,big,a\n")
    assert str(caught.value) == (
        'stdin:2  column size\n  "big" is not a number; the model knows numbers in this column\n'
        "  fix: mend it"
    )


MISSING = "kind,size,t\nb,1,0\n,3,1\nb,,2\na,8,3\n"


def test_missing_values_are_errors_unless_told_otherwise(tmp_path: Path) -> None:
    with pytest.raises(NnctlError) as caught:
        prepared(write(tmp_path / "t.csv", MISSING), target="t")
    assert [problem.line for problem in caught.value.problems] == [3, 4]


def test_missing_numbers_become_the_mean_and_missing_text_a_category(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", MISSING)
    made = prepared(path, target="t", missing="mean")
    assert made.preprocessing.inputs.categories["kind"] == ("(missing)", "a", "b")
    assert made.train.x.tolist() == [[0, 0, 1, 1], [1, 0, 0, 3], [0, 0, 1, 4], [0, 1, 0, 8]]
    x, told = rows(trained(tmp_path, MISSING, missing="mean"), "kind,size\n,\nnull,2\n")
    assert x.tolist() == [[1, 0, 0, 4], [1, 0, 0, 2]] and told == []


def test_means_and_scaling_come_from_the_rows_that_train(tmp_path: Path) -> None:
    text = "a,t\n1,0\n,0\n3,0\n1000,0\n,0\n"
    made = prepared(
        write(tmp_path / "t.csv", text),
        target="t", missing="mean", scaling="minmax", validation=0.4, split="last",
    )  # fmt: skip
    assert made.train.x.tolist() == [[0], [0.5], [1]]
    assert made.validation is not None and made.validation.x.tolist() == [[499.5], [0.5]]


def test_missing_text_that_training_never_lacked_is_told(tmp_path: Path) -> None:
    x, told = rows(trained(tmp_path, missing="mean"), "place,size,kind\n,1,a\n")
    assert x.tolist() == [[1, 0, 1, 0, 0]] and "('(missing)')" in told[0]


def test_a_column_without_any_value_has_no_mean(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,t\n1,,0\n2,,1\n")
    with pytest.raises(NnctlError, match=r"column b\n  the column has no value in any row"):
        prepared(path, target="t", missing="mean")


def test_rows_with_missing_values_are_dropped_and_counted(tmp_path: Path) -> None:
    text = MISSING + "a,9,\n"
    made = prepared(write(tmp_path / "t.csv", text), target="t", missing="drop")
    assert made.train.x.tolist() == [[0, 1, 1], [1, 0, 8]] and made.train.y.tolist() == [[0], [3]]
    assert [warning.message for warning in made.warnings] == [
        "1 of 5 rows has no target; left out",
        "2 of 4 rows have missing values; left out",
    ]
    with pytest.raises(NnctlError, match="no row has a value in this column"):
        prepared(write(tmp_path / "e.csv", "a,t\n,1\n"), target="t", missing="drop")


def test_predicting_under_drop_keeps_the_places_of_rows(tmp_path: Path) -> None:
    preprocessing = trained(tmp_path, MISSING, missing="drop")
    notices = Notices("stdin")
    with open_source(io.BytesIO(b"kind,size,id\n,1,p\na,2,q\nb,,r\n")) as source:
        (batch,) = preprocessing.batches(source, notices, keep=["id"])
    assert batch.usable.tolist() == [False, True, False]
    assert batch.x.tolist() == [[1, 0, 2]] and batch.kept == {"id": ["p", "q", "r"]}
    assert notices.problems()[0].message == "2 of 3 rows have missing values; left out"


def test_a_text_column_that_begins_without_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnctl.reading.bytestream.BLOCK", 16)
    text = "k,a,t\n" + ",1,1\n" * 20 + "x,2,2\n" * 20
    made = prepared(write(tmp_path / "t.csv", text), target="t", missing="mean")
    assert made.preprocessing.inputs.categories == {"k": ("(missing)", "x")}
    assert made.train.x.tolist() == [[1, 0, 1]] * 20 + [[0, 1, 2]] * 20


def test_arrays_cannot_stand_for_text(tmp_path: Path) -> None:
    preprocessing = trained(tmp_path)
    np.savez(tmp_path / "d.npz", x=np.ones((2, 3)), y=np.ones(2))
    with (
        open_source(tmp_path / "d.npz") as source,
        pytest.raises(NnctlError, match="the column holds numbers; where the model was trained"),
    ):
        list(preprocessing.batches(source, Notices("d.npz")))


def test_one_hot_of_which_memory_holds_too_few_rows_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "id,t\n" + "".join(f"n{k},1\n" for k in range(50)))
    assert prepared(path, target="t", memory=50 * 50 * 4).train.x.shape == (50, 50)
    with pytest.raises(NnctlError, match=r"column id\n  the column holds text of 50 kinds"):
        prepared(path, target="t", memory=50 * 50 * 4 - 1)


@pytest.mark.parametrize(
    "change",
    [
        {"missing": "guess"},
        {"means": [1.0, 2.0, 3.0]},
        {"categories": {"kind": ["a"]}},
        {"shape": [4]},
        {"dtype": "int8"},
    ],
)
def test_garbled_json_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    data = trained(tmp_path, missing="mean").to_json()
    with pytest.raises((TypeError, ValueError)):
        Inputs.from_json(data | change)


labels = st.sampled_from(["a", "b", "a b", 'q"', "x,y", "ü", ""])
numbers = st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["", "NA", " 7 ", "+1.50"])
tables = st.lists(st.tuples(labels, numbers, numbers), min_size=1, max_size=12)


@pytest.mark.slow
@given(train=tables, later=tables, scaling=st.sampled_from(sorted({*FITS} - {"rescale"})))
def test_one_row_read_two_ways_gives_one_vector(
    tmp_path_factory: pytest.TempPathFactory, train: Any, later: Any, scaling: str
) -> None:
    """Alone or among others, first or last, with other columns between: the same bytes."""
    folder = tmp_path_factory.mktemp("rows")
    known = [("a", "1", "2"), ("b", "3", "5"), *train]

    def table(given: Any, order: list[int], *, extra: bool = False) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = ["k", "u", "v", "t"]
        writer.writerow([*(names[place] for place in order), *(["more"] if extra else [])])
        for row in given:
            cells = [*row, "1"]
            writer.writerow([*(cells[place] for place in order), *(["?"] if extra else [])])
        return text.getvalue()

    path = write(folder / "t.csv", table(known, [0, 1, 2, 3]))
    bins = len(train) % 3 or None
    made = prepared(path, target="t", missing="mean", scaling=scaling, bins=bins).preprocessing
    read = Preprocessing.from_json(json.loads(json.dumps(made.to_json())))
    whole, _ = rows(read, table(later, [0, 1, 2, 3]))
    turned, _ = rows(read, table(later[::-1], [2, 3, 0, 1], extra=True))
    assert whole.tobytes() == turned[::-1].tobytes()
    for row, expected in zip(later, whole, strict=True):
        alone, _ = rows(read, table([row], [1, 0, 2]))
        assert alone[0].tobytes() == expected.tobytes()
