"""Cells are what their column is: the fault is told of the few that are not, never of the many."""

import io

import numpy as np
import pytest

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading import bytestream
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import TextFormat
from nnctl.reading.joining import joined_tables
from nnctl.reading.notation import Notation
from nnctl.reading.numbers import MISSING
from nnctl.reading.table import DateFormat, Table


def read(data, wanted=None, notation=Notation(), **kinds) -> Table:  # noqa: B008
    stream = io.BytesIO(data.encode())
    with DelimitedReader(stream, "t.csv", TextFormat(notation=notation)) as reader:
        names = wanted or list(reader.names)
        return joined_tables(list(reader.tables(names, **kinds)), names)


def problems(data, **kinds) -> tuple[Problem, ...]:
    with pytest.raises(NnctlError) as caught:
        read(data, **kinds)
    return caught.value.problems


def column(cells) -> str:
    return "a,b\n" + "".join(f"1,{cell}\n" for cell in cells)


@pytest.mark.parametrize("place", [0, 1, 30, 59])
@pytest.mark.parametrize("block", [64, 1 << 19])
def test_the_odd_cell_among_numbers_is_to_blame(monkeypatch, place, block):
    monkeypatch.setattr(bytestream, "BLOCK", block)
    cells = [str(k / 7) for k in range(60)]
    cells[place] = "unknown"
    (problem,) = problems(column(cells))
    assert (problem.line, problem.path) == (place + 2, "column b")
    assert problem.message.startswith('"unknown" is not a number; the column holds numbers')


@pytest.mark.parametrize("place", [0, 1, 30, 59])
@pytest.mark.parametrize("block", [64, 1 << 19])
def test_the_odd_cell_among_text_is_to_blame(monkeypatch, place, block):
    monkeypatch.setattr(bytestream, "BLOCK", block)
    cells = [f"text {k % 7}" for k in range(60)]
    cells[place] = "12"
    (problem,) = problems(column(cells))
    assert (problem.line, problem.path) == (place + 2, "column b")
    assert problem.message.startswith('"12" is a number; the column holds text')


def test_rows_sorted_by_the_odd_cells_are_judged_by_the_whole(monkeypatch):
    monkeypatch.setattr(bytestream, "BLOCK", 200)  # the first blocks hold the few alone
    found = problems(column(["?"] * 100 + [str(k) for k in range(500)]))
    assert '"?" is not a number' in found[0].message and found[0].line == 2
    assert found[-1].message == "and 90 more problems of this kind"


@pytest.mark.parametrize("wrong", ["x", "0,5", "1.2.3", "--1"])
def test_where_the_kind_is_told_it_decides(wrong):
    (problem,) = problems(column([f'"{wrong}"', "1", "2"]), numbers=["b"])
    assert problem.line == 2 and "the model knows numbers in this column" in problem.message
    assert read(column(["3", "x"]), text=["b"]).text["b"].labels == ("3", "x")


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("TRUE", "FALSE"), ("true", "false")])
def test_truth_values_are_one_and_zero(yes, no):
    table = read(column([yes, no, "", yes]))
    np.testing.assert_array_equal(table.numbers[:, 1], [1, 0, np.nan, 1])
    assert read(column([yes, "1", no]), numbers=["b"]).numbers[:, 1].tolist() == [1, 1, 0]


def test_truth_values_among_text_are_text_and_as_labels_they_are_as_written():
    assert read(column(["True", "maybe", "False"])).text["b"].labels == ("True", "maybe", "False")
    labels = read(column(["True", "False"]), labels=["b"]).labels["b"]
    assert labels.labels == ("True", "False")


@pytest.mark.parametrize(("cells", "line", "found"), [(["True", "True", "5"], 4, "5")])
def test_numbers_among_truth_values_are_told(cells, line, found):
    (problem,) = problems(column(cells))
    assert problem.line == line
    assert problem.message.startswith(f'"{found}" is not True or False')


@pytest.mark.parametrize("mark", sorted(MISSING - {""}))
def test_a_quoted_mark_is_text_in_a_column_of_text_and_missing_among_numbers(mark):
    text = f'a,b,c\n"{mark}",1,"{mark}"\nEU,2,4\n{mark},"{mark}",5\n'
    table = read(text)
    assert table.text["a"].labels == (mark, "EU")
    assert table.text["a"].codes.tolist() == [0, 1, -1]
    np.testing.assert_array_equal(table.columns(["b", "c"]), [[1, np.nan], [2, 4], [np.nan, 5]])
    assert read(text, labels=["a"]).labels["a"].labels == (mark, "EU")


