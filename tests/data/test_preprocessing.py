"""Tests of what travels with the weights, applied to later files."""

import io
import json
import os
import threading
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.prepare import Wanted, prepare
from nnctl.data.preprocessing import Preprocessing, joined
from nnctl.data.targets import Targets
from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import DataFile
from nnctl.reading.source import open_source
from tests.data.test_prepare import prepared

NOTICES = Notices("d.csv")


def trained(path: Path, **options: Any) -> Preprocessing:
    made = prepared(path, **options).preprocessing
    read = Preprocessing.from_json(json.loads(json.dumps(made.to_json())))
    assert read.to_json() == made.to_json()
    return read


@pytest.fixture
def from_csv(tmp_path: Path) -> Preprocessing:
    path = tmp_path / "train.csv"
    path.write_text("a,t,b\n0,x,1\n10,y,3\n")
    return trained(path, target="t", task="multiclass", units=3, scaling="minmax")


@pytest.fixture
def from_npz(tmp_path: Path) -> Preprocessing:
    np.savez(tmp_path / "train.npz", x=np.ones((3, 2, 2)), y=[[1, 0], [2, 0], [3, 0]])
    return trained(tmp_path / "train.npz", task="regression", units=2)


def batches(preprocessing: Preprocessing, text: str, **options: Any) -> list[Any]:
    with open_source(io.BytesIO(text.encode())) as source:
        return list(preprocessing.batches(source, Notices("stdin"), **options))


def examples(preprocessing: Preprocessing, text: str) -> Any:
    with open_source(io.BytesIO(text.encode())) as source:
        return preprocessing.examples(source, Notices("stdin"))


def test_columns_are_found_by_name(from_csv: Preprocessing) -> None:
    (batch,) = batches(from_csv, "b,id,a\n2,7a,5\n3,8b,10\n", keep=["id"])
    assert batch.x.tolist() == [[0.5, 0.5], [1, 1]] and batch.x.dtype == np.float32
    assert batch.kept == {"id": ["7a", "8b"]}
    assert len(batch) == 2


