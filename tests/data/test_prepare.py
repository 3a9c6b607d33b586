"""Tests of the way from files to examples, and of how it goes wrong."""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.config.placing import place_problem
from nnctl.config.source import Source
from nnctl.data.pool import Drawn
from nnctl.data.prepare import Prepared, Wanted, prepare
from nnctl.data.rules import Treatment
from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.files import DataFile, TextFormat
from tests.reading.test_idx import packed

DATASETS = Path(__file__).parents[2] / "datasets"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


WANTED = ("task", "units", "dtype", "one_hot")
FILES = ("validation", "test")


def prepared(train: Path, target: Any = None, features: Any = None, **options: Any) -> Prepared:
    """`prepare` with all options by name; seed 0."""
    wanted = {"task": "regression", "units": 1}
    wanted |= {name: options.pop(name) for name in WANTED if name in options}
    survey = options.pop("survey", False)
    treatment = {name: options.pop(name) for name in list(options) if name not in (*FILES, "split")}
    others = {
        name: DataFile(Path(value)) if isinstance(value, str | Path) else value
        for name, value in options.items()
        if name in FILES
    }
    share = others.get("validation")
    if isinstance(share, float):
        others["validation"] = Drawn(
            share, np.random.default_rng(0), options.get("split", "random")
        )
    return prepare(
        DataFile(train, names(features), names(target)),
        Wanted(**wanted),
        Treatment(**treatment),
        **others,
        survey=survey,
    )


def names(given: Any) -> tuple[str, ...] | None:
    return (given,) if isinstance(given, str) else given and tuple(given)


def error(train: Path, **options: Any) -> str:
    """What the user of a config without lines is told."""
    with pytest.raises(NnctlError) as caught:
        prepared(train, **options)
    placed = [place_problem(Source("c.yaml"), problem) for problem in caught.value.problems]
    return str(NnctlError(placed)).replace(f"{train.parent}/", "")


