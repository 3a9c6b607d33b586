"""What config and data disagree on is told at the config's line and key, with the data's place.

Each situation is a config and its files, the key that has to change, and the place in the data.
"""

import copy
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors import NnctlError

HEADER = ["size", "rooms", "kind", "weight", "price", "sold"]
ROWS = [
    [1, 2, "flat", 1, 10, 0],
    [2, 3, "house", 2, 20, 1],
    [3, 4, "flat", 1, 30, 0],
    [4, 5, "barn", 3, 40, 1],
]
BASE: dict[str, Any] = {
    "epochs": 1,
    "data": {"train": "homes.csv", "target": "price"},
    "layers": [{"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "optimizer": "sgd",
}
BINARY = {"loss": {"type": "binary_crossentropy", "from_logits": True}}
CLASSES = {"loss": {"type": "sparse_categorical_crossentropy", "from_logits": True}}
ONE_HOT = {"loss": {"type": "categorical_crossentropy", "from_logits": True}}


class Situation(NamedTuple):
    """A config's keys on top of `BASE` (data's on top of its data), and what is to be told.

    `where` is the path of the key to change, `seen` the place in the data, `words` of the message.
    """

    where: str
    seen: str
    words: str
    data: Mapping[str, Any] = MappingProxyType({})
    keys: Mapping[str, Any] = MappingProxyType({})
    files: Callable[[Path], object] = lambda folder: None


def table(delimiter: str = ",", columns: list[str] = HEADER, rows: Any = ROWS) -> str:
    places = [HEADER.index(column) for column in columns]
    lines = [columns, *([str(row[place]) for place in places] for row in rows)]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def write(folder: Path) -> None:
    """The same table in every format, one without two of its columns, and arrays."""
    (folder / "homes.csv").write_text(table())
    (folder / "homes.tsv").write_text(table("\t"))
    (folder / "homes.csv.gz").write_bytes(gzip.compress(table().encode()))
    (folder / "part-1.csv").write_text(table())
    (folder / "part-2.csv").write_text(table())
    (folder / "new.csv").write_text(table(columns=["size", "rooms", "kind", "weight"]))
    (folder / "narrow.csv").write_text(table(columns=["price", "kind", "weight", "sold", "size"]))
    np.savez(folder / "homes.npz", x=np.ones((4, 3)), y=np.arange(4) % 2, w=np.ones((2, 4)))


FORMATS = {
    "homes.csv": "homes.csv:1",
    "homes.tsv": "homes.tsv:1",
    "homes.csv.gz": "homes.csv.gz:1",
    "part-*.csv": "part-1.csv:1",
}
ABSENT: dict[str, tuple[str, dict[str, Any]]] = {
    "target": ("data.target", {"target": "pirce"}),
    "target of several": ("data.target.1", {"target": ["price", "pirce"]}),
    "feature": ("data.features", {"features": "pirce"}),
    "feature of several": ("data.features.2", {"features": ["size", "rooms", "pirce"]}),
    "weight": ("data.sample_weight", {"sample_weight": "pirce"}),
    "text": ("data.text.0", {"text": ["pirce"]}),
    "target of the file": ("data.train.target", {"train": {"target": "pirce"}}),
    "feature of the file": ("data.train.features.1", {"train": {"features": ["size", "pirce"]}}),
}
SITUATIONS: dict[str, Situation] = {}
for file, seen in FORMATS.items():
    for role, (where, given) in ABSENT.items():
        data = {"train": file, **given}
        if isinstance(given.get("train"), dict):
            data["train"] = {"file": file, **given["train"]}
        told = 'there is no column "pirce"; the columns are: size, rooms, '
        SITUATIONS[f"no such {role} in {file}"] = Situation(where, seen, told, data)
for part in ("validation", "test"):
    for file, column in (("new.csv", "price"), ("narrow.csv", "rooms")):
        where, told = f"data.{part}", f'"{column}"'
        SITUATIONS[f"{part} without {column}"] = Situation(where, f"{file}:1", told, {part: file})
    given = {part: "gone.csv"}
    told = "there is no such file"
    SITUATIONS[f"no {part} file"] = Situation(f"data.{part}", "gone.csv", told, given)

COLUMNS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "a column that is not there": (
        "data.columns.roms", 'there is no column "roms"', {"roms": "number"}, {}
    ),
    "a column that is a target": (
        "data.columns.price", "is a target; data.columns is about features",
        {"size": {"scale": "log"}, "price": {"scale": "log"}}, {},
    ),
    "a column that is the weight": (
        "data.columns.weight", "is the weight; data.columns is about features",
        {"weight": {"bins": 3}}, {"sample_weight": "weight"},
    ),
    "a column that is no feature": (
        "data.columns.rooms", "is not among data.features", {"rooms": {"bins": 2}},
        {"features": ["size"]},
    ),
    "an ignored column that is a feature": (
        "data.columns.rooms", "is among data.features, and is to be ignored",
        {"rooms": "ignore"}, {"features": ["size", "rooms"]},
    ),
}  # fmt: skip
for name, (where, told, columns, given) in COLUMNS.items():
    SITUATIONS[name] = Situation(where, "homes.csv:1", told, {**given, "columns": columns})
for key, column, held in (("min_count", "size", "numbers"), ("bins", "kind", "text")):
    told = f'column "{column}" holds {held}, and {key} is not for those'
    SITUATIONS[f"{key} of {held}"] = Situation(
        f"data.columns.{column}.{key}", "homes.csv", told, {"columns": {column: {key: 3}}}
    )

CROWD = "".join(f"{k},{k % 5}\n" for k in range(20))
SITUATIONS |= {
    "columns of arrays": Situation(
        "data.columns", "eight.npz", "the data are arrays, whose columns have no names",
        {"train": "eight.npz", "target": "y", "columns": {"x_0": {"bins": 3}}}, {},
        lambda folder: np.savez(folder / "eight.npz", x=np.ones((4, 8)), y=np.arange(4.0)),
    ),
    "pieces of pictures": Situation(
        "data.bins", "eight.npz", "an example has shape (2, 4), in which the pieces have no place",
        {"train": "eight.npz", "target": "y", "bins": 3}, {},
        lambda folder: np.savez(folder / "eight.npz", x=np.ones((4, 2, 4)), y=np.arange(4.0)),
    ),
    "no train file": Situation(
        "data.train", "gone.csv", "there is no such file", {"train": "gone.csv"}
    ),
    "no file of a pattern": Situation(
        "data.train", "gone-*.csv", "no file has a name of this pattern", {"train": "gone-*.csv"}
    ),
    "a folder for a file": Situation(
        "data.train", "homes", "this is a folder", {"train": "homes"}, {},
        lambda folder: (folder / "homes").mkdir(),
    ),
    "a file that is not there, in a section": Situation(
        "data.train", "gone.csv", "there is no such file", {"train": {"file": "gone.csv"}}
    ),
    "several columns, none of them there": Situation(
        "data.target", "homes.csv:1", 'there are no columns "x4", "x1", "x2", "x3"',
        {"features": ["x1", "x2", "x3"], "target": "x4"},
    ),
    "another delimiter": Situation(
        "data.delimiter", "semi.csv:1", 'seem to be separated by ";"',
        {"train": "semi.csv", "features": ["size", "rooms"]}, {},
        lambda folder: (folder / "semi.csv").write_text(table(";")),
    ),
    "columns set apart by several blanks": Situation(
        "data.delimiter", "wide.csv:1", "set apart by more than one blank",
        {"train": "wide.csv", "delimiter": " "}, {},
        lambda folder: (folder / "wide.csv").write_text(table("   ")),
    ),
    "a target among the features": Situation(
        "data.features.1", "homes.csv:1", 'column "price" is both a feature and a target',
        {"features": ["size", "price"]},
    ),
    "a target that is the only feature": Situation(
        "data.features", "homes.csv:1", 'column "price" is both a feature and a target',
        {"features": "price"},
    ),
    "a target among a file's features": Situation(
        "data.train.features.0", "homes.csv:1", 'column "price" is both a feature and a target',
        {"train": {"file": "homes.csv", "features": ["price", "size"]}},
    ),
    "a weight among the features": Situation(
        "data.features.1", "homes.csv:1", 'column "weight" is both a feature and the weight',
        {"features": ["size", "weight"], "sample_weight": "weight"},
    ),
    "a weight that is the target": Situation(
        "data.sample_weight", "homes.csv:1", 'column "price" is both a target and the weight',
        {"sample_weight": "price", "features": ["size"]},
    ),
    "no feature left": Situation(
        "data.target", "one.csv:1", "no column is left to be a feature", {"train": "one.csv"}, {},
        lambda folder: (folder / "one.csv").write_text("price\n1\n2\n"),
    ),
    "no feature left beside the weight": Situation(
        "data.target", "two.csv:1", "no column is left to be a feature",
        {"train": "two.csv", "sample_weight": "weight"}, {},
        lambda folder: (folder / "two.csv").write_text("price,weight\n1,1\n2,1\n"),
    ),
    "more units than targets": Situation(
        "layers.1.units", "homes.csv:1", "the model has 3 outputs, the data 1 target (price)", {},
        {"layers": [{"type": "dense", "units": 4}, {"type": "dense", "units": 3}]},
    ),
    "fewer units than targets": Situation(
        "layers.0.units", "homes.csv:1", "the model has 1 output, the data 2 targets",
        {"target": ["price", "sold"]},
    ),
    "units before an activation": Situation(
        "layers.0.units", "homes.csv:1", "the model has 2 outputs", {},
        {"layers": [{"type": "dense", "units": 2}, {"type": "activation", "activation": "relu"}]},
    ),
    "units and one-hot columns": Situation(
        "layers.0.units", "homes.csv:1", "the model has 1 output, the data 2 targets",
        {"target": ["weight", "sold"]}, ONE_HOT,
    ),
    "several columns of classes": Situation(
        "data.target", "homes.csv:1", "this loss learns one column of classes",
        {"target": ["kind", "sold"]}, CLASSES,
    ),
    "units and targets of arrays": Situation(
        "layers.0.units", "homes.npz", "the model has 2 outputs, the data 1 target (y)",
        {"train": "homes.npz", "target": "y"}, {"layers": [{"type": "dense", "units": 2}]},
    ),
    "more classes than units": Situation(
        "layers.0.units", "homes.csv, column kind", "it holds 3 classes (barn, flat, house)",
        {"target": "kind"}, {**CLASSES, "layers": [{"type": "dense", "units": 2}]},
    ),
    "more classes than a binary loss tells apart": Situation(
        "loss", "homes.csv, column kind", "it holds 3 classes (barn, flat, house)",
        {"target": "kind"}, BINARY,
    ),
    "a quantity for classes": Situation(
        "loss", "crowd.csv, column t", "it holds 5 classes",
        {"train": "crowd.csv", "target": "t"}, CLASSES,
        lambda folder: (folder / "crowd.csv").write_text("a,t\n" + CROWD.replace(",", ",0.")),
    ),
    "text for a loss of numbers": Situation(
        "loss", "homes.csv, column kind", 'the target holds text, such as "flat"',
        {"target": "kind"},
    ),
    "one class alone": Situation(
        "data.target", "same.csv, column t", "every row has the label 1",
        {"train": "same.csv", "target": "t"}, BINARY,
        lambda folder: (folder / "same.csv").write_text("a,t\n1,1\n2,1\n"),
    ),
    "a target that hardly any row has": Situation(
        "data.target", "gaps.csv", "2 of 3 rows have no target",
        {"train": "gaps.csv", "target": "t"}, {},
        lambda folder: (folder / "gaps.csv").write_text("a,t\n1,1\n2,\n3,\n"),
    ),
    "a share that leaves no row": Situation(
        "data.validation", "homes.csv", "leaves 0 to validate", {"validation": 0.01}
    ),
    "weights that are text": Situation(
        "data.sample_weight", "homes.csv, column kind", "the weights hold text",
        {"sample_weight": "kind", "features": ["size"]},
    ),
    "weights of 0 alone": Situation(
        "data.sample_weight", "none.csv, column w", "the weight of every row is 0",
        {"train": "none.csv", "target": "t", "sample_weight": "w"}, {},
        lambda folder: (folder / "none.csv").write_text("a,w,t\n1,0,1\n2,0,2\n"),
    ),
    "a feature without a value, whose rows are dropped": Situation(
        "data.features.1", "void.csv, column b", "no row has a value in this column",
        {"train": "void.csv", "target": "t", "missing": "drop", "features": ["a", "b"]}, {},
        lambda folder: (folder / "void.csv").write_text("a,b,t\n1,,1\n2,,2\n"),
    ),
    "a feature without a value, whose mean is asked for": Situation(
        "data.features", "void.csv, column b", "no value in any row that trains",
        {"train": "void.csv", "target": "t", "missing": "mean"}, {},
        lambda folder: (folder / "void.csv").write_text("a,b,t\n1,,1\n2,,2\n"),
    ),
    "gaps in every row, which are dropped": Situation(
        "data.missing", "void.csv", "every row lacks a feature",
        {"train": "void.csv", "target": "t", "missing": "drop"}, {},
        lambda folder: (folder / "void.csv").write_text("a,b,t\n1,,1\n,2,2\n"),
    ),
    "no array of features": Situation(
        "data.features", "homes.npz", 'there is no array "pixels"',
        {"train": "homes.npz", "features": "pixels", "target": "y"},
    ),
    "no array of targets": Situation(
        "data.target", "homes.npz", 'there is no array "labels"',
        {"train": "homes.npz", "target": "labels"},
    ),
    "no array of targets by its usual name": Situation(
        "data.target", "bare.npz", 'there is no array "y"', {"train": "bare.npz", "target": "y"},
        {}, lambda folder: np.savez(folder / "bare.npz", x=np.ones((2, 2))),
    ),
    "no array of weights": Situation(
        "data.sample_weight", "homes.npz", 'there is no array "importance"',
        {"train": "homes.npz", "target": "y", "sample_weight": "importance"},
    ),
    "several arrays of features": Situation(
        "data.features", "homes.npz", "features names 2 arrays",
        {"train": "homes.npz", "features": ["x", "w"], "target": "y"},
    ),
    "another encoding than is named": Situation(
        "data.encoding", "latin.csv:3", "is not ascii text",
        {"train": "latin.csv", "target": "t", "encoding": "ascii"}, {},
        lambda folder: (folder / "latin.csv").write_bytes(b"a,t\n1,2\n\xe9,3\n"),
    ),
    "a validation file of other width": Situation(
        "data.validation", "wide.npz", "it has 5 features an example; the model takes 3",
        {"train": "homes.npz", "target": "y", "validation": "wide.npz"}, {},
        lambda folder: np.savez(folder / "wide.npz", x=np.ones((2, 5)), y=[0, 1]),
    ),
    "a validation file with several targets": Situation(
        "data.validation", "pair.npz", "it has 2 targets, the model 1",
        {"train": "homes.npz", "target": "y", "validation": "pair.npz"}, {},
        lambda folder: np.savez(folder / "pair.npz", x=np.ones((2, 3)), y=np.ones((2, 2))),
    ),
    "a validation file without the arrays": Situation(
        "data.validation", "other.npz", 'there is no array "y"',
        {"train": "homes.npz", "target": "y", "validation": "other.npz"}, {},
        lambda folder: np.savez(folder / "other.npz", x=np.ones((2, 3))),
    ),
}  # fmt: skip


def line_of(text: str, path: str) -> int:
    """The line of a key or item, or of the nearest above it that is written."""
    node, line = yaml.compose(text), 1
    for part in path.split("."):
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            continue
        pair = next((pair for pair in node.value if pair[0].value == part), None)
        if pair is None:
            return line
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_config_is_named_first_and_the_data_too(tmp_path: Path, name: str) -> None:
    situation = SITUATIONS[name]
    write(tmp_path)
    situation.files(tmp_path)
    values = copy.deepcopy(BASE) | situation.keys
    values["data"] = values["data"] | situation.data
    config = tmp_path / "homes.yaml"
    config.write_text(text := yaml.safe_dump(values, sort_keys=False))
    with pytest.raises(NnctlError) as caught:
        build(load(config))
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == (str(config), situation.where)
    assert problem.line == line_of(text, situation.where)
    assert situation.words in problem.message
    assert problem.message.endswith(f"({tmp_path}/{situation.seen})")


@pytest.mark.parametrize(
    "setting",
    [
        "data.train=gone.csv", "data.train={file: gone.csv}", "data.validation=gone.csv",
        "data.test=gone.csv", "data.test=gone-*.csv", "data.validation=new.csv",
        "data.target=gone", "data.features=[size, gone]", "data.sample_weight=gone",
        "data.delimiter=|",
    ],
)  # fmt: skip
def test_what_an_option_says_is_told_with_the_option(tmp_path: Path, setting: str) -> None:
    write(tmp_path)
    values = copy.deepcopy(BASE)
    config = tmp_path / "homes.yaml"
    key = setting.partition("=")[0]
    values["data"].pop(key.removeprefix("data.") if key != "data.train" else "", None)
    config.write_text(yaml.safe_dump(values, sort_keys=False))
    with pytest.raises(NnctlError) as caught:
        build(load(config, overrides=[setting]))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"--set {setting}  {key}")


