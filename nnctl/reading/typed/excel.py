"""Sheets of Excel workbooks, by the values that are stored in them; the extra `nnctl[excel]`."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from io import FileIO
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np

from nnctl.errors import NnctlError, Problem, Setting, did_you_mean
from nnctl.reading.block import Block, Tabular
from nnctl.reading.bytestream import reading
from nnctl.reading.files import DataFile
from nnctl.reading.header import Header
from nnctl.reading.kinds import unlike_its_name
from nnctl.reading.notation import Notation
from nnctl.reading.table import Faults
from nnctl.reading.typed.cells import Texts, TypedBlock, columns_of, row_place, typed_notation
from nnctl.reading.typed.sqlite import only_one
from nnctl.system.extras import load_extra

LARGEST_PART = 1 << 27  # bytes that a part unpacks to which is held in memory, such as its texts
LARGEST_ROW = 1 << 23  # bytes
READ_AT_ONCE = 1 << 20
LAST_ROW = 1 << 20
SHEET_ROWS, SHEET_CELLS = 4096, 1 << 16  # of a block
# What openpyxl raises for parts of a workbook that are missing, or are not what they should be.
BROKEN: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, NotImplementedError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError),
)
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


class ExcelSheet(Tabular):
    """A sheet of a workbook, by default the first; its first row that is not empty names columns.

    Nothing is computed: of a formula the value counts that was stored with it. Raises `NnctlError`
    for a file that is no workbook, and for a sheet that it does not have.
    """

    def __init__(self, file: DataFile, notation: Notation) -> None:
        self.file, self.notation = str(file.path), typed_notation(notation)
        self._texts = Texts(notation)
        self._openpyxl: Any = load_extra("openpyxl", "excel")
        with reading(file.path):
            self._stream = FileIO(file.path, "rb")
        try:
            start = self._stream.read(READ_AT_ONCE)
            if not start.startswith(b"PK"):
                raise NnctlError(unlike_its_name(start, "an Excel workbook", self.file))
            with self._asking():
                self._archive = zipfile.ZipFile(self._stream)
            self._check_parts()
            self._values = self._workbook(data_only=True)
            self._sheet = self._sheet_named(file.table)
            self.place = row_place(self.file, f"sheet {self._sheet.title}")
            self._has_formulas = self._look_through()
            self.header, self._first = self._names()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stream.close()

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        chosen = sorted({self.header.places[name] for name in names}) or [0]
        size = max(1, min(SHEET_ROWS, SHEET_CELLS // len(chosen)))
        with self._asking():
            rows = self._rows(chosen, faults)
            while found := list(islice(rows, size)):
                lines = np.array([line for line, _ in found], np.int64)
                cells = [row for _, row in found]
                yield TypedBlock(lines, columns_of(cells, chosen, self._texts))

    def _rows(self, chosen: Sequence[int], faults: Faults) -> Iterator[tuple[int, list[object]]]:
        """The rows that are not empty, each with its number in the sheet."""
        formulas = None
        if self._has_formulas:
            formulas = self._workbook(data_only=False)[self._sheet.title].iter_rows(
                self._first + 1, values_only=True
            )
        rows = self._sheet.iter_rows(self._first + 1)
        for line, row in enumerate(rows, start=self._first + 1):
            written: Sequence[object] = next(formulas, ()) if formulas is not None else ()
            if line > LAST_ROW:
                message = f"the sheet goes on beyond row {LAST_ROW:,}, the last that Excel has"
                raise NnctlError(Problem(message, None, self.file))
            if all(cell.value is None for cell in row) and all(cell is None for cell in written):
                continue
            self._check_width(row, line, faults)
            cells = [row[place] if place < len(row) else None for place in chosen]
            kept = []
            for place, cell in zip(chosen, cells, strict=True):
                formula = written[place] if place < len(written) else None
                fault = None if cell is None else fault_of(cell, formula)
                if fault is not None:
                    path = f"column {self.header.cells[place]}"
                    fix = "let Excel compute and save it, or write the value"
                    faults.add(Problem(fault, fix, self.file, line, path))
                kept.append(None if cell is None or fault else value_of(cell.value))
            yield line, kept

    def _check_width(self, row: Sequence[Any], line: int, faults: Faults) -> None:
        """Notes a value behind the last column that has a name."""
        for place, cell in enumerate(row[self.header.width :], start=self.header.width + 1):
            if cell.value is not None:
                message = f"there is a value in column {place}, which has no name"
                problem = Problem(message, "give it a name in the first row", self.file, line)
                faults.once(f" {place}", problem)

    def _workbook(self, *, data_only: bool) -> Any:
        """The workbook, without macros and without links to other files."""
        import warnings  # which openpyxl gives of what it passes over

        with self._asking(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = self._openpyxl.load_workbook(
                self._stream, read_only=True, data_only=data_only, keep_links=False, keep_vba=False
            )
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # which need not be what the file states
            return workbook

    def _sheet_named(self, name: str | None) -> Any:
        sheets = {sheet.title: sheet for sheet in self._values.worksheets}
        if name is None:
            return next(iter(sheets.values())) if sheets else only_one([], "sheet", self.file)
        if name in sheets:
            return sheets[name]
        message = f'there is no sheet "{name}"; the sheets are: {", ".join([*sheets][:12])}'
        setting = Setting("data.train")
        fix = did_you_mean(name, [*sheets])
        raise NnctlError(Problem(message, fix, self.file, setting=setting))

    def _check_parts(self) -> None:
        """Raises `NnctlError` for an archive of no workbook, or that unpacks to too much."""
        found = self._archive.infolist()
        if not any(part.filename == "[Content_Types].xml" for part in found):
            raise NnctlError(Problem("this is no Excel workbook", None, self.file))
        for part in found:
            if part.file_size > LARGEST_PART and "worksheets/" not in part.filename:
                message = f"{part.filename} in it unpacks to {part.file_size:,} bytes"
                raise NnctlError(Problem(f"{message}, and is not read", None, self.file))

    def _look_through(self) -> bool:
        """Whether the sheet has formulas. Raises `NnctlError` for a row without end."""
        path = self._sheet._worksheet_path
        formulas, length, rest = False, 0, b""
        with self._asking(), self._archive.open(path) as stream:
            while part := stream.read(READ_AT_ONCE):
                text = rest + part
                formulas = formulas or FORMULA.search(text) is not None
                cut = text.rfind(b"</row>")
                length = len(text) - cut if cut >= 0 else length + len(part)
                if length > LARGEST_ROW:
                    message = f"a row of the sheet is longer than {LARGEST_ROW:,} bytes"
                    raise NnctlError(Problem(message, None, self.file))
                rest = text[-16:]
        return formulas

    def _names(self) -> tuple[Header, int]:
        """The columns by the first row that is not empty, and its number."""
        with self._asking():
            for line, row in enumerate(self._sheet.iter_rows(values_only=True), start=1):
                cells = ["" if cell is None else str(value_of(cell)).strip() for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    return Header(cells, line), line
        raise NnctlError(Problem("the sheet is empty", None, self.file))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns what goes wrong in the file into an `NnctlError`."""
        try:
            yield
        except BROKEN as error:
            told = str(error).splitlines()
            message = f"the workbook cannot be read ({told[0][:200] if told else type(error)})"
            raise NnctlError(Problem(message, "save it again as .xlsx", self.file)) from None


def fault_of(cell: Any, formula: object) -> str | None:
    """What is wrong with a cell, if anything is."""
    if cell.data_type == "e":
        return f"the cell holds the error {cell.value}"
    if cell.value is None and formula is not None and cell.data_type != "str":  # as empty text is
        return f"the formula {str(formula)[:40]} has no stored value"
    return None


def value_of(value: object) -> object:
    """What a cell holds, of Python's own; a span of time is a number of days, as Excel has it."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if value is None or isinstance(value, bool | int | float | str | datetime | date | time):
        return value
    return str(value)
