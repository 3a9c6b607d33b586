"""Stretches of one file put together as they come, in little more memory than they then take."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from nnctl.reading.array_types import Array
from nnctl.reading.table import (
    ConsecutiveLines,
    Label,
    LabelColumn,
    Lines,
    Table,
    TextColumn,
    text_of,
)

WORTH_RESERVING, LARGEST_RESERVE = 1 << 23, 1 << 30  # bytes


class Joining:
    """The columns `names` of the stretches that `add` is given, from top to bottom.

    Columns that begin as numbers, all missing, and go on as text are text.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._first: Table | None = None
        self._numeric: tuple[str, ...] = ()
        self._numbers = GrowingRows(0)
        self._text: dict[str, list[TextColumn]] = {}
        self._labels: dict[str, list[LabelColumn]] = {}
        self._lines: list[Lines] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, table: Table) -> None:
        """Further rows, of which no more than the columns is kept."""
        if self._first is None:
            nothing = {"numbers": np.empty((0, 0)), "text": {}, "labels": {}}
            self._first = table.changed(**nothing, verbatim={}, marks={}, lines=None)
            self._labels = {name: [] for name in self._names if name in table.labels}
            self._numeric = tuple(name for name in self._names if name not in self._labels)
            self._numbers = GrowingRows(len(self._numeric))
        before = len(self._numbers)
        for name in self._numeric:
            if name in table.text and name not in self._text:
                self._text[name] = [TextColumn(np.full(before, -1, np.int32), ())]
        for name, own in self._text.items():
            own.append(text_of(table, name))
        for name, labels in self._labels.items():
            labels.append(table.labels[name])
        if table.text.keys() & set(self._numeric):
            numbers = self._numbers.room(len(table))
            numbers.fill(np.nan)
            for place, name in enumerate(self._numeric):
                if name not in table.text:
                    numbers[:, place] = table.columns([name])[:, 0]
        else:
            self._numbers.room(len(table))[...] = table.columns(self._numeric)
        if table.lines is not None:
            self._add_lines(table.lines)

    def _add_lines(self, lines: Lines) -> None:
        """Consecutive ones are not held."""
        if not len(lines):
            return
        first, last = int(lines[0]), int(lines[-1])
        if last - first + 1 != len(lines):
            self._lines.append(lines)
            return
        before = self._lines[-1] if self._lines else None
        if isinstance(before, ConsecutiveLines) and before.stop == first:
            before.stop = last + 1
        else:
            self._lines.append(ConsecutiveLines(first, last + 1))

    def whole(self) -> Table:
        """All rows; at least one stretch is needed, and nothing can be added any more."""
        assert self._first is not None
        numbers, text = self._numbers.whole(), self._text
        numeric = tuple(name for name in self._numeric if name not in text)
        if text:
            numbers = numbers[:, [name not in text for name in self._numeric]]
        lines: Lines | None = None
        if len(self._lines) == 1:
            lines = self._lines[0]
        elif self._lines:
            lines = np.concatenate([np.asarray(own) for own in self._lines])
        return self._first.changed(
            number_names=numeric,
            numbers=numbers,
            text={name: joined_text(text[name]) for name in self._names if name in text},
            lines=lines,
            labels={name: joined_labels(own) for name, own in self._labels.items()},
        )


class GrowingRows:
    """Numbers (rows, columns) of ever more rows, in one array that grows where it stands.

    They come to about `most` bytes at most, if that is told. Whoever asks for room lets go of all
    that was handed out before.
    """

    def __init__(self, columns: int, dtype: Any = np.float64, most: int = 0) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._rows, self._count, self._most = np.empty((0, columns), dtype), 0, most

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: slice) -> Array:
        """Rows that are there."""
        return self._rows[rows]

    def room(self, rows: int) -> Array:
        """So many further rows, to be filled in before others are asked for."""
        start, self._count = self._count, self._count + rows
        if self._count > len(self._rows):
            self._grow()
        return self._rows[start : self._count]

    def _grow(self) -> None:
        """Makes room for more rows than are there.

        What is reserved takes memory as it is filled in; what an array grows by is zeroed first.
        """
        larger = max(self._count, len(self._rows) * 5 // 4)
        reserved = min(self._most, LARGEST_RESERVE) // max(1, self._rows[:0].strides[0])
        if self._rows.nbytes > WORTH_RESERVING and larger < reserved:
            with suppress(MemoryError):
                made = np.empty((reserved, self._rows.shape[1]), self.dtype)
                made[: len(self._rows)] = self._rows
                self._rows = made
                return
        self._resize(larger)

    def _resize(self, rows: int) -> None:
        self._rows.resize((rows, self._rows.shape[1]), refcheck=False)

    def shorten(self, rows: int) -> None:
        """Keeps so many rows, the first ones."""
        self._count = rows

    def whole(self) -> Array:
        """All rows; what is spare is given back, unless somebody has some of them."""
        with suppress(ValueError):
            self._rows.resize((self._count, self._rows.shape[1]))
        return self._rows[: self._count]


def joined_tables(tables: Iterable[Table], names: Sequence[str]) -> Table:
    """The columns `names` of several stretches of one file as one table; at least one is needed."""
    joining = Joining(names)
    for table in tables:
        joining.add(table)
    return joining.whole()


def joined_text(columns: Sequence[TextColumn]) -> TextColumn:
    """The rows of several stretches of a text column."""
    places: dict[str, int] = {}
    return TextColumn(_joined_codes(columns, places), tuple(places))


def joined_labels(columns: Sequence[LabelColumn]) -> LabelColumn:
    """The rows of several stretches of a column of labels."""
    places: dict[Label, int] = {}
    return LabelColumn(_joined_codes(columns, places), tuple(places))


def _joined_codes(columns: Iterable[tuple[Any, Any]], places: dict[Any, int]) -> Any:
    """The codes of all rows, (rows,); `places` is given each label's."""
    codes = []
    for written, labels in columns:
        own = [*(places.setdefault(label, len(places)) for label in labels), -1]
        codes.append(np.array(own, dtype=np.int32)[written])
    return np.concatenate(codes)