def test_there_are_many_situations() -> None:
    assert len(SITUATIONS) >= 60


@pytest.mark.parametrize(
    ("layer", "shape", "path"),
    [
        ({"type": "conv1d", "filters": 1, "kernel_size": 9}, [8, 1], "kernel_size"),
        ({"type": "conv1d", "filters": 1, "kernel_size": [9]}, [8, 1], "kernel_size.0"),
        ({"type": "conv2d", "filters": 1, "kernel_size": [2, 5]}, [2, 4, 1], "kernel_size.1"),
        (
            {"type": "conv1d", "filters": 1, "kernel_size": 3, "dilation_rate": 4},
            [8, 1],
            "dilation_rate",
        ),
        ({"type": "max_pooling1d", "pool_size": 9}, [8, 1], "pool_size"),
        ({"type": "average_pooling1d", "pool_size": 9}, [8, 1], "pool_size"),
        ({"type": "max_pooling2d", "pool_size": [3, 2]}, [2, 4, 1], "pool_size.0"),
        ({"type": "average_pooling2d", "pool_size": 3}, [2, 4, 1], "pool_size"),
        ({"type": "max_pooling1d", "strides": 2**40}, [8, 1], "strides"),
        ({"type": "reshape", "target_shape": [3, 3]}, [8], "target_shape"),
        ({"type": "dense", "units": 2**50}, [8], "units"),
        ({"type": "conv1d", "filters": 2**50, "kernel_size": 3}, [8, 1], "filters"),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else None,
)
def test_the_argument_of_a_layer_is_named(
    tmp_path: Path, layer: dict[str, Any], shape: list[int], path: str
) -> None:
    np.savez(tmp_path / "eight.npz", x=np.ones((4, 8)), y=np.arange(4.0))
    values = copy.deepcopy(BASE) | {"data": {"train": "eight.npz"}, "input_shape": shape}
    dropout = {"type": "dropout", "rate": 0.1}
    values["layers"] = [dropout, layer, "flatten", {"type": "dense", "units": 1}]
    config = tmp_path / "eight.yaml"
    config.write_text(text := yaml.safe_dump(values, sort_keys=False))
    with pytest.raises(NnctlError) as caught:
        build(load(config))
    (problem,) = caught.value.problems
    assert problem.path == f"layers.1.{path}"
    assert problem.line == line_of(text, problem.path)
