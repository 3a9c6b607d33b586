"""Tests of reading text tables: what is accepted, and the text of each refusal."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.cells import MEND
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import TextFormat
from nnctl.reading.joining import joined_tables
from nnctl.reading.table import Table


def read(
    data: bytes | str, wanted: list[str] | None = None, text: Sequence[str] = (), **options: Any
) -> Table:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    with DelimitedReader(stream, "t.csv", **options) as reader:
        names = wanted or list(reader.names)
        return joined_tables(list(reader.tables(names, text=text)), names)


def error(data: bytes | str, wanted: list[str] | None = None) -> str:
    with pytest.raises(NnctlError) as caught:
        read(data, wanted)
    return str(caught.value)


def test_numbers_text_and_lines() -> None:
    table = read("a,b,c\n1,x,2.5\n3,y,-4\n5,x,1e2\n")
    assert table.number_names == ("a", "c")
    assert table.numbers.tolist() == [[1, 2.5], [3, -4], [5, 100]]
    assert table.text["b"].labels == ("x", "y")
    assert table.text["b"].codes.tolist() == [0, 1, 0]
    assert table.lines is not None and table.lines.tolist() == [2, 3, 4]


@pytest.mark.parametrize("wanted", ["abc", "cba", "bca", "bc", "cb", "ac", "ca", "b"])
def test_columns_come_in_the_order_asked_for_with_what_is_judged_one_by_one(wanted: str) -> None:
    own = {"a": ["1", "NA", "7"], "b": ["0.1", "2", "null"], "c": ["nan", "1e23", "4"]}
    rows = "".join(f"{','.join(cells)}\n" for cells in zip(*own.values(), strict=True))
    found = read(f"a,b,c\n{rows}", list(wanted)).numbers
    missing = {"NA": "nan", "null": "nan"}
    expected = [[float(missing.get(cell, cell)) for cell in own[name]] for name in wanted]
    np.testing.assert_array_equal(found, np.array(expected).T)


@pytest.mark.parametrize("wanted", ["abc", "cab", "bca"])
def test_faults_are_told_in_the_order_of_the_rows(wanted: str) -> None:
    told = error("a,b,c\n1,2,3\n4,x,y\nz,5,6\n", list(wanted))
    places = [told.index(text) for text in ('"x"', '"y"', '"z"')]
    assert max(places[:2]) < places[2]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
        b"a,b\r\n1,2\r\n3,4\r\n",
        b"a,b\r1,2\r3,4\r",
        b"a,b\n1,2\n3,4",
        b'"a","b"\n1,2\n3,4\n',
        b'a,b\n"1","2"\n3,"4"\n',
        b" a ,b\n 1, 2 \n3,\t4\n",
        b"\n\na,b\n\n1,2\n\n3,4\n\n",
    ],
)
def test_layouts_that_mean_the_same(data: bytes) -> None:
    table = read(data)
    assert table.number_names == ("a", "b")
    assert table.numbers.tolist() == [[1, 2], [3, 4]]


def test_quoted_fields_may_hold_anything() -> None:
    table = read('n,s\n1,"a,b"\n2,"c\nd"\n3,"say ""hi"""\n4,\x1f\n')
    assert table.text["s"].labels == ("a,b", "c\nd", 'say "hi"', "\x1f")
    assert table.lines is not None and table.lines.tolist() == [2, 3, 5, 6]
    assert table.numbers[:, 0].tolist() == [1, 2, 3, 4]


def test_other_columns_are_passed_over_and_order_is_the_callers() -> None:
    table = read("a,b,c\n1,junk,3\n4,1e,6\n", ["c", "a"])
    assert table.number_names == ("c", "a")
    assert table.numbers.tolist() == [[3, 1], [6, 4]]


def test_missing_values_are_nan_and_minus_one() -> None:
    table = read("a,s\n1,x\n,\nNA,N/A\n nan ,null\n2,y\n")
    np.testing.assert_array_equal(table.numbers[:, 0], [1, np.nan, np.nan, np.nan, 2])
    assert table.text["s"].codes.tolist() == [0, -1, -1, -1, 1]


def test_kept_columns_are_as_written() -> None:
    stream = io.BytesIO(b"id,x\n 007,1\n1_0,2\n")
    with DelimitedReader(stream, "t.csv") as reader:
        (table,) = reader.tables(["x"], ["id"])
    assert table.verbatim == {"id": [" 007", "1_0"]}


def test_one_column_keeps_its_blank_lines_as_missing() -> None:
    table = read("a\n1\n\n2\n")
    np.testing.assert_array_equal(table.numbers[:, 0], [1, np.nan, 2])


def test_a_tab_may_be_the_delimiter() -> None:
    assert read("a\tb\n1\t2\n", text_format=TextFormat("\t")).numbers.tolist() == [[1, 2]]