def test_targets_are_encoded_where_asked_for(from_csv: Preprocessing) -> None:
    assert examples(from_csv, "a,b,t\n0,1,y\n0,1,x\n").y.tolist() == [1, 0]
    with pytest.raises(NnctlError, match='there is no column "t"'):
        examples(from_csv, "a,b\n1,2\n")
    with pytest.raises(NnctlError, match='"q" is not a class that training knows'):
        examples(from_csv, "a,b,t\n1,2,q\n")


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_a_batch_has_no_more_rows_than_are_wanted(from_csv: Preprocessing, most: int) -> None:
    text = "b,id,a\n2,7a,5\n3,8b,10\n1,9c,1\n4,0d,2\n6,1e,3\n"
    (whole,) = batches(from_csv, text, keep=["id"])
    parts = batches(from_csv, text, keep=["id"], most_rows=most)
    assert [len(part) for part in parts] == [most] * (5 // most) + [5 % most] * (5 % most > 0)
    assert np.concatenate([part.x for part in parts]).tobytes() == whole.x.tobytes()
    assert [cell for part in parts for cell in part.kept["id"]] == whole.kept["id"]


@pytest.mark.parametrize("most", [1, 2, 4])
def test_of_what_cannot_be_predicted_each_batch_has_its_own(
    from_csv: Preprocessing, most: int
) -> None:
    dropping = from_csv._replace(inputs=from_csv.inputs._replace(missing="drop"))
    text = "a,b\n1,2\n,3\n4,\n5,6\n"
    (whole,) = batches(dropping, text)
    parts = batches(dropping, text, most_rows=most)
    assert [row for part in parts for row in part.usable.tolist()] == [True, False, False, True]
    assert [len(part.x) for part in parts] == [int(part.usable.sum()) for part in parts]
    assert np.concatenate([part.x for part in parts]).tobytes() == whole.x.tobytes()


def test_a_header_alone_gives_no_batches_and_no_examples(from_csv: Preprocessing) -> None:
    assert batches(from_csv, "a,b,t\n") == []
    with pytest.raises(NnctlError) as caught:
        examples(from_csv, "a,b,t\n")
    assert "the file has no rows" in str(caught.value)


def test_errors_name_stdin(from_csv: Preprocessing) -> None:
    with pytest.raises(NnctlError) as caught:
        batches(from_csv, "a,B\n1,2\n", keep=["id"])
    assert str(caught.value).startswith("stdin:1\n")
    with pytest.raises(NnctlError) as caught:
        batches(from_csv, "a,b\n1,2\n3,\n4,x\n")
    assert str(caught.value) == (
        'stdin:4  column b\n  "x" is not a number; the model knows numbers in this column\n'
        "  fix: mend it"
    )


def test_faulty_rows_come_after_those_before_them(
    from_csv: Preprocessing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", 32)
    text = "a,b\n" + "1,2\n" * 50 + "1,\n" + "1,2\n" * 50
    rows = 0
    with open_source(io.BytesIO(text.encode())) as source, pytest.raises(NnctlError) as caught:
        for batch in from_csv.batches(source, NOTICES):
            rows += len(batch)
    assert 30 < rows <= 50
    assert caught.value.problems[0].line == 52


def test_columns_count_by_position_after_arrays(from_npz: Preprocessing) -> None:
    assert from_npz.targets.names == ("y_0", "y_1")
    text = "id,p,y_1,q,y_0,r,s,extra\nn1,1,2,3,4,5,6,7\n"
    (batch,) = batches(from_npz, text, keep=["id"])
    assert batch.x.tolist() == [[[1, 3], [5, 6]]]
    text = "p,y_1,q,y_0,r,s,extra\n1,2,3,4,5,6,7\n"
    assert examples(from_npz, text).x.tolist() == [[[1, 3], [5, 6]]]
    assert examples(from_npz, text).y.tolist() == [[4, 2]]
    with pytest.raises(NnctlError) as caught:
        batches(from_npz, "p,q,r\n1,2,3\n")
    assert str(caught.value) == (
        "stdin\n  it has 3 features an example; the model takes 4, by position"
    )


def test_arrays_after_columns_and_after_arrays(
    from_csv: Preprocessing, from_npz: Preprocessing, tmp_path: Path
) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, x=[[5.0, 2.0]], y=np.array(["y"]))
    with open_source(path) as source:
        made = from_csv.examples(source, NOTICES)
    assert made.x.tolist() == [[0.5, 0.5]] and made.y.tolist() == [1]
    np.savez(path, x=np.ones((1, 4)), y=[[1, 2]])
    with open_source(path, arrays=("images", "labels")) as source:
        made = from_npz.examples(source, NOTICES)
    assert made.x.shape == (1, 2, 2) and made.y.tolist() == [[1, 2]]
    np.savez(path, x=np.ones((1, 5)), y=[1])
    with open_source(path) as source, pytest.raises(NnctlError, match="5 features an example"):
        from_npz.examples(source, NOTICES)
    np.savez(path, x=np.ones((1, 4)), y=[1])
    with open_source(path) as source, pytest.raises(NnctlError, match="1 target, the model 2"):
        from_npz.examples(source, NOTICES)
    with open_source(path, targets=False) as source:
        assert [len(batch) for batch in from_npz.batches(source, NOTICES)] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"task": "ranking"},
        {"dtype": "object"},
        {"shape": [3]},
        {"scaling": {"type": "minmax", "shift": [0, 0, 0], "divisor": [1, 1, 1]}},
        {"features": None},
        {"classes": 3},
        {"arrays": ["x"]},
    ],
)
def test_garbled_json_is_an_error_that_names_the_file(
    from_csv: Preprocessing, change: dict[str, Any]
) -> None:
    with pytest.raises(NnctlError) as caught:
        Preprocessing.from_json(from_csv.to_json() | change, "w.npz")
    assert "w.npz\n  what it says about the preparation of data is damaged" in str(caught.value)


def test_joined_keeps_the_order_and_lets_go_of_the_parts() -> None:
    parts = [np.full((2, 1), k) for k in range(3)]
    assert joined(parts).ravel().tolist() == [0, 0, 1, 1, 2, 2]
    assert parts == []


def test_a_pipe_is_a_path_too(from_csv: Preprocessing, tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text("a,b\n5,2\n"))
    writer.start()
    with open_source(path) as source:
        (batch,) = from_csv.batches(source, NOTICES)
    writer.join()
    assert batch.x.tolist() == [[0.5, 0.5]]


def test_arrays_with_other_axes_than_those_of_training_are_refused(tmp_path: Path) -> None:
    def source(shape):
        return ArrayReader("d.npz", ("x", np.ones((4, *shape))), ("y", np.arange(4) % 2))

    np.savez(tmp_path / "t.npz", x=np.ones((4, 5, 6, 3)), y=np.arange(4) % 2)
    wanted = Wanted("binary", 1)
    made = prepare(DataFile(tmp_path / "t.npz"), wanted).preprocessing
    for shape in ((5, 6, 3), (90,), (5, 18)):
        assert made.columns(source(shape)).targets == ("y",)
    with pytest.raises(NnctlError, match=r"x = x.transpose\(0, 2, 3, 1\)"):
        made.columns(source((3, 5, 6)))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_model_may_have_its_names_in_another_form(form: str) -> None:
    names = tuple(unicodedata.normalize(form, name) for name in ("größe", "café"))
    made = Preprocessing(
        Inputs(names[:1], (1,), "float64"), Targets(names[1:], "regression", "float64")
    )
    with DelimitedReader(io.BytesIO("café,größe\n1,2\n".encode()), "t.csv") as source:
        examples = made.examples(source, Notices("t.csv"))
    assert examples.x.tolist() == [[2]] and examples.y.tolist() == [[1]]
