"""Text tables with a header: CSV, plain or gzip, read in one pass and in bounded memory."""

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import numpy as np

from nnctl.data.reading.bytestream import LineBlocks, opened
from nnctl.data.reading.fields import Fields, blocks_of_fields
from nnctl.data.reading.header import first_row
from nnctl.data.reading.labels import NumberLabels
from nnctl.data.reading.numbers import INFINITE, MISSING, Doubles, Indices, number
from nnctl.data.reading.shards import Shards
from nnctl.data.reading.table import Faults, LabelColumn, Place, Table, TextColumn
from nnctl.errors import NnctlError, Problem, did_you_mean

TEXT_FIX = "mend it; for training, data.text makes a column one of categories"


class _Kind(NamedTuple):
    """Whether a column holds text, as its first value, on line `line`, has decided."""

    is_text: bool
    sample: str
    line: int


class DelimitedReader:
    """A text table, open for one pass over its rows.

    `source` is a path, a binary stream, or several files as one; `name` is what messages call it.
    `names` are the columns of the header, or without `header` their places from 0 on. Raises
    `NnctlError` for a file that cannot be opened, that is empty, or whose header has a nameless
    column, a name twice, or numbers alone.
    """

    def __init__(
        self,
        source: str | Path | BinaryIO | Shards,
        name: str | None = None,
        delimiter: str = ",",
        header: bool = True,
    ) -> None:
        self.file = name or str(source)
        self.delimiter = delimiter
        self._place = source.place if isinstance(source, Shards) else None
        self._opened = source if isinstance(source, Shards) else opened(source)
        self._blocks = LineBlocks(self._opened.__enter__(), self.file)
        try:
            with self._placed():
                self.names, self._header_line = first_row(
                    self._blocks, delimiter, header, self.file
                )
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
        labels: Collection[str] = (),
        streaming: bool = False,
    ) -> Iterator[Table]:
        """The rows from top to bottom, some hundred kilobytes of them at a time.

        Of each row the columns `wanted` are read, as numbers or as text, whichever a column's
        first value is; those named in `text` as text whatever they hold; those in `labels`
        as labels, numbers or text likewise; and those of `verbatim` are kept as written.
        Raises `NnctlError` for columns that do not exist, and for faulty rows: with `streaming` as
        soon as a stretch of rows has some, else for those of the whole file together.
        """
        self.require([*wanted, *verbatim])
        faults = Faults(self.file)
        columns = _Columns(self.names, wanted, verbatim, text, labels, faults, self._place)
        with self._placed():
            for fields in blocks_of_fields(self._blocks, self.delimiter, len(self.names), faults):
                table = columns.table(fields)
                if streaming:
                    faults.check()
                if not faults.count and len(table):
                    yield table
            faults.check()

    @contextmanager
    def _placed(self) -> Iterator[None]:
        """Has problems name the file, of several, that they are in."""
        try:
            yield
        except NnctlError as error:
            if self._place is None:
                raise
            raise type(error)(
                placed(each, self.file, self._place) for each in error.problems
            ) from None

    def require(self, names: Sequence[str]) -> None:
        """Raises `NnctlError` for those of `names` that are not columns; many are counted."""
        with self._placed():
            self._require(names)

    def _require(self, names: Sequence[str]) -> None:
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


class _Columns:
    """The columns asked for of a table, and what is known of each so far."""

    def __init__(
        self,
        names: Sequence[str],
        wanted: Sequence[str],
        verbatim: Sequence[str],
        text: Collection[str],
        labels: Collection[str],
        faults: Faults,
        place: Place | None = None,
    ) -> None:
        places = {name: place for place, name in enumerate(names)}
        self._file, self._place = faults.file, place
        self._wanted = {name: places[name] for name in wanted}
        self._verbatim = {name: places[name] for name in verbatim}
        self._kinds = {name: _Kind(True, "", 0) for name in wanted if name in text}
        self._mixed = set(self._kinds)
        self._labels = {name: NumberLabels() for name in wanted if name in labels}
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
        labels = self._labels_of(fields, numeric, values, odd)
        for index in odd.tolist():
            row, place = divmod(index, len(numeric))
            if numeric[place] not in labels:
                flat[index] = self._number(fields, row, numeric[place])
        text = {name: self._text(fields, name) for name in self._wanted if name in is_text}
        labels |= {name: LabelColumn(*text.pop(name)) for name in self._labels if name in text}
        if labels:
            places = [place for place, name in enumerate(numeric) if name not in labels]
            numeric, values = [numeric[place] for place in places], values[:, places]
        return Table(
            self._file,
            tuple(numeric),
            values,
            text,
            {name: fields.texts(place) for name, place in self._verbatim.items()},
            fields.lines,
            place=self._place,
            labels=labels,
        )

    def _labels_of(
        self, fields: Fields, numeric: Sequence[str], values: Doubles, odd: Indices
    ) -> dict[str, LabelColumn]:
        """The columns of labels among those that are numbers, of which `values` are the doubles."""
        made = {}
        rows, places = np.divmod(odd, max(1, len(numeric)))
        for name in self._labels:
            if name not in numeric:
                continue
            place = numeric.index(name)
            own, known = values[:, place], self._labels[name]
            at = self._wanted[name]
            lengths = fields.ends[:, at] - fields.starts[:, at]
            doubtful = {*rows[places == place].tolist(), *known.doubtful(own, lengths).tolist()}
            texts = {}
            for row in sorted(doubtful):
                text = fields.text(row, at).strip(" \t")
                if known.label_of(text) is None:
                    own[row] = self._number(fields, row, name)
                else:
                    texts[row] = text
            made[name], clashes = known.column(own, texts)
            for row, text, other in clashes:
                message = f"{_short(text)} and {_short(other)} are labels that differ in digits "
                message += "beyond those of a 64-bit number"
                fix = "write both with fewer digits; for training, data.text keeps them as text"
                self._fault(fields, row, name, message, fix)
        return made

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
            self._fault(fields, row, name, f"{message} ({self._where(kind)})", fix)
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
                began = f'the column began with "{_short(kind.sample)}" ({self._where(kind)})'
                message = f'"{_short(text)}" is a number, but {began}'
                self._fault(fields, row, name, message, TEXT_FIX)
        return TextColumn(codes, tuple(labels))

    def _where(self, kind: _Kind) -> str:
        """Where a column's first value stands."""
        if self._place is None:
            return f"line {kind.line}"
        file, line = self._place(kind.line)
        return f"{file}, line {line}"

    def _fault(
        self, fields: Fields, row: int, name: str, message: str, fix: str | None = None
    ) -> None:
        line = int(fields.lines[row])
        self._faults.add(Problem(message, fix, self._file, line, f"column {name}"))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"


def placed(problem: Problem, file: str, place: Place) -> Problem:
    """A problem on a line of several files that are read as one, in the file that has it."""
    if problem.file != file or problem.line is None:
        return problem
    own, line = place(problem.line)
    return problem._replace(file=own, line=line)
