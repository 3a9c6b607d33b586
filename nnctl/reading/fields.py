"""A block of a text table cut into fields: where each begins and ends, as arrays."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.reading.array_types import Bytes, Doubles, Indices, Mask
from nnctl.reading.bytestream import LineBlocks
from nnctl.reading.numbers import PADDING, non_digits, parse
from nnctl.reading.table import Faults

ROWS = 4096  # of rows with quoted fields that are taken together
# Before the text of a field that was quoted though it might mean that there is no value: a lone
# surrogate, which no text has, and the byte that stands for it, which is not UTF-8.
QUOTED = "\udcff"
# Before the text of a cell that its file says is text, though it looks like a number or a truth.
TYPED = "\udcfe"
_NEWLINE = np.uint8(ord("\n"))
_SEPARATOR = "\x1f"
_ESCAPE = "surrogateescape"


class Fields:
    """Fields of `buffer`; the arrays but `lines` (rows,) and `marks` are (rows, columns).

    Field (i, j) is `buffer[starts[i, j]:ends[i, j]]`, on line `lines[i]` of its file. `marks` are
    the places of the bytes that are no digits; `first` and `last` index it, as `parse` needs it.
    """

    def __init__(
        self,
        buffer: Bytes,
        marks: Indices,
        starts: Indices,
        ends: Indices,
        first: Indices,
        last: Indices,
        lines: Indices,
    ) -> None:
        self.buffer, self.marks, self.lines = buffer, marks, lines
        self.starts, self.ends, self.first, self.last = starts, ends, first, last

    is_typed = False

    def text(self, row: int, column: int) -> str:
        """A field as it is written; after `QUOTED`, if the quotes change its meaning."""
        written = self.buffer[self.starts[row, column] : self.ends[row, column]].tobytes()
        return written.decode("utf-8", _ESCAPE)

    def texts(self, column: int) -> list[str]:
        """The fields of a column, each as `text` gives it."""
        written = self._written
        places = zip(self.starts[:, column].tolist(), self.ends[:, column].tolist(), strict=True)
        if isinstance(written, str):
            return [written[start:end] for start, end in places]
        return [written[start:end].decode("utf-8", _ESCAPE) for start, end in places]

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        """The buffer, and where in it each field of a column begins and ends."""
        return self.buffer, self.starts[:, column], self.ends[:, column]

    @cached_property
    def _written(self) -> bytes | str:
        """The buffer; as text where a character is a byte, so that places are the same in both."""
        written = self.buffer.tobytes()
        return written.decode("ascii") if written.isascii() else written

    def numbers(self, columns: Sequence[int]) -> tuple[Doubles, Indices]:
        """The numbers of `columns`, (rows, len(columns)), and the flat indices still to judge."""
        parts = [self.starts, self.ends, self.first, self.last]
        ordered = sorted(columns)
        begin = ordered[0] if ordered else 0
        if ordered != list(range(begin, begin + len(ordered))):
            values, odd = self._parsed([part.take(columns, axis=1) for part in parts])
            return values.reshape(len(self.lines), len(columns)), odd
        # A stretch is cut out faster, also where its columns are wanted in another order.
        values, odd = self._parsed([part[:, begin : begin + len(ordered)] for part in parts])
        values = values.reshape(len(self.lines), len(columns))
        if list(columns) != ordered:
            places = np.asarray(columns) - begin
            values = values.take(places, axis=1)
            rows, place = np.divmod(odd, len(columns))
            odd = np.sort(rows * len(columns) + np.argsort(places)[place])
        return values, odd

    def _parsed(self, parts: Sequence[Indices]) -> tuple[Doubles, Indices]:
        starts, ends, first, last = (part.ravel() for part in parts)
        return parse(self.buffer, self.marks, starts, ends, first, last)


def blocks_of_fields(
    blocks: LineBlocks, delimiter: str, width: int, faults: Faults, marks: Collection[str] = ()
) -> Iterator[Fields]:
    """The rows of `blocks`, `width` fields each; rows of another width go to `faults`.

    Quoted fields that hold one of `marks` are told apart from others. Blank lines are passed over,
    unless there is but one column. From the first quote on, fields are cut by `csv`, which is
    slower.
    """
    while True:
        line = blocks.line
        block = blocks.next_block()
        if not block:
            return
        if b'"' in block:
            blocks.put_back(block)
            yield from _quoted(blocks, delimiter, width, faults, marks)
            return
        yield _cut(block, line, delimiter, width, faults)


def _cut(block: bytes, line: int, delimiter: str, width: int, faults: Faults) -> Fields:
    """The fields of a block without quotes that begins on line `line`."""
    buffer = np.frombuffer(PADDING + block, np.uint8)
    marks = non_digits(buffer)
    kinds = buffer[marks]
    closing = kinds == _NEWLINE
    last = np.flatnonzero(closing | (kinds == ord(delimiter)))
    ends = marks[last]
    closing = closing[last]
    starts = np.empty_like(ends)
    starts[0] = len(PADDING)
    np.add(ends[:-1], 1, out=starts[1:])
    first = np.empty_like(last)
    first[0] = 0
    np.add(last[:-1], 1, out=first[1:])

    rows = np.count_nonzero(closing)
    lines = np.arange(line, line + rows)
    if len(ends) != rows * width or not closing[width - 1 :: width].all():
        blank = buffer[starts] == _NEWLINE
        kept = _rows_of_width(closing, blank, lines, width, faults)
        chosen = np.repeat(kept, _widths(closing))
        lines = lines[kept]
        starts, ends, first, last = starts[chosen], ends[chosen], first[chosen], last[chosen]
    shape = (len(lines), width)
    parts = [part.reshape(shape) for part in (starts, ends, first, last)]
    return Fields(buffer, marks, parts[0], parts[1], parts[2], parts[3], lines)


def _widths(closing: Mask) -> Indices:
    """How many fields each row has, where `closing` tells the last field of each."""
    return np.diff(np.flatnonzero(closing), prepend=-1)


def _rows_of_width(
    closing: Mask,
    blank: Mask,
    lines: Indices,
    width: int,
    faults: Faults,
) -> Mask:
    """Which rows have `width` fields; the others, if not blank, become faults."""
    widths = _widths(closing)
    empty = (widths == 1) & blank[closing]
    kept: Mask = widths == width
    wrong = np.flatnonzero(~kept & ~empty)
    shown = faults.room
    for row in wrong[:shown]:
        faults.add(_width_problem(faults.file, int(lines[row]), int(widths[row]), width))
    faults.skip(len(wrong[shown:]))
    return kept


def _width_problem(file: str, line: int, found: int, width: int) -> Problem:
    fields = "1 field" if found == 1 else f"{found} fields"
    columns = "1 column" if width == 1 else f"{width} columns"
    return Problem(f"the row has {fields}; the table has {columns}", None, file, line)


def csv_rows(
    blocks: LineBlocks, delimiter: str, file: str, marks: Collection[str] = ()
) -> Iterator[list[tuple[int, list[str]]]]:
    """The rows of a table that may have quoted fields, each with the line it begins on.

    They come by the thousand, and at the end of each block; quoted fields that hold one of `marks`
    begin with `QUOTED`. Raises `NnctlError` for a quote that
    is not closed.
    """
    lines, before = _Lines(blocks, delimiter, marks), blocks.line - 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    while True:
        line = before + reader.line_num + 1
        try:
            rows.append((line, next(reader)))
        except StopIteration:
            break
        except csv.Error as error:
            fix = 'a quote inside a quoted field is written twice: ""'
            raise NnctlError(
                Problem(f"the quotes do not match ({error})", fix, file, line)
            ) from None
        if len(rows) == ROWS or not lines.left:
            yield rows
            rows = []
    if rows:
        yield rows


class _Lines:
    """The lines of some blocks, and how many of the current one are `left`."""

    def __init__(self, blocks: LineBlocks, delimiter: str, marks: Collection[str]) -> None:
        self._blocks = blocks
        self.left = 0
        # Within a quoted field quotes are doubled, so that this finds whole fields alone.
        plain = [mark for mark in marks if mark and not set(mark) & {delimiter, *'"\r\n'}]
        edge, words = re.escape(delimiter), "|".join(map(re.escape, plain))
        self._quoted = re.compile(rf'(^|{edge})"({words})"(?={edge}|$)', re.MULTILINE)
        self._has_marks = bool(words)

    def __iter__(self) -> Iterator[str]:
        for block in self._blocks:
            self.left = block.count(b"\n")
            text = block.decode()
            if self._has_marks:
                text = self._quoted.sub(rf"\1{QUOTED}\2", text)
            for line in io.StringIO(text, newline="\n"):
                self.left -= 1
                yield line


def _quoted(
    blocks: LineBlocks, delimiter: str, width: int, faults: Faults, marks: Collection[str]
) -> Iterator[Fields]:
    for stretch in csv_rows(blocks, delimiter, faults.file, marks):
        kept = [(line, row) for line, row in stretch if len(row) == width]
        for line, row in stretch:
            if row and len(row) != width:
                faults.add(_width_problem(faults.file, line, len(row), width))
        if kept:
            yield joined_fields([row for _, row in kept], [line for line, _ in kept])


def bare(text: str) -> str:
    """The text of a cell without what tells that it was quoted, or is text by its type."""
    return text[1:] if text[:1] in (QUOTED, TYPED) else text


def in_one_buffer(cells: Iterable[str]) -> tuple[Bytes, Indices, Indices]:
    """Texts in one buffer that `parse` takes, and where each begins and ends."""
    texts = list(cells)
    joined = _SEPARATOR.join(texts)
    if joined.isascii():
        written, sizes = joined.encode(), map(len, texts)
    else:
        encoded = [text.encode("utf-8", _ESCAPE) for text in texts]
        written, sizes = _SEPARATOR.encode().join(encoded), map(len, encoded)
    buffer = np.frombuffer(PADDING + written + _SEPARATOR.encode(), np.uint8)
    lengths = np.fromiter(sizes, np.int64, len(texts))
    ends = len(PADDING) + np.cumsum(lengths + 1) - 1
    return buffer, ends - lengths, ends


def joined_fields(rows: Sequence[Sequence[str]], lines: Sequence[int]) -> Fields:
    """Fields that are cut already, put into one buffer; at least one row is needed."""
    buffer, starts, ends = in_one_buffer(chain.from_iterable(rows))
    marks = non_digits(buffer)
    first, last = np.searchsorted(marks, starts), np.searchsorted(marks, ends)
    shape = (len(rows), len(rows[0]))
    parts = [part.reshape(shape) for part in (starts, ends, first, last)]
    return Fields(buffer, marks, parts[0], parts[1], parts[2], parts[3], np.array(lines))