ERRORS = {
    "": "t.csv\n  the file is empty\n  fix: a table begins with a line of column names",
    "\n\n": "t.csv\n  the file is empty\n  fix: a table begins with a line of column names",
    "1,2\n3,4\n": "t.csv:1\n  the first line holds numbers alone; it must name the columns\n"
    "  fix: add a line of column names at the top",
    " ,,\n1,2,3\n": "t.csv:1\n  no column has a name\n"
    "  fix: write the names of the columns into the first line",
    "a,b,a\n1,3,4\n": 't.csv:1\n  2 columns are named "a"\n'
    "  fix: give each column a name of its own",
    "a,b\n1,2\n3\n4,5,6\n": "t.csv:3\n  the row has 1 field; the table has 2 columns\n"
    "t.csv:4\n  the row has 3 fields; the table has 2 columns",
    "a,b\n1,2\n3,x\n": 't.csv:3  column b\n  "x" is not a number; the column holds numbers, '
    f"such as 2 (line 2)\n  fix: {MEND}",
    "a,b\n1,x\n3,2\n": 't.csv:3  column b\n  "2" is a number; the column holds text, '
    f'such as "x" (line 2)\n  fix: {MEND}',
    "a,b\n1,inf\n3,2\n": 't.csv:2  column b\n  "inf" is not a finite number',
    "a,b\n1,1e999\n3,2\n": 't.csv:2  column b\n  "1e999" is not a finite number',
    "a,b\n1,1_000\n": None,
    'a,b\n1,"x\n2,y\n': "t.csv:2\n  the quotes do not match (unexpected end of data)\n"
    '  fix: a quote inside a quoted field is written twice: ""',
}


@pytest.mark.parametrize(("data", "text"), ERRORS.items())
def test_errors_name_line_and_column(data: str, text: str | None) -> None:
    if text is None:
        assert read(data).text["b"].labels == ("1_000",)
    else:
        assert error(data) == text


def test_bytes_that_are_not_utf8() -> None:
    assert error(b"a,b\n1,x\n2,caf\xe9\n") == (
        "t.csv:3\n  byte 0xe9 is not UTF-8 text\n  fix: save the file as UTF-8"
    )
    assert error("a,b\n1,2\n".encode("utf-16")) == (
        "t.csv:1\n  the file is UTF-16, not UTF-8\n  fix: save it as UTF-8"
    )


def test_unknown_columns() -> None:
    assert error("alpha,beta\n1,2\n", ["alhpa", "q"]) == (
        't.csv:1\n  there is no column "alhpa"; the columns are: alpha, beta\n'
        '  fix: did you mean "alpha"?\n'
        't.csv:1\n  there is no column "q"'
    )
    assert error("a;b\n1;2\n", ["a", "b"]) == (
        't.csv:1\n  there are no columns "a", "b"; the columns are: a;b, which seem to be '
        'separated by ";"\n  fix: put "," between them'
    )


def test_many_faults_are_counted() -> None:
    rows = "".join(f"{i},x\n" for i in range(500))
    text = error("a,b\n" + "0,1\n" * 600 + rows)
    assert text.count("is not a number") == 10
    assert text.endswith("t.csv\n  and 490 more problems of this kind")
    text = error("a,b\n" + "1\n" * 5000)
    assert text.count("the row has 1 field") == 10 and "4,990 more" in text


def test_faults_of_the_whole_file_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", 16)
    rows = [f"{i},{i}" for i in range(40)]
    rows[3], rows[30] = "3,x", "30"
    text = error("a,b\n" + "\n".join(rows))
    assert "t.csv:5  column b" in text and "t.csv:32\n" in text


@pytest.mark.parametrize("quoted", [False, True])
def test_streaming_gives_the_rows_before_the_fault(
    monkeypatch: pytest.MonkeyPatch, quoted: bool
) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", 64)
    monkeypatch.setattr("nnctl.reading.fields.ROWS", 8)
    cell = '"{}"' if quoted else "{}"
    lines = [f"{cell.format(i)},{i}" for i in range(100)]
    lines[80] = "80,oops"
    stream = io.BytesIO(("a,b\n" + "\n".join(lines)).encode())
    rows = []
    with DelimitedReader(stream, "stdin") as reader, pytest.raises(NnctlError) as caught:
        for table in reader.tables(["b"], streaming=True):
            rows += table.numbers[:, 0].tolist()
    assert 40 < len(rows) <= 80
    assert rows == list(range(len(rows)))
    assert caught.value.problems[0].line == 82
    assert caught.value.problems[0].path == "column b"


@pytest.mark.parametrize("streaming", [False, True])
def test_nothing_is_given_after_a_fault(monkeypatch: pytest.MonkeyPatch, streaming: bool) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", 64)
    stream = io.BytesIO(b"a\n" + b"1\n" * 50 + b"oops\n" + b"1\n" * 1000)
    rows = 0
    with DelimitedReader(stream, "t.csv") as reader, pytest.raises(NnctlError):
        for table in reader.tables(["a"], streaming=streaming):
            rows += len(table)
    assert rows <= 50
    # A stream ends with the fault; a file is read to its end, for all its faults.
    assert (stream.tell() < 400) is streaming


