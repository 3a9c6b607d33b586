"""Text tables with a header: CSV, plain or gzip, read in one pass and in bounded memory."""

import csv
import io
import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from nnctl.data.bytestream import BLOCK, LineBlocks, opened
from nnctl.data.fields import Fields, blocks_of_fields
from nnctl.data.numbers import INFINITE, MISSING, number
from nnctl.data.table import Faults, Table, TextColumn
from nnctl.errors import NnctlError, Problem, did_you_mean

TEXT_FIX = "mend it; for training, data.text makes a column one of categories"


@dataclass(frozen=True)
class _Kind:
    """Whether a column holds text, as its first value, on line `line`, has decided."""

    is_text: bool
    sample: str
    line: int


class DelimitedReader:
    """A text table, open for one pass over its rows.

    `source` is a path or a binary stream; `name` is what messages call it. `names` are the
    columns of the header, or without `header` their places from 0 on. Raises `NnctlError` for a
    file that cannot be opened, that is empty, or whose header has a nameless column, a name twice,
    or numbers alone.
    """

    def __init__(
        self,
        source: str | Path | BinaryIO,
        name: str | None = None,
        delimiter: str = ",",
        header: bool = True,
    ) -> None:
        self.file = name or str(source)
        self.delimiter = delimiter
        self._opened = opened(source)
        self._blocks = LineBlocks(self._opened.__enter__(), self.file)
        try:
            self.names = self._first_row(header)
        except BaseException:
            self._opened.__exit__(None, None, None)
            raise

    def __enter__(self) -> "DelimitedReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(None, None, None)

    def tables(
        self,
        wanted: Sequence[str],
        verbatim: Sequence[str] = (),
        *,
        text: Collection[str] = (),
        streaming: bool = False,
    ) -> Iterator[Table]:
        """The rows from top to bottom, some hundred kilobytes of them at a time.

        Of each row the columns `wanted` are read, as numbers or as text, whichever a column's
        first value is; those named in `text` as text whatever they hold; and those of `verbatim`
        are kept as they are written. Raises `NnctlError` for
        columns that do not exist, and for faulty rows: with `streaming` as soon as a stretch of
        rows has some, else for those of the whole file together.
        """
        self.require([*wanted, *verbatim])
        faults = Faults(self.file)
        columns = _Columns(self.file, self.names, wanted, verbatim, text, faults)
        for fields in blocks_of_fields(self._blocks, self.delimiter, len(self.names), faults):
            table = columns.table(fields)
            if streaming:
                faults.check()
            if not faults.count and len(table):
                yield table
        faults.check()

    def require(self, names: Sequence[str]) -> None:
        """Raises `NnctlError` for those of `names` that are not columns; many are counted."""
        known, faults = set(self.names), Faults(self.file)
        for name in dict.fromkeys(names):
            if name not in known:
                if faults.room:
                    faults.add(self._no_column(name))
                else:
                    faults.skip(1)
        faults.check()

    def _no_column(self, name: str) -> Problem:
        shown = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
        message = f'there is no column "{name}"; the columns are: {shown}'
        fix = did_you_mean(name, self.names)
        other = next((mark for mark in ";\t|" if mark in self.names[0]), None)
        if len(self.names) == 1 and other:
            fix = f"the columns seem to be separated by {other!r}: set data.delimiter"
        return Problem(message, fix, self.file, self._header_line)

    def _first_row(self, header: bool) -> tuple[str, ...]:
        """The columns, as the first line that is not blank has them; the rows follow it.

        Without `header` it is a row itself, and the columns are named by their places.
        """
        row: list[str] | None = None
        block = b""
        while row is None:
            start = self._blocks.line - block.count(b"\n")
            more = self._blocks.next_block()
            block += more
            text = io.StringIO(block.decode(), newline="\n")
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                row = next((row for row in reader if any(row)), None)
            except csv.Error as error:
                if more and len(block) < BLOCK:  # a quote that the next line may close
                    continue
                message = f"the quotes of the header do not match ({error})"
                raise NnctlError(Problem(message, None, self.file, start)) from None
            if row is None and not more:
                fix = "a table begins with a line of column names" if header else None
                raise NnctlError(Problem("the file is empty", fix, self.file))
            if row is None and header:  # blank lines before it are nothing
                block = b""
        self._header_line = start + reader.line_num - 1
        if not header:
            self._blocks.put_back(block)
            return tuple(map(str, range(len(row))))
        self._blocks.put_back(block.split(b"\n", reader.line_num)[-1])
        names = tuple(name.strip(" \t") for name in row)
        if problems := list(_header_problems(names, self.file, self._header_line)):
            raise NnctlError(problems)
        return names