def test_regression_from_csv(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,p,b\n1,10,4\n2,20,5\n3,30,6\n")
    made = prepared(path, target="p")
    assert made.train.x.dtype == made.train.y.dtype == np.float32
    assert made.train.x.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert made.train.y.tolist() == [[10], [20], [30]]
    assert made.validation is None and made.test is None
    assert made.preprocessing.inputs.names == ("a", "b")


def test_several_targets_and_chosen_features(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,c,d\n1,2,3,4\n5,6,7,8\n")
    made = prepared(path, target=["d", "a"], features="c", units=2, dtype="float64")
    assert made.train.x.dtype == np.float64
    assert made.train.x.tolist() == [[3], [7]]
    assert made.train.y.tolist() == [[4, 1], [8, 5]]


def test_binary_text_classes(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,t\n1,no\n2,yes\n3,no\n")
    made = prepared(path, target="t", task="binary")
    assert made.train.y.tolist() == [[0], [1], [0]] and made.train.y.dtype == np.float32
    assert made.preprocessing.targets.classes is not None
    assert made.preprocessing.targets.classes.labels == ("no", "yes")


def test_several_yes_no_targets(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,s,t\n1,0,1\n2,1,1\n")
    made = prepared(path, target=["s", "t"], task="binary", units=2)
    assert made.train.y.tolist() == [[0, 1], [1, 1]]
    assert made.preprocessing.targets.classes is None
    path = write(tmp_path / "t.csv", "a,s,t\n1,0,1\n2,1,2\n")
    assert error(path, target=["s", "t"], task="binary", units=2) == (
        "t.csv:3  column t\n  a yes-no target is 0 or 1 in each row; this one is not"
    )


@pytest.mark.parametrize("block", [40, 1 << 19])
def test_validation_is_stratified_and_unseen_by_the_scaling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", block)
    rows = "".join(f"{i}.25,{i * i},{'ab'[i % 4 == 0]}\n" for i in range(100))
    path = write(tmp_path / "t.csv", "u,v,t\n" + rows)
    options: dict[str, Any] = {"target": "t", "task": "multiclass", "units": 2}
    made = prepared(path, validation=0.2, scaling="standardize", dtype="float64", **options)
    assert made.validation is not None
    assert len(made.train) == 80 and len(made.validation) == 20
    assert np.bincount(made.validation.y).tolist() == [15, 5]
    np.testing.assert_allclose(made.train.x.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(made.train.x.std(axis=0), 1)
    plain = prepared(path, validation=0.2, dtype="float64", **options)
    assert plain.validation is not None
    merged = np.sort(np.concatenate([plain.train.x[:, 0], plain.validation.x[:, 0]]))
    np.testing.assert_array_equal(merged, np.arange(100) + 0.25)
    assert (np.diff(plain.train.x[:, 0]) > 0).all()
    for part, scaled in ((plain.train, made.train), (plain.validation, made.validation)):
        np.testing.assert_array_equal(made.preprocessing.inputs.scaling.apply(part.x), scaled.x)


def test_training_and_reading_again_give_the_same_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(1e6, 1, size=(500, 3))
    rows = "".join(f"{a!r},{b!r},{c!r},1\n" for a, b, c in x.tolist())
    path = write(tmp_path / "t.csv", "a,b,c,t\n" + rows)
    made = prepared(path, target="t", scaling="standardize", test=path)
    assert made.test is not None
    assert made.train.x.tobytes() == made.test.x.tobytes()
    expected = (x - x.mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(made.train.x, expected, rtol=1e-6, atol=1e-8)


def test_files_for_validation_and_test(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "a,t\n0,x\n10,y\n")
    other = tmp_path / "v.csv.gz"
    other.write_bytes(gzip.compress(b"t,extra,a\ny,1,5\n"))
    made = prepared(
        train, target="t", task="binary", scaling="minmax", validation=str(other), test=other
    )
    for part in (made.validation, made.test):
        assert part is not None
        assert part.x.tolist() == [[0.5]] and part.y.tolist() == [[1]]


def test_arrays_keep_their_shape(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
    np.savez(tmp_path / "d.npz", x=x, y=np.array([0, 1, 2, 1]), x2=x[:2], y2=np.array([[1], [2]]))
    options: dict[str, Any] = {"task": "multiclass", "units": 3, "scaling": "rescale", "by": 2.0}
    made = prepared(tmp_path / "d.npz", **options)
    assert made.train.x.dtype == np.float32 and made.train.y.dtype == np.int64
    np.testing.assert_array_equal(made.train.x, x / 2)
    assert made.preprocessing.arrays == ("x", "y")
    made = prepared(tmp_path / "d.npz", features="x2", target="y2", **options)
    assert made.train.x.shape == (2, 3, 2) and made.train.y.tolist() == [1, 2]


FILL = "fill it in, remove the row, or set data.missing"
ERRORS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no target": (
        "a,t\n1,2\n",
        {},
        "c.yaml  data.target\n"
        "  data.target is missing: which column of this file is to be learnt? (t.csv:1)\n"
        "  fix: add target: t under data, or another of its columns",
    ),
    "misspelt target": (
        "a,price\n1,2\n",
        {"target": "pirce"},
        'c.yaml  data.target\n  there is no column "pirce"; the columns are: a, price (t.csv:1)\n'
        '  fix: did you mean "price"?',
    ),
    "feature and target": (
        "a,t\n1,2\n",
        {"target": "t", "features": ["a", "t"]},
        'c.yaml  data.features\n  column "t" is both a feature and a target (t.csv:1)\n'
        "  fix: take it out of the features",
    ),
    "no features": (
        "t\n1\n",
        {"target": "t"},
        "c.yaml  data.target\n  no column is left to be a feature (t.csv:1)\n"
        "  fix: name a table with more columns",
    ),
    "targets alone": (
        "t,u\n1,2\n",
        {"target": ["t", "u"], "units": 2},
        "c.yaml  data.target\n  no column is left to be a feature (t.csv:1)\n"
        "  fix: name fewer targets, or a table with more columns",
    ),
    "header alone": (
        "a,t\n",
        {"target": "t"},
        "t.csv\n  the file has no rows\n  fix: it needs at least one row of data",
    ),
    "missing feature": (
        "a,t\n1,2\n,3\nNA,4\n",
        {"target": "t"},
        f"t.csv:3  column a\n  the value is missing\n  fix: {FILL}\n"
        't.csv:4  column a\n  the value is missing: "NA" means that\n'
        f"  fix: {FILL}; if it is a value, see data.missing_values",
    ),
    "missing targets": (
        "a,t\n1,2\n2,\n3,\n",
        {"target": "t"},
        "c.yaml  data.target\n  2 of 3 rows have no target (t.csv)\n"
        "  fix: name another target, or fill it in",
    ),
    "missing labels": (
        "a,t\n1,x\n2,NA\n3,null\n4,NA\n",
        {"target": "t", "task": "multiclass", "units": 2},
        'c.yaml  data.target\n  3 of 4 rows have no target ("NA" in 2, "null" in 1) (t.csv)\n'
        "  fix: name another target, or fill it in; if a mark is a value, name those that are none "
        "in data.missing_values",
    ),
    "text target": (
        "a,t\n1,x\n2,y\n",
        {"target": "t"},
        "c.yaml  loss\n"
        '  the target holds text, such as "x"; this loss needs numbers (t.csv, column t)\n'
        "  fix: for classes, choose binary_crossentropy or sparse_categorical_crossentropy",
    ),
    "labels beyond the units": (
        "a,t\n1,0\n2,1\n3,2\n",
        {"target": "t", "task": "multiclass", "units": 2},
        "c.yaml  layers\n"
        "  it holds 3 classes (0, 1, 2); the model has 2 outputs (t.csv, column t)\n"
        "  fix: give the last layer 3 units",
    ),
    "units and targets": (
        "a,t\n1,0\n",
        {"target": "t", "units": 3},
        "c.yaml  layers\n  the model has 3 outputs, the data 1 target (t) (t.csv:1)\n"
        "  fix: give the last layer units: 1",
    ),
    "several class targets": (
        "a,s,t\n1,0,1\n",
        {"target": ["s", "t"], "task": "multiclass", "units": 2},
        "c.yaml  data.target\n"
        "  there are 2 targets; this loss learns one column of classes (t.csv:1)\n"
        "  fix: name one column; for one-hot columns, choose the loss categorical_crossentropy",
    ),
    "too large for the dtype": (
        "a,t\n1,0\n1e39,0\n2e39,0\n",
        {"target": "t"},
        "t.csv:3  column a\n  1e+39 is beyond the range of float32\n"
        "  fix: set dtype: float64, or scale it\n"
        "t.csv:4  column a\n  2e+39 is beyond the range of float32\n"
        "  fix: set dtype: float64, or scale it",
    ),
    "target too large for the dtype": (
        "a,t\n1,0\n1,-1e39\n",
        {"target": "t"},
        "t.csv:3  column t\n  -1e+39 is beyond the range of float32\n  fix: set dtype: float64",
    ),
    "scaled target too large for the dtype, in which it is predicted": (
        "a,t\n1,0\n1,-1e39\n",
        {"target": "t", "target_scaling": "standardize"},
        "t.csv:3  column t\n  -1e+39 is beyond the range of float32\n  fix: set dtype: float64",
    ),
    "empty split": (
        "a,t\n1,0\n1,1\n",
        {"target": "t", "validation": 0.01},
        "c.yaml  data.validation\n"
        "  validation: 0.01 of 2 rows leaves 0 to validate and 2 to train (t.csv)\n"
        "  fix: each part needs a row: change the share, or add rows",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(tmp_path: Path, case: str) -> None:
    text, options, message = ERRORS[case]
    assert error(write(tmp_path / "t.csv", text), **options) == message


def test_labels_never_trained_on(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "a,t\n1,x\n2,y\n")
    write(tmp_path / "v.csv", "a,t\n1,x\n2,z\n")
    write(tmp_path / "w.csv", "a\n1\n")
    options: dict[str, Any] = {"target": "t", "task": "binary"}
    options |= {"validation": tmp_path / "v.csv", "test": tmp_path / "w.csv"}
    assert error(train, **options) == (
        'v.csv:3  column t\n  "z" is not a class that training knows; those are: x, y\n'
        'c.yaml  data.test\n  there is no column "t"; the columns are: a (w.csv:1)\n'
        "  fix: add it to the table"
    )


def test_all_files_that_are_not_there(tmp_path: Path) -> None:
    text = error(tmp_path / "t.csv", target="t", validation=tmp_path / "v.csv", test=tmp_path)
    assert text.count("there is no such file") == 2
    assert "this is a folder; a file is needed" in text


def test_arrays_named_by_several_columns(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.ones((2, 2)), y=[0, 1])
    assert error(tmp_path / "d.npz", features=["a", "b"]) == (
        "c.yaml  data.features\n  features names 2 arrays; of an .npz file it names one (d.npz)"
    )
    assert error(tmp_path / "d.npz", features="pictures", target="y") == (
        'c.yaml  data.features\n  there is no array "pictures"; the arrays are: x, y (d.npz)'
    )
    np.savez(tmp_path / "d.npz", x=np.ones((0, 2)), y=np.ones(0))
    assert "the file has no rows" in error(tmp_path / "d.npz")


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("iris.csv", {"target": "species", "task": "multiclass", "units": 3}, (150, 4)),
        ("breast-cancer.csv", {"target": "diagnosis", "task": "binary"}, (569, 30)),
        ("sacramento.csv", {"target": "price", "features": ["beds", "sqft"]}, (932, 2)),
        ("mnist-test.csv.gz", {"target": "label", "task": "multiclass", "units": 10}, (1000, 784)),
    ],
)
def test_shipped_data_sets(name: str, options: dict[str, Any], shape: tuple[int, int]) -> None:
    made = prepared(DATASETS / name, scaling="standardize", **options)
    assert made.train.x.shape == shape
    assert np.abs(made.train.x.mean(axis=0)).max() < 1e-5


def test_the_last_rows_validate(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,t\n" + "".join(f"{k},{k}\n" for k in range(10)))
    made = prepared(path, target="t", validation=0.3, split="last")
    assert made.train.x.ravel().tolist() == list(range(7))
    assert made.validation is not None and made.validation.x.ravel().tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("text", "delimiter", "header"),
    [
        ("a;t\n1;2\n3;4\n", ";", True),
        ("a|t\n1|2\n3|4\n", "|", True),
        ("1,2\n3,4\n", None, False),
        ('\n"1" 2\n3 4\n', " ", False),
    ],
)
def test_other_delimiters_and_no_header(
    tmp_path: Path, text: str, delimiter: str | None, header: bool
) -> None:
    path = write(tmp_path / "t.csv", text)
    made = prepared(
        path, target="t" if header else "1", text_format=TextFormat(delimiter, header), test=path
    )
    assert made.train.x.tolist() == [[1], [3]] and made.train.y.tolist() == [[2], [4]]
    assert made.test is not None and made.test.x.tolist() == [[1], [3]]


def test_idx_files_come_in_pairs(tmp_path: Path) -> None:
    images, labels = tmp_path / "images.gz", tmp_path / "labels"
    images.write_bytes(gzip.compress(packed(8, (2, 2, 2), bytes(range(8)))))
    labels.write_bytes(packed(8, (2,), bytes([1, 0])))
    pair = DataFile(images, target_path=labels)
    wanted = Wanted("binary", 1)
    made = prepare(pair, wanted, test=pair)
    assert made.train.x.tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    assert made.train.y.tolist() == [[1], [0]]
    assert made.test is not None and made.test.x.tolist() == made.train.x.tolist()
    with pytest.raises(NnctlError, match="the file of the targets is not named"):
        prepare(DataFile(images), wanted)
    with pytest.raises(NnctlError, match="no such file"):
        none = DataFile(images, target_path=tmp_path / "none")
        prepare(none, wanted)


def test_parts_of_one_file_of_arrays(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, a=np.ones((3, 2)), b=np.zeros(3), c=np.zeros((1, 2)), d=np.ones(1))
    made = prepared(path, features="a", target="b", test=DataFile(path, ("c",), ("d",)))
    assert made.preprocessing.arrays == ("a", "b")
    assert made.test is not None
    assert made.test.x.tolist() == [[0, 0]] and made.test.y.tolist() == [[1]]


def test_columns_that_another_file_calls_otherwise(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "a,b,t\n1,2,3\n")
    other = write(tmp_path / "v.csv", "s,q,p,x\n9,7,8,0\n")
    made = prepared(train, target="t", test=DataFile(other, ("p", "q"), ("s",)))
    assert made.test is not None
    assert made.test.x.tolist() == [[8, 7]] and made.test.y.tolist() == [[9]]
    message = error(train, target="t", test=DataFile(other, ("p",), ("s",)))
    assert "it has 1 feature an example; the model takes 2" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NnctlError, match="this is a pipe or a device") as caught:
        prepared(tmp_path / "pipe", "y", test=tmp_path / "gone")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("base", "ending"),
    [(2**53, "csv"), (10**18, "csv"), (10**30, "csv"), (2**53, "npz"), (10**18, "npz")],
)
def test_whole_numbers_beyond_doubles_are_classes_of_their_own(tmp_path, base, ending):
    labels = [base + k % 3 for k in range(12)]
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        write(path, "x,y\n" + "".join(f"1,{label}\n" for label in labels))
    else:
        np.savez(path, x=np.ones((12, 1)), y=np.array(labels))
    target = "y" if ending == "csv" else None
    made = prepared(path, target=target, task="multiclass", units=3, validation=path)
    classes = made.preprocessing.targets.classes
    assert classes is not None and classes.labels == (base, base + 1, base + 2)
    assert made.train.y.tolist() == made.validation.y.tolist() == [0, 1, 2] * 4


NOTHING_LEFT = {
    "an empty column": ("a,b,t\n1,,2\n3,,4\n", "  no row has a value in this column"),
    "gaps here and there": ("a,b,t\n1,,2\n,3,4\n", "every row lacks a feature"),
    "no rows": ("a,b,t\n", "the file has no rows"),
}


@pytest.mark.parametrize("case", NOTHING_LEFT)
def test_drop_tells_why_nothing_is_left(tmp_path: Path, case: str) -> None:
    text, words = NOTHING_LEFT[case]
    assert words in error(write(tmp_path / "t.csv", text), target="t", missing="drop")
    path = write(tmp_path / "train.csv", "a,b,t\n1,2,3\n4,5,6\n")
    other = write(tmp_path / "t.csv", text)
    with pytest.raises(NnctlError) as caught:
        prepared(path, target="t", missing="drop", test=other)
    assert words in str(caught.value)


@pytest.mark.parametrize("part", ["train", "test", "validation"])
def test_weights_of_zero_alone_are_refused(tmp_path: Path, part: str) -> None:
    text = {"train": "a,w,t\n1,1,2\n3,0,4\n"}
    text[part] = "a,w,t\n1,0,2\n3,0,4\n"
    files = {name: write(tmp_path / f"{name}.csv", own) for name, own in text.items()}
    with pytest.raises(NnctlError, match=r"column w\n  the weight of every row is 0"):
        prepared(files.pop("train"), target="t", sample_weight="w", **files)


@pytest.mark.parametrize("missing", ["error", "mean", "drop"])
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_rows_without_a_target_are_left_out_and_others_kept(
    tmp_path: Path, missing: str, task: str
) -> None:
    gap = "" if missing != "error" else "5"
    text = f"a,t\n1,0\n2,\n3,1\n{gap},0\n4,NA\n"
    path = write(tmp_path / "t.csv", text)
    made = prepared(path, target="t", task=task, missing=missing, test=path)
    rows = 2 if missing == "drop" else 3
    assert len(made.train) == len(made.test) == rows
    told = [warning.message for warning in made.warnings]
    assert told.count('2 of 5 rows have no target ("NA" in 1); left out') == 2
    assert ("1 of 3 rows have missing values; left out" in told) == (missing == "drop")


def test_rows_of_stored_arrays_without_a_target_are_left_out(tmp_path: Path) -> None:
    x, y = np.arange(40.0).reshape(10, 4), np.arange(10.0)
    y[3] = np.nan
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    file = DataFile(tmp_path / "x.npy", target_path=tmp_path / "y.npy")
    wanted = Wanted("regression", 1)
    made = prepare(file, wanted, Treatment(memory=64))
    kept = np.delete(np.arange(10), 3)
    np.testing.assert_array_equal(made.train.x[:], x[kept])
    np.testing.assert_array_equal(made.train.y[:, 0], y[kept])


def test_statistics_do_not_tell_in_which_blocks_a_file_was_read(tmp_path, monkeypatch):
    values = np.random.default_rng(0).normal(1e3, 7, (500, 3)).tolist()
    rows = [
        f"{a!r},{b!r},{'' if k % 5 == 0 else repr(c)},{k}" for k, (a, b, c) in enumerate(values)
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c,y", *rows]) + "\n")
    found = []
    for size in (1 << 19, 300):
        monkeypatch.setattr(bytestream, "BLOCK", size)
        made = prepared(path, "y", scaling="standardize", missing="mean")
        found.append((made.preprocessing.inputs.to_json(), made.train.x[:].tobytes()))
    assert found[1] == found[0]


@pytest.mark.parametrize("last", ['{"a": 3, "b": 5, "y": 1}', '{"b": 5, "a": 3, "c": 7, "y": 1}'])
def test_a_column_may_come_in_the_last_row(last, tmp_path, monkeypatch) -> None:
    first = '{"a": 1, "b": 2, "y": 0}\n{"a": 2, "b": null, "y": null}\n'
    train = write(tmp_path / "t.jsonl", first * 40 + last)
    made = prepared(train, "y", missing="mean", survey=True)
    names = ("a", "b", "c") if '"c"' in last else ("a", "b")
    assert made.preprocessing.inputs.names == names
    assert made.train.x[-1].tolist() == [3, 5, 7][: len(names)] and len(made.train) == 41
    assert [each.message for each in made.warnings] == ["40 of 81 rows have no target; left out"]
