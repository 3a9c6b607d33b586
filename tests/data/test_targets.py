"""Tests of what is made of target columns: classes, one-hot columns, scaled numbers, weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.data.preprocessing import Preprocessing
from nnctl.data.targets import Targets
from tests.data.test_prepare import error, prepared, write

MULTICLASS = {"task": "multiclass", "units": 3, "one_hot": True}


def test_one_hot_columns_are_classes_named_by_them(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,x,y,z\n1,0,1,0\n2,1,0,0\n3,0.25,0.5,0.25\n")
    made = prepared(path, target=["x", "y", "z"], **MULTICLASS)
    assert made.train.y.tolist() == [[0, 1, 0], [1, 0, 0], [0.25, 0.5, 0.25]]
    assert made.preprocessing.targets.classes is not None
    assert made.preprocessing.targets.classes.labels == ("x", "y", "z")


@pytest.mark.parametrize("row", ["0,1,1", "0,0,0", "2,-1,0"])
def test_rows_that_are_no_probabilities(tmp_path: Path, row: str) -> None:
    path = write(tmp_path / "t.csv", f"a,x,y,z\n1,0,1,0\n2,{row}\n")
    assert error(path, target=["x", "y", "z"], **MULTICLASS) == (
        "t.csv:3  column x\n"
        "  the columns of the classes must be at least 0, and sum to 1 in each row"
    )


def test_one_hot_columns_need_the_loss_for_them(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,x,y,z\n1,0,1,0\n")
    message = error(path, target=["x", "y", "z"], task="multiclass", units=3)
    assert "for one-hot columns, choose the loss categorical_crossentropy" in message
    message = error(path, target=["x", "y"], **MULTICLASS)
    assert "the model has 3 outputs, the data 2 targets (x, y)" in message


def test_a_column_of_labels_may_be_one_of_them(tmp_path: Path) -> None:
    made = prepared(write(tmp_path / "t.csv", "a,t\n1,r\n2,p\n3,q\n"), target="t", **MULTICLASS)
    assert made.train.y.tolist() == [2, 0, 1]


def test_split_by_class_of_one_hot_columns(tmp_path: Path) -> None:
    rows = "".join(f"{k},{int(k % 4 == 0)},{int(k % 4 != 0)}\n" for k in range(100))
    path = write(tmp_path / "t.csv", "a,x,y\n" + rows)
    options = {"task": "multiclass", "units": 2, "one_hot": True}
    made = prepared(path, target=["x", "y"], validation=0.2, **options)
    assert made.validation is not None
    assert made.validation.y.sum(axis=0).tolist() == [5, 15]


def test_scaled_targets_come_back_in_their_own_unit(tmp_path: Path) -> None:
    text = "a,p,q\n" + "".join(f"{k},{1000 + 10 * k},{k % 3}\n" for k in range(50)) + "1,1e6,1e6\n"
    path = write(tmp_path / "t.csv", text)
    made = prepared(
        path, target=["p", "q"], units=2, target_scaling="standardize",
        validation=0.02, split="last", dtype="float64",
    )  # fmt: skip
    np.testing.assert_allclose(made.train.y.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(made.train.y.std(axis=0), 1)
    targets = Preprocessing.from_json(json.loads(json.dumps(made.preprocessing.to_json()))).targets
    own = targets.in_own_unit(made.train.y)
    np.testing.assert_allclose(own[:, 0], 1000 + 10 * np.arange(50))
    assert made.validation is not None
    np.testing.assert_allclose(targets.in_own_unit(made.validation.y), [[1e6, 1e6]])
    assert targets.in_own_unit(made.train.y.astype(np.float32)).dtype == np.float32


def test_text_classes_stay_text_in_later_files(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,t\n1,1\n2,1b\n")
    later = write(tmp_path / "v.csv", "a,t\n1,1\n2,1\n")
    options = {"target": "t", "task": "binary", "text": ("t",)}
    made = prepared(path, test=later, **options)
    assert made.test is not None and made.test.y.tolist() == [[0], [0]]


def test_weights_are_a_column_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,w,t\n1,0.5,1\n2,0,2\n3,2,3\n4,1,4\n")
    bare = write(tmp_path / "v.csv", "a,t\n1,1\n")
    made = prepared(path, target="t", sample_weight="w", validation=0.25, split="last", test=bare)
    assert made.preprocessing.inputs.names == ("a",)
    assert made.train.weight is not None and made.train.weight.tolist() == [0.5, 0, 2]
    assert made.train.weight.dtype == np.float32
    assert made.validation is not None and made.validation.weight is not None
    assert made.validation.weight.tolist() == [1]
    assert made.test is not None and made.test.weight is None
    assert prepared(path, target="t").train.weight is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,w,t\n1,-1,1\n", "t.csv:2  column w\n  a weight is negative; it must be at least 0"),
        ("a,w,t\n1,,1\n", "t.csv:2  column w\n  the value is missing"),
        (
            "a,w,t\n1,x,1\n",
            'c.yaml  data.sample_weight\n  the weights hold text, such as "x" (t.csv, column w)',
        ),
        (
            "a,v,t\n1,1,1\n",
            "c.yaml  data.sample_weight\n"
            '  there is no column "w"; the columns are: a, v, t (t.csv:1)',
        ),
    ],
)
def test_weights_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    assert error(write(tmp_path / "t.csv", text), target="t", sample_weight="w").startswith(message)


def test_a_weight_is_neither_feature_nor_target(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,w,t\n1,1,1\n")
    options = {"target": "t", "sample_weight": "w"}
    assert "both a feature and the weight" in error(path, features=["a", "w"], **options)
    assert "both a target and the weight" in error(path, target="w", sample_weight="w")


def test_weights_among_arrays(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, x=np.ones((3, 2)), y=np.ones(3), importance=[1.0, 2.0, 3.0], flat=[[1.0]] * 3)
    made = prepared(path, sample_weight="importance")
    assert made.train.weight is not None and made.train.weight.tolist() == [1, 2, 3]
    assert made.preprocessing.weight == "importance"
    aside = prepared(path, sample_weight="importance", validation=path).validation
    assert aside is not None and aside.weight is not None and aside.weight.tolist() == [1, 2, 3]
    message = 'the weight is called "y", as what stands at a position is'
    assert message in error(path, sample_weight="y")
    assert 'there is no array "weight"' in error(path, sample_weight="weight")
    assert 'array "flat" has shape (3, 1); it must be (rows,)' in error(path, sample_weight="flat")


@pytest.mark.parametrize(
    "change",
    [
        {"task": "ranking"},
        {"classes": 3},
        {"target_scaling": {"type": "minmax", "shift": [0, 0], "divisor": [1, 1]}},
    ],
)
def test_garbled_json_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    made = prepared(write(tmp_path / "t.csv", "a,t\n1,2\n"), target="t")
    with pytest.raises((TypeError, ValueError)):
        Targets.from_json(made.preprocessing.to_json() | change)
