"""Columns that nobody asks for stop nothing: row indices, delimiters at the end, repeated names."""

import io

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import TextFormat


def opened(text: str) -> DelimitedReader:
    return DelimitedReader(io.BytesIO(text.encode()), "t.csv")


def numbers(text: str, names) -> list[list[float]]:
    with opened(text) as reader:
        (table,) = reader.tables(names)
    return table.columns(names).tolist()


@pytest.mark.parametrize("index", ["", '""', " "])
def test_a_first_column_without_a_name_is_a_row_index(index):
    text = f"{index},a,b\n0,1,2\n1,3,4\n"
    assert opened(text).all_columns() == ("a", "b")
    assert numbers(text, ["a", "b"]) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("index", ["", "7,"])
def test_delimiters_at_the_end_of_rows_are_nothing(count, index):
    end, first = "," * count, "," if index else ""
    text = f"{first}a,b{end}\n{index}1,2{end}\n{index}3,4{end}\n"
    assert opened(text).all_columns() == ("a", "b")
    assert numbers(text, ["a", "b"]) == [[1, 2], [3, 4]]


def test_a_value_behind_the_last_column_is_told():
    with pytest.raises(NnctlError) as caught:
        numbers("a,b,,\n1,2, ,\n3,4,,5\n", ["a"])
    (problem,) = caught.value.problems
    assert problem.line == 3
    assert problem.message == "there is a value in column 4, which has no name"


def test_a_column_within_that_has_no_name_is_a_problem_where_all_are_asked_for():
    text = "a,,b\n1,x,2\n"
    assert numbers(text, ["a", "b"]) == [[1, 2]]
    with pytest.raises(NnctlError, match="column 2 of 3 has no name") as caught:
        opened(text).all_columns()
    assert "data.features" in (caught.value.problems[0].setting.fix or "")
    with pytest.raises(NnctlError) as caught:
        DelimitedReader(io.BytesIO(b"a  b\n1  2\n"), "t", TextFormat(" ")).all_columns()
    assert "data.delimiter: whitespace" in (caught.value.problems[0].setting.fix or "")


def test_a_name_that_two_columns_have_is_a_problem_where_it_is_asked_for():
    text = "a,x,b,x\n1,2,3,4\n"
    assert numbers(text, ["a", "b"]) == [[1, 3]]
    with pytest.raises(NnctlError, match='2 columns are named "x"'):
        numbers(text, ["a", "x"])


SHORT = "a,s\n1,0.5,x\n2,1.5,y\n3,2.5,x\n"


@pytest.mark.parametrize("block", [4, 1 << 19])
@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        (SHORT, None),
        ('"a","s"\n"new york",0.5,"x"\n"b",1.5,"y"\n"c",2.5,"x"\n', None),
        ('"a" "s"\n"new  york"  0.5 "x"\n"b" 1.5 "y"\n"c" 2.5  "x"\n', "whitespace"),
        ("a\ts\n\n1\t0.5\tx\n2\t1.5\ty\n3\t2.5\tx\n", "\t"),
    ],
)
def test_a_header_without_a_name_for_the_row_names(text, delimiter, block, monkeypatch):
    monkeypatch.setattr(bytestream, "BLOCK", block)
    with DelimitedReader(io.BytesIO(text.encode()), "t", TextFormat(delimiter)) as reader:
        assert reader.header.is_short and reader.names == ("a", "s")
        tables = list(reader.tables(["a", "s"]))
    assert np.concatenate([table.columns(["a"]) for table in tables]).ravel().tolist() == [
        0.5,
        1.5,
        2.5,
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    {
        "one row alone": ("a,s\n0.5,x,1\n1.5,y\n", 2),
        "a later row": (SHORT + "4,5\n", 5),
        "two more": ("a,s\n1,2,0.5,x\n1,2,1.5,y\n", 2),
        "a trailing delimiter": ("a,s\n0.5,x,\n1.5,y,\n", 2),
        "a header that ends so": ("a,s,\n1,0.5,x,\n2,1.5,y,\n", 2),
    }.values(),
)
def test_other_rows_that_are_longer_are_faults(text, line):
    with (
        DelimitedReader(io.BytesIO(text.encode()), "t") as reader,
        pytest.raises(NnctlError, match=f"t:{line}\n  the row has"),
    ):
        list(reader.tables(["a"]))


def test_a_header_alone_is_whole():
    with DelimitedReader(io.BytesIO(b"a,s\n"), "t") as reader:
        assert not reader.header.is_short and list(reader.tables(["a"])) == []