def _header_problems(names: Sequence[str], file: str, line: int) -> Iterator[Problem]:
    if all(number(name) is not None for name in names) and any(names):
        message = "the first line holds numbers alone; it must name the columns"
        fix = "add a line of column names at the top, or set data.header: false"
        yield Problem(message, fix, file, line)
        return
    for place, name in enumerate(names):
        if not name:
            fix = "give it a name in the first line"
            yield Problem(f"column {place + 1} of {len(names)} has no name", fix, file, line)
    for name, count in Counter(names).items():
        if name and count > 1:
            fix = "give each column a name of its own"
            yield Problem(f'{count} columns are named "{name}"', fix, file, line)


class _Columns:
    """The columns asked for of a table, and what is known of each so far."""

    def __init__(
        self,
        file: str,
        names: Sequence[str],
        wanted: Sequence[str],
        verbatim: Sequence[str],
        text: Collection[str],
        faults: Faults,
    ) -> None:
        places = {name: place for place, name in enumerate(names)}
        self._file = file
        self._wanted = {name: places[name] for name in wanted}
        self._verbatim = {name: places[name] for name in verbatim}
        self._kinds = {name: _Kind(True, "", 0) for name in wanted if name in text}
        self._mixed = set(self._kinds)
        self._faults = faults

    def table(self, fields: Fields) -> Table:
        """The rows of `fields`; those that are faulty are noted and hold nothing of use."""
        for name in self._wanted:
            if name not in self._kinds:
                self._decide(fields, name)
        is_text = {name for name, kind in self._kinds.items() if kind.is_text}
        numeric = [name for name in self._wanted if name not in is_text]
        values, odd = fields.numbers([self._wanted[name] for name in numeric])
        flat = values.reshape(-1)
        for index in odd.tolist():
            row, place = divmod(index, len(numeric))
            flat[index] = self._number(fields, row, numeric[place])
        return Table(
            self._file,
            tuple(numeric),
            values,
            {name: self._text(fields, name) for name in self._wanted if name in is_text},
            {name: fields.texts(place) for name, place in self._verbatim.items()},
            fields.lines,
        )

    def _decide(self, fields: Fields, name: str) -> None:
        """Notes what the first value of a column is, if one of the rows has any."""
        place = self._wanted[name]
        for row, line in enumerate(fields.lines.tolist()):
            text = fields.text(row, place).strip(" \t")
            if text not in MISSING:
                numeric = number(text) is not None or INFINITE.fullmatch(text)
                self._kinds[name] = _Kind(not numeric, text, line)
                return

    def _number(self, fields: Fields, row: int, name: str) -> float:
        """A number that the fast way left to judge; nan for a fault."""
        text = fields.text(row, self._wanted[name]).strip(" \t")
        value = number(text)
        if value is not None and not math.isinf(value):
            return value
        if value is not None or INFINITE.fullmatch(text):
            self._fault(fields, row, name, f'"{_short(text)}" is not a finite number')
        else:
            kind = self._kinds[name]
            message = (
                f'"{_short(text)}" is not a number, but the column began with {_short(kind.sample)}'
            )
            fix = TEXT_FIX
            self._fault(fields, row, name, f"{message} (line {kind.line})", fix)
        return math.nan

    def _text(self, fields: Fields, name: str) -> TextColumn:
        codes = np.full(len(fields.lines), -1, dtype=np.int32)
        labels: dict[str, int] = {}
        for row, written in enumerate(fields.texts(self._wanted[name])):
            text = written.strip(" \t")
            if text in MISSING:
                continue
            codes[row] = labels.setdefault(text, len(labels))
            is_new = codes[row] == len(labels) - 1
            if is_new and name not in self._mixed and number(text) is not None:
                kind = self._kinds[name]
                began = f'the column began with "{_short(kind.sample)}" (line {kind.line})'
                message = f'"{_short(text)}" is a number, but {began}'
                self._fault(fields, row, name, message, TEXT_FIX)
        return TextColumn(codes, tuple(labels))

    def _fault(
        self, fields: Fields, row: int, name: str, message: str, fix: str | None = None
    ) -> None:
        line = int(fields.lines[row])
        self._faults.add(Problem(message, fix, self._file, line, f"column {name}"))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"
