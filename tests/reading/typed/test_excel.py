"""Excel workbooks: stored values alone, whatever else is in the file."""

import datetime
import io
import re
import sys
import zipfile

import pytest

from nnctl.errors import NnctlError, Problem
from nnctl.reading.files import DataFile
from nnctl.reading.source import open_source
from nnctl.reading.typed import excel

openpyxl = pytest.importorskip("openpyxl")
SHEET = "xl/worksheets/sheet1.xml"


def saved(path, *rows, **sheets):
    workbook = openpyxl.Workbook()
    for name, own in {"Prices": rows, **sheets}.items():
        sheet = workbook.active if name == "Prices" else workbook.create_sheet(name)
        sheet.title = name
        for row in own:
            sheet.append(row)
    workbook.save(path)
    return path


def changed(path, part: str, change):
    """The same workbook with one of its parts changed, or without it."""
    data = path.read_bytes()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for info in before.infolist():
            content = before.read(info.filename)
            content = change(content) if info.filename == part else content
            if content is not None:
                after.writestr(info.filename, content)
    return path


def cells(path, sheet: str | None = None) -> list[list[str]]:
    with open_source(DataFile(path, table=sheet)) as reader:
        names = list(reader.all_columns())
        kept = [table.verbatim for table in reader.tables([], names)]
    return [list(row) for own in kept for row in zip(*(own[name] for name in names), strict=True)]


def problems(path, sheet: str | None = None) -> tuple[Problem, ...]:
    with pytest.raises(NnctlError) as caught:
        cells(path, sheet)
    return caught.value.problems


def test_cells_are_what_is_stored(tmp_path):
    moment = datetime.datetime(2024, 2, 29, 18, 30)
    rows = [[1, 0.5, "a, b", True, moment, datetime.date(2024, 2, 29)], [2, None, "01", False]]
    path = saved(tmp_path / "t.xlsx", [], ["a", "b", "c", "d", "e", "f"], rows[0], [], rows[1])
    assert cells(path) == [
        ["1", "0.5", "a, b", "True", "2024-02-29T18:30:00", "2024-02-29"],
        ["2", "", "01", "False", "", ""],
    ]


def test_a_sheet_is_named_or_the_first(tmp_path):
    path = saved(tmp_path / "t.xlsx", ["a"], [1], Sizes=[["a"], [2]])
    assert (cells(path), cells(path, "Sizes")) == ([["1"]], [["2"]])
    (problem,) = problems(path, "Size")
    assert 'no sheet "Size"; the sheets are: Prices, Sizes' in problem.message
    assert "Sizes" in str(problem.fix)


@pytest.mark.parametrize(
    ("rows", "place", "told"),
    [
        ([["a"], [1], ["=1+1"]], "row 3, column a", "the formula =1+1 has no stored value"),
        (
            [["a"], ['=WEBSERVICE("http://127.0.0.1:1/")'], [1]],
            "row 2, column a",
            "no stored value",
        ),
        ([["a"], ["='[other.xlsx]Sheet'!A1"], [1]], "row 2, column a", "no stored value"),
        ([["a"], ["#DIV/0!"], [1]], "row 2, column a", "the error #DIV/0!"),
        ([["a"], [1, 2]], "row 2", "a value in column 2, which has no name"),
        ([["a", None, "c"], [1, 2, 3]], "row 1", "column 2 of 3 has no name"),
        ([["a", "a"], [1, 2]], "row 1", 'columns are named "a"'),
        ([], "", "the sheet is empty"),
    ],
)
def test_what_is_wrong_is_placed_by_the_rows_of_the_sheet(tmp_path, rows, place, told):
    (problem,) = problems(saved(tmp_path / "t.xlsx", *rows))
    where = f"sheet Prices, {place}" if place else ""
    assert (problem.path, problem.line) == (where, None) and told in problem.message


def test_a_formula_counts_as_what_was_stored_with_it(tmp_path):
    path = saved(tmp_path / "t.xlsx", ["a", "b"], ["=1+1", 3])
    changed(
        path,
        SHEET,
        lambda sheet: sheet.replace(b"<v/>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"),
    )
    assert cells(path) == [["2", "3"]]


def test_a_formula_that_gave_empty_text_is_a_gap(tmp_path):
    path = saved(tmp_path / "t.xlsx", ["a", "b"], ["=1+1", 3])
    with_text = b'<c r="A2" t="str"><f>1+1</f><v></v></c>'
    changed(path, SHEET, lambda sheet: re.sub(rb'<c r="A2".*?</c>', with_text, sheet))
    assert cells(path) == [["", "3"]]


def test_a_stated_size_is_not_believed(tmp_path):
    path = saved(tmp_path / "t.xlsx", ["a", "b"], [1, 2], [3, 4])
    changed(path, SHEET, lambda sheet: sheet.replace(b'ref="A1:B3"', b'ref="A1:A1"'))
    assert cells(path) == [["1", "2"], ["3", "4"]]


def test_a_row_beyond_the_last_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path / "t.xlsx", ["a"], [1], [2])
    changed(path, SHEET, lambda sheet: sheet.replace(b'<row r="3"', b'<row r="900000000"'))
    monkeypatch.setattr(excel, "LAST_ROW", 100)
    (problem,) = problems(path)
    assert "beyond row 100" in problem.message


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/workbook.xml", lambda _: None),
        ("[Content_Types].xml", lambda _: None),
        (SHEET, lambda _: None),
        (SHEET, lambda sheet: sheet[:200]),
        (SHEET, lambda sheet: sheet.replace(b'r="A2"', b'r="ABCDE2"')),
        (SHEET, lambda sheet: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
         + sheet.replace(b"<v>1</v>", b"<v>&a;</v>")),
        ("xl/styles.xml", lambda styles: styles + b" " * 2_000_000),
        (SHEET, lambda sheet: sheet.replace(b"</row>", b"<c/>" * 300_000 + b"</row>", 1)),
    ],
)  # fmt: skip
def test_a_workbook_that_is_broken_or_a_bomb_is_refused(tmp_path, monkeypatch, part, change):
    monkeypatch.setattr(excel, "LARGEST_PART", 1_000_000)
    monkeypatch.setattr(excel, "LARGEST_ROW", 1_000_000)
    (problem,) = problems(changed(saved(tmp_path / "t.xlsx", ["a"], [1]), part, change))
    assert problem.file == str(tmp_path / "t.xlsx")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04junk"])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    (problem,) = problems(path)
    assert "workbook" in problem.message


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    path = saved(tmp_path / "t.xlsx", ["a"], [1])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (problem,) = problems(path)
    assert "openpyxl" in problem.message and "nnctl[excel]" in str(problem.fix)