def test_blocks_do_not_change_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "é,b\r\n" + "".join(f"{i}.5,t{i % 3}\r\n" for i in range(200))
    whole = read(data)
    monkeypatch.setattr(bytestream, "BLOCK", 7)
    parts = read(data)
    np.testing.assert_array_equal(parts.numbers, whole.numbers)
    np.testing.assert_array_equal(parts.text["b"].codes, whole.text["b"].codes)
    assert parts.lines is not None and whole.lines is not None
    np.testing.assert_array_equal(parts.lines, whole.lines)


class Lines(io.BytesIO):
    """A stream that gives a line at a time."""

    def read1(self, size: int | None = -1) -> bytes:
        return self.readline()


@pytest.mark.parametrize(
    ("text", "lines"),
    [(b"\na\n1\n2\n\n3", [3, 4, 5, 6]), (b'"a\nb",c\n1,2\n"3","4\n"\n5,6\n', [3, 4, 6])],
)
def test_rows_that_come_one_by_one_are_given_one_by_one(
    text: bytes, lines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytestream.LineBlocks, "_goes_on", lambda *_: False)
    with DelimitedReader(Lines(text)) as reader:
        tables = list(reader.tables(reader.names, text=reader.names))
    assert [table.lines.tolist() for table in tables if table.lines is not None] == [
        [line] for line in lines
    ]


@pytest.mark.parametrize("header", [True, False])
def test_a_file_of_blank_lines_is_empty(header: bool) -> None:
    with pytest.raises(NnctlError, match="the file is empty"):
        DelimitedReader(io.BytesIO(b"\n\n"), "t.csv", text_format=TextFormat(header=header))


def test_files_plain_and_packed(tmp_path: Path) -> None:
    data = "a,b\n" + "1,2\n" * 1000
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_text(data)
    packed.write_bytes(gzip.compress(data.encode()))
    for path in (plain, packed):
        with DelimitedReader(path) as reader:
            assert sum(map(len, reader.tables(["b"]))) == 1000


def test_damaged_files(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 10**9, 4000)
    whole = gzip.compress(b"a\n" + b"\n".join(b"%d" % n for n in noise))
    path = tmp_path / "t.csv.gz"
    for data, message in [
        (whole[: len(whole) // 2], "the gzip data ends too early: the file was cut short"),
        (whole[:-8] + bytes(8), "the gzip data is damaged (CRC check failed"),
        (whole[:2000] + b"\xff" * 50 + whole[2050:], "the gzip data is damaged"),
    ]:
        path.write_bytes(data)
        with pytest.raises(NnctlError) as caught, DelimitedReader(path) as reader:
            list(reader.tables(["a"]))
        assert message in str(caught.value)
        assert caught.value.problems[0].file == str(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a\n1\n")
    with pytest.raises(NnctlError) as caught:
        DelimitedReader(tmp_path / "trian.csv")
    assert str(caught.value) == (
        f"{tmp_path}/trian.csv\n  there is no such file\n"
        f'  fix: did you mean "{tmp_path}/train.csv"?'
    )
    with pytest.raises(NnctlError, match="this is a folder"):
        DelimitedReader(tmp_path)


def test_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytestream, "LONGEST_LINE", 1000)
    monkeypatch.setattr(bytestream, "BLOCK", 100)
    assert "a line is longer than 1,000 bytes" in error("a\n1\n" + "x" * 5000)


labels = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1)


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), labels), min_size=1))
def test_what_csv_writes_is_read_back(rows: list[tuple[float, str]]) -> None:
    rows = [(value, f"t{label}t") for value, label in rows]
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([("n", "s"), *rows])
    table = read(stream.getvalue())
    column = table.text["s"]
    assert table.numbers[:, 0].tolist() == [value for value, _ in rows]
    assert [column.labels[code] for code in column.codes] == [label for _, label in rows]


def test_columns_none_of_which_is_there_are_one_problem():
    table = io.BytesIO(b"a,b\n1,2\n")
    with DelimitedReader(table, "few.csv") as reader, pytest.raises(NnctlError) as error:
        reader.require([f"p{k}" for k in range(100)])
    (problem,) = error.value.problems
    assert problem.message == (
        'there are no columns "p0", "p1", "p2", "p3", "p4" and 95 more; the columns are: a, b'
    )


def test_of_many_missing_columns_the_first_are_named_and_the_rest_counted():
    table = io.BytesIO(b"a,b\n1,2\n")
    with DelimitedReader(table, "few.csv") as reader, pytest.raises(NnctlError) as error:
        reader.require(["a", *(f"p{k}" for k in range(100))])
    problems = error.value.problems
    assert len(problems) == 11
    assert problems[0].message == 'there is no column "p0"; the columns are: a, b'
    assert problems[1].message == 'there is no column "p1"'
    assert problems[-1].message == "and 90 more problems of this kind"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "punycode", "utf-7"])
def test_bytes_that_are_no_text_in_the_encoding_are_told(encoding) -> None:
    """Whatever its codec raises: some say no more than that the beginning is wrong."""
    with pytest.raises(NnctlError) as caught:
        read(b"a,\xffb.\n1,2\n", text_format=TextFormat(encoding=encoding))
    (problem,) = caught.value.problems
    assert problem.line == 1 and f"{encoding} text" in problem.message
    assert problem.setting is not None and problem.setting.key == "data.encoding"
