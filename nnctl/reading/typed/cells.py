"""Cells that come with their types, and what they would be in a text table."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.reading.array_types import Array, Bytes, Doubles, Indices, Mask
from nnctl.reading.fields import QUOTED, TYPED, in_one_buffer
from nnctl.reading.header import Header
from nnctl.reading.notation import TRUTHS, Notation
from nnctl.reading.numbers import GRAMMAR, INFINITE, MISSING
from nnctl.reading.table import Place, Spot

EXACT = 2.0**53  # up to which doubles tell all whole numbers apart
KEPT_TEXTS = 1 << 12  # texts that are kept in mind
PLAIN_TYPES = {int, float, type(None)}
REDUCES = (np.fmax.reduce, np.fmin.reduce)  # which pass over gaps


class Texts:
    """Gives text cells what tells that their file says that they are text.

    Words that usually mean that there is no value are text, unless they are all that does by the
    config; those that it adds mean it here, too.
    """

    def __init__(self, notation: Notation) -> None:
        self._words = MISSING if notation.missing >= MISSING else frozenset[str]()
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        made = self._known.get(text)
        if made is None:
            if len(self._known) >= KEPT_TEXTS:
                self._known.clear()
            made = self._known[text] = self._marked(text)
        return made

    def _marked(self, text: str) -> str:
        if "\r" in text:  # which no text table has
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        own = text.strip(" \t")
        if own in self._words:
            return QUOTED + own if own else own
        if own in TRUTHS or GRAMMAR.fullmatch(own) or INFINITE.fullmatch(own):
            return TYPED + own
        return text


class TypedColumn(Protocol):
    """A column of a block."""

    def numbers(self, rows: slice) -> tuple[NDArray[Any], Indices]:
        """The numbers of rows, nan where missing, and which of the rows hold anything else."""
        ...

    def texts(self, rows: slice) -> list[str]:
        """The cells of rows as text, nothing where missing."""
        ...


class TypedBlock:
    """Rows whose cells come with their types: `columns` by their places in the header.

    The first of the block's rows is number `start` of the columns'.
    """

    is_typed = True

    def __init__(self, lines: Indices, columns: Mapping[int, TypedColumn], start: int = 0) -> None:
        self.lines, self._columns = lines, columns
        self._rows = slice(start, start + len(lines))
        self._texts: dict[int, list[str]] = {}
        self._spans: dict[int, tuple[Bytes, Indices, Indices]] = {}

    def text(self, row: int, column: int) -> str:
        if column in self._texts:
            return self._texts[column][row]
        own = self._rows.start + row
        return self._columns[column].texts(slice(own, own + 1))[0]

    def texts(self, column: int) -> list[str]:
        if column not in self._texts:
            self._texts[column] = self._columns[column].texts(self._rows)
        return self._texts[column]

    def numbers(self, columns: Sequence[int]) -> tuple[Array, Indices]:
        values = np.empty((len(columns), len(self.lines)))
        found = [self._columns[place].numbers(self._rows) for place in columns]
        if found:
            np.concatenate([own for own, _ in found], out=values.reshape(-1))
        odd = [others * len(found) + k for k, (_, others) in enumerate(found) if len(others)]
        # A column is contiguous: to put rows side by side takes as long as reading them.
        return values.T, flat_indices(values.T, odd)

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        if column not in self._spans:
            self._spans[column] = in_one_buffer(self.texts(column))
        return self._spans[column]


class ObjectColumn:
    """Cells that are Python's own: numbers, truth values, text, dates, None for a missing one."""

    def __init__(self, cells: Sequence[object], as_text: Texts) -> None:
        self._cells, self._as_text = cells, as_text

    @cached_property
    def _types(self) -> set[type]:
        return {*map(type, self._cells)}

    @cached_property
    def _read(self) -> tuple[Doubles, Indices]:
        cells = self._cells
        if self._types == {str}:
            return np.full(len(cells), np.nan), np.arange(len(cells))
        if self._types <= PLAIN_TYPES:
            with suppress(OverflowError):  # by a whole number beyond all doubles
                return np.array(cells, np.float64), np.empty(0, np.int64)
        values = np.full(len(cells), np.nan)
        others = []
        for row, cell in enumerate(cells):
            if type(cell) is float or (type(cell) is int and abs(cell) < EXACT):
                values[row] = cell
            elif cell is not None:
                others.append(row)
        return values, np.array(others, np.int64)

    def numbers(self, rows: slice) -> tuple[NDArray[Any], Indices]:
        values, others = self._read
        first, last = np.searchsorted(others, (rows.start, rows.stop)).tolist()
        return values[rows], others[first:last] - rows.start

    def texts(self, rows: slice) -> list[str]:
        cells, as_text = self._cells[rows], self._as_text
        if str in self._types and self._types <= {str, type(None)}:
            return ["" if cell is None else as_text(cell) for cell in cells]  # type: ignore[arg-type]
        return [cell_text_of(cell, as_text) for cell in cells]