def test_quoted_text_around_a_mark_is_as_it_is():
    cells = ['"a,""NA"",b"', '"x\n""NA"""', '"NA,NA"', '" NA"', '"NA"']
    found = read("a,b\n" + "".join(f"1,{cell}\n" for cell in cells)).text["b"]
    assert found.labels == ('a,"NA",b', 'x\n"NA"', "NA,NA", "NA")
    assert found.codes.tolist() == [0, 1, 2, -1, 3]


def test_marks_are_kept_with_their_rows():
    (table,) = DelimitedReader(io.BytesIO(b"a,b\n1,x\nNA,\nnull,N/A\n"), "t.csv").tables("ab")
    assert table.marks == {"a": {1: "NA", 2: "null"}, "b": {2: "N/A"}}
    assert table.rows(np.array([True, False, True])).marks == {"a": {1: "null"}, "b": {1: "N/A"}}


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (MISSING | {"?", "-"}, [1, np.nan, np.nan, np.nan, np.nan]),
        (frozenset({"", "?", "-", "NA", "9"}), [1, np.nan, np.nan, np.nan, np.nan]),
    ],
)
def test_marks_may_be_named(missing, expected):
    table = read(column(["1", "?", "-", "NA", ""]), notation=Notation(missing))
    np.testing.assert_array_equal(table.numbers[:, 1], expected)


def test_marks_that_are_not_named_are_text():
    found = read(column(["EU", "NA", "", "?"]), notation=Notation(frozenset({"", "?"}))).text["b"]
    assert found.labels == ("EU", "NA") and found.codes.tolist() == [0, 1, -1, -1]


def test_kept_columns_lose_nothing_but_their_quotes():
    reader = DelimitedReader(io.BytesIO(b'id,x\n"NA",1\nNA,2\n'), "t.csv")
    (table,) = reader.tables(["x"], ["id"])
    assert table.verbatim == {"id": ["NA", "NA"]}


@pytest.mark.parametrize("block", [64, 1 << 19])
@pytest.mark.parametrize(
    ("kinds", "cells", "told", "fix"),
    [
        ({"numbers": {"b"}}, ["x", "y"] * 20, '"x" is not a number', "let its type be category"),
        ({"dates": {"b": DateFormat()}}, ["2.5"] * 40, '"2.5" is not', "let its type be number"),
        (
            {"dates": {"b": DateFormat()}},
            ["31.12.2024"] * 40,
            '"31.12.2024" is not',
            'tell in data.columns how dates are written, with format: "%d.%m.%Y"',
        ),
    ],
)
def test_a_column_of_which_no_cell_is_what_was_told_is_one_problem(
    monkeypatch, kinds, cells, told, fix, block
):
    """What was told is to blame; where some cells are that, the others are."""
    monkeypatch.setattr(bytestream, "BLOCK", block)
    (problem,) = problems(column(["", *cells]), told_by="data.columns wants", **kinds)
    assert problem.message.startswith(f"40 cells, and none of them fits: {told}")
    assert (problem.line, problem.path) == (3, "column b")
    assert problem.setting == Setting("data.columns.*.type", "b", fix)
    fitting = "2024-01-01" if "dates" in kinds else "7"
    for place in (0, 20, 40):
        mixed = [*cells[:place], fitting, *cells[place:]]
        found = problems(column(mixed), told_by="data.columns wants", **kinds)
        assert [each.line for each in found[:3]] == [2 + k + (k >= place) for k in range(3)]
        assert found[-1].message == "and 30 more problems of this kind"
    (alone,) = problems(column(cells[:1]), told_by="data.columns wants", **kinds)
    assert alone.message.startswith(told)


def test_values_in_a_column_without_a_name_are_one_problem():
    rows = "".join(f"{k},{k},{k},\n" for k in range(50))
    found = problems("a,b,,\n" + rows, wanted=["a", "b"])
    assert [(each.line, each.message) for each in found] == [
        (2, "there is a value in column 3, which has no name")
    ]
