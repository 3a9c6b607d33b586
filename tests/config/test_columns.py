"""`data.columns`: what a config may say of single columns, and how it is told what it may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.columns import KEYS_FOR, ColumnConfig
from nnctl.errors import NnctlError, Problem

BASE: dict[str, Any] = {
    "layers": [{"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "optimizer": "sgd",
    "epochs": 1,
}


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., Config]:
    """The config of a table of which that is said; `data` are other keys of its data."""

    def made(columns: Any, *overrides: str, **data: Any) -> Config:
        values = {**BASE, "data": {"train": "t.csv", "target": "y", "columns": columns, **data}}
        path = tmp_path / "c.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False))
        return load(path, overrides=overrides)

    return made


@pytest.fixture
def told(loaded: Callable[..., Config]) -> Callable[..., list[Problem]]:
    """The problems of a config."""

    def found(columns: Any, *overrides: str, **data: Any) -> list[Problem]:
        with pytest.raises(NnctlError) as caught:
            loaded(columns, *overrides, **data)
        return list(caught.value.problems)

    return found


def test_a_bare_type_stands_for_a_column_of_that_type(loaded: Callable[..., Config]) -> None:
    rules = loaded({"a": "date", "b": {"type": "category", "min_count": 3}}).data.column_rules()
    assert rules["a"] == ColumnConfig(type="date")
    assert (rules["b"].type, rules["b"].min_count, rules["b"].missing) == ("category", 3, None)


def test_null_is_not_given(loaded: Callable[..., Config]) -> None:
    assert loaded({"a": None, "b": "date"}).data.column_rules().keys() == {"b"}
    assert loaded({"b": {"type": "date", "scale": None}}).data.column_rules()["b"].scale is None
    assert loaded(None).data.column_rules() == {}


def test_all_keys(loaded: Callable[..., Config]) -> None:
    written = {
        "price": {
            "type": "number",
            "scale": "log",
            "missing": "mean",
            "indicator": True,
            "bins": 8,
        },
        "sold": {"type": "date", "format": "%d.%m.%Y", "parts": ["year", "days"]},
        "id": "ignore",
        "Pool.QC": {"min_count": 4, "missing": "median"},
    }
    config = loaded(written, bins=12, scale={"type": "robust", "clip": True}, missing="median")
    rules = config.data.column_rules()
    assert rules["price"].scale is not None and rules["price"].scale.type == "log"
    assert rules["sold"].parts == ("year", "days") and config.data.bins == 12
    assert rules["Pool.QC"].min_count == 4


def test_what_is_resolved_reads_back(loaded: Callable[..., Config], tmp_path: Path) -> None:
    config = loaded({"a.b": {"scale": {"type": "robust", "clip": True}}, "d": "date"}, bins=3)
    path = tmp_path / "again.yaml"
    path.write_text(dump_yaml(resolved(config)))
    assert load(path).data == config.data


def test_names_are_quoted_in_set_where_they_hold_dots(loaded: Callable[..., Config]) -> None:
    config = loaded(
        None,
        'data.columns."Pool.QC".missing=mean',
        "data.columns.shop=category",
        "data.columns.shop.min_count=5",
        'data.columns."size".bins=4',
    )
    rules = config.data.column_rules()
    assert rules["Pool.QC"] == ColumnConfig(missing="mean")
    assert rules["shop"] == ColumnConfig(type="category", min_count=5)
    assert rules["size"].bins == 4


def test_names_with_dots_are_quoted_where_problems_tell_them(
    told: Callable[..., list[Problem]],
) -> None:
    (problem,) = told({"Pool.QC": {"binz": 3}})
    assert (problem.path, problem.line) == ('data.columns."Pool.QC".binz', 12)
    (problem,) = told({}, 'data.columns."Pool.QC".bins=0')
    assert problem.source == '--set data.columns."Pool.QC".bins=0'
    assert problem.path == 'data.columns."Pool.QC".bins'


CASES: list[tuple[Any, str, str, str | None]] = [
    ({"a": 3}, "a", "3 stands here; a column is one of number, category, date, ignore", None),
    ({"a": "dat"}, "a", '"dat" stands here', 'did you mean "date"?'),
    ({"a": {"type": "dat"}}, "a.type", 'type is "dat"', 'did you mean "date"?'),
    ({"a": {"indicater": True}}, "a.indicater", "unknown key", 'did you mean "indicator"?'),
    ({"a": {"scale": "lgo"}}, "a.scale", 'unknown scaling "lgo"', 'did you mean "log"?'),
    ({"a": {"scale": [[]]}}, "a.scale", "scale is [[]]; it must be a scaling", None),
    ({"a": {"bins": 0}}, "a.bins", "bins is 0; it must be a whole number in [1, 1000]", None),
    ({"a": {"min_count": 0}}, "a.min_count", "at least 1", None),
    ({"a": {"missing": "mode"}}, "a.missing", 'missing is "mode"', None),
    ({"a": {"type": "date", "parts": []}}, "a.parts", "not empty", None),
    (
        {"a": {"type": "date", "parts": ["day", "day"]}}, "a.parts.1",
        "the part day is listed twice", "remove one of them",
    ),
    (
        {"a": {"type": "date", "format": "%q"}}, "a.format",
        '"%q" is not a format of dates', None,
    ),
    ({"a": {"format": "%Y"}}, "a.format", "not said to hold any", 'add "type: date"'),
    ({"a": {"type": "ignore", "scale": "log"}}, "a.scale", "of type ignore", None),
    ({"a": {"indicator": True}}, "a.indicator", "missing is error", None),
    ({"a": {"indicator": True, "missing": "drop"}}, "a.indicator", "missing is drop", None),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "path", "message", "fix"), CASES)
def test_what_a_column_cannot_be(
    told: Callable[..., list[Problem]], columns: Any, path: str, message: str, fix: str | None
) -> None:
    (problem,) = told(columns)
    assert problem.path == f"data.columns.{path}" and message in problem.message
    assert problem.line is not None and problem.line >= 11
    if fix is not None:
        assert problem.fix == fix


GIVEN: dict[str, Any] = {
    "scale": "log", "indicator": True, "bins": 3, "min_count": 2, "format": "%Y",
    "parts": ["day"], "missing": "mean",
}  # fmt: skip


@pytest.mark.parametrize("type", ["number", "category", "date", "ignore"])
@pytest.mark.parametrize("key", KEYS_FOR)
def test_each_key_is_for_some_types(
    loaded: Callable[..., Config], told: Callable[..., list[Problem]], type: str, key: str
) -> None:
    column = {"a": {"type": type, key: GIVEN[key]}}
    if type in KEYS_FOR[key]:
        assert loaded(column, missing="mean")
        return
    (problem,) = told(column, missing="mean")
    assert problem.message == f"{key} is not for a column of type {type}"
    assert problem.path == f"data.columns.a.{key}"


def test_text_is_a_category_and_no_other(
    loaded: Callable[..., Config], told: Callable[..., list[Problem]]
) -> None:
    assert loaded({"a": {"min_count": 3}}, text=["a"])
    (problem,) = told({"a": "number"}, text=["a"])
    assert "among data.text, and here of type number" in problem.message


def test_names_that_look_the_same_are_one_column(told: Callable[..., list[Problem]]) -> None:
    (problem,) = told({"Gr\u00f6\u00dfe": "number", "Gro\u0308\u00dfe": "category"})
    assert 'the column "Gr\u00f6\u00dfe" is there twice' in problem.message


def test_every_column_that_is_wrong_is_told(told: Callable[..., list[Problem]]) -> None:
    found = told({"a": {"bins": 0}, "b": 3, "c": {"format": "%Y"}})
    assert [problem.path for problem in found] == [
        "data.columns.a.bins", "data.columns.b", "data.columns.c.format"
    ]  # fmt: skip


def test_an_empty_name_is_told_as_that(told: Callable[..., list[Problem]]) -> None:
    (problem,) = told({"": {"scale": "log"}, "a": "date"})
    assert (problem.path, problem.message) == (
        "data.columns", 'a key of columns is ""; a key is text, not empty'
    )  # fmt: skip