class NumberBlock:
    """Rows of numbers: `values` (rows, columns) of the columns at `places`, nan where none is.

    `cell` gives what is in a row and a column of `values` as the file has it. `are_text` (rows,
    columns) says which of them are texts, if there are any.
    """

    is_typed = True

    def __init__(
        self,
        lines: Indices,
        values: Doubles,
        places: Mapping[int, int],
        cell: Callable[[int, int], object],
        as_text: Texts,
        are_text: Mask | None = None,
    ) -> None:
        self.lines, self._values, self._places, self._cell = lines, values, places, cell
        self._as_text, self._are_text = as_text, are_text

    def text(self, row: int, column: int) -> str:
        return cell_text_of(self._cell(row, self._places[column]), self._as_text)

    def texts(self, column: int) -> list[str]:
        return [self.text(row, column) for row in range(len(self.lines))]

    def numbers(self, columns: Sequence[int]) -> tuple[Doubles, Indices]:
        places = [self._places[column] for column in columns]
        first = places[0] if places else 0
        if places == [*range(first, first + len(places))]:
            values = self._values[:, first : first + len(places)].copy()
        else:
            values = self._values.take(places, axis=1)
        odd = [] if self._are_text is None else [np.flatnonzero(self._are_text[:, places])]
        return values, flat_indices(values, odd)

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        return in_one_buffer(self.texts(column))


def flat_indices(values: Doubles, odd: list[Indices]) -> Indices:
    """Those of numbers (rows, columns) that somebody has to judge, besides the `odd` ones.

    They are infinite, or so large that a whole number may have lost digits. Negative zeros become
    zeros.
    """
    values += 0.0
    if are_below(values, EXACT):
        return np.sort(np.concatenate(odd)) if odd else np.empty(0, np.int64)
    with np.errstate(invalid="ignore"):
        rows, columns = np.nonzero(np.abs(values) >= EXACT)
    large = rows * values.shape[1] + columns
    return np.unique(np.concatenate([large, *odd])) if odd or len(large) else large


def are_below(values: Array, limit: float) -> bool:
    """Whether all numbers are finite and smaller than a limit, whatever their sign."""
    high, low = values.max(initial=0.0), values.min(initial=0.0)
    if np.isnan(high):
        high, low = (reduce(values, axis=None, initial=0.0) for reduce in REDUCES)
    return bool(max(high, -low) < limit)


def cell_text_of(cell: object, as_text: Texts) -> str:
    """A cell as a text table would have it."""
    if cell is None or (type(cell) is float and math.isnan(cell)):
        return ""
    if isinstance(cell, str):
        return as_text(cell)
    if isinstance(cell, datetime | date | time):
        return iso_text(cell)
    return repr(cell)  # a number, or True or False


def iso_text(moment: datetime | date | time) -> str:
    """A date in ISO 8601, without the time where that is midnight."""
    if isinstance(moment, datetime) and moment.tzinfo is None and moment.time() == time():
        return moment.date().isoformat()
    return moment.isoformat()


def row_place(file: str, within: str = "") -> Place:
    """Where rows are of a file that has no lines; `within` is the part of it that has them."""

    def place(line: int) -> Spot:
        return Spot(file, None, ", ".join(filter(None, (within, f"row {line}"))))

    return place


def header_of_names(names: Sequence[str], file: str, line: int | None = None) -> Header:
    """The header of a file that names its columns. Raises `NnctlError` where one has no name."""
    if not names:
        raise NnctlError(Problem("the file has no columns", None, file, line))
    if "" in names:
        message = f"column {names.index('') + 1} of {len(names)} has no name"
        raise NnctlError(Problem(message, "give it one", file, line))
    return Header(names, line)


def typed_notation(notation: Notation) -> Notation:
    """A notation of what means no value alone: numbers of such files are not written."""
    return Notation(notation.missing)


def columns_of(
    rows: Iterable[Sequence[object]], places: Iterable[int], as_text: Texts
) -> dict[int, TypedColumn]:
    """The columns of some rows of Python's own values, of which there is at least one."""
    return {
        place: ObjectColumn(cells, as_text)
        for place, cells in zip(places, zip(*rows, strict=True), strict=True)
    }
