"""Columns as Arrow has them, and their numbers, unpacked for many rows together."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Array, Doubles, Indices
from nnctl.reading.typed.cells import (
    EXACT,
    Texts,
    TypedBlock,
    are_below,
    cell_text_of,
    flat_indices,
)

NumberKind = Literal["whole", "floating"]
EXACT_SINGLE = 2.0**24  # up to which single precision tells all whole numbers apart
NOTHING_ELSE = np.empty(0, np.int64)
LOOKED_AT_ONCE = 1 << 17  # numbers, which the cache holds
KEPT_IN_TURN = 2  # stretches of memory: one is filled while the rows in the other are at work
UNSEEN = 2  # references to memory that nobody looks at: the one that is kept, and the question's


class ArrowColumn:
    """A column of a stretch of rows as Arrow has it; of numbers of that kind, if it has some."""

    def __init__(self, arrow: Any, array: Any, as_text: Texts, kind: NumberKind | None) -> None:
        self._arrow, self._array, self._as_text, self.kind = arrow, array, as_text, kind
        self._values = None if kind is None else self._numbers()

    def _numbers(self) -> NDArray[Any]:
        """The numbers, nan where missing."""
        array = self._array
        if self.kind == "whole" and array.null_count:
            array = array.cast(self._arrow.float64(), safe=False)
        values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
        return values

    def text(self, row: int) -> str:
        """A cell as text."""
        if self._values is None or self._array.null_count:
            return self.texts(slice(row, row + 1))[0]
        cell = self._values[row].item()
        return "" if cell != cell else repr(cell)

    def numbers(self, rows: slice) -> tuple[NDArray[Any], Indices]:
        if self._values is not None:
            return self._values[rows], NOTHING_ELSE
        known = self._array[rows].is_valid().to_numpy(zero_copy_only=False)
        return np.full(len(known), np.nan), np.flatnonzero(known)

    def texts(self, rows: slice) -> list[str]:
        if self._values is not None and not self._array.null_count:
            numbers = self._values[rows].tolist()
            if self.kind == "whole":
                return [*map(repr, numbers)]
            return ["" if cell != cell else repr(cell) for cell in numbers]
        types, array = self._arrow.types, self._array[rows]
        if types.is_dictionary(array.type):
            labels = [*map(self._as_text, array.dictionary.to_pylist()), ""]
            codes = array.indices.fill_null(len(labels) - 1).to_pylist()
            return [labels[code] for code in codes]
        if types.is_timestamp(array.type) or types.is_date(array.type):
            return self._dates(array)
        if types.is_float32(array.type) or types.is_float16(array.type):
            array = array.cast(self._arrow.float64())
        cells = array.to_pylist()
        if types.is_decimal(array.type):
            return ["" if cell is None else f"{cell:f}" for cell in cells]
        return [cell_text_of(cell, self._as_text) for cell in cells]

    def _dates(self, array: Any) -> list[str]:
        """Dates in ISO 8601, without the time where that is midnight."""
        zone = "" if self._arrow.types.is_date(array.type) or array.type.tz is None else "+00:00"
        whole = array.cast(self._arrow.timestamp("us"), safe=False)
        moments = whole.to_numpy(zero_copy_only=False).astype("M8[us]")
        texts = np.datetime_as_string(moments, unit="us").tolist()
        known = (~np.isnat(moments)).tolist()
        return [iso(text, zone) if there else "" for text, there in zip(texts, known, strict=True)]


class ReusedMemory:
    """Memory for numbers, which is used again when nobody looks at them any more.

    To have the system hand out new pages for them takes as long as to unpack them. `is_double`
    says that whole numbers had more digits than single precision holds; others may, too.
    """

    def __init__(self) -> None:
        self._kept: list[Doubles] = []
        self.is_double = False

    def room(self, count: int, dtype: type[np.floating[Any]]) -> Array:
        """Room for so many numbers."""
        size = -(-count * np.dtype(dtype).itemsize // np.dtype(np.float64).itemsize)
        for place in range(len(self._kept)):
            is_free = sys.getrefcount(self._kept[place]) <= UNSEEN
            if is_free and len(self._kept[place]) >= size:
                return self._kept[place].view(dtype)[:count]
        made = np.empty(size)
        self._kept = [*self._kept, made][-KEPT_IN_TURN:]
        return made.view(dtype)[:count]  # whose base tells that somebody looks


class Unpacked:
    """The columns of a stretch of rows, by their places in the header.

    Their numbers are unpacked for all of the rows together, and put into `memory`.
    """

    def __init__(self, columns: Mapping[int, ArrowColumn], rows: int, memory: ReusedMemory) -> None:
        self.columns, self._rows, self._memory = columns, rows, memory
        self._asked: list[int] = []
        self._found: tuple[Array, list[Indices], bool] | None = None

    def numbers(self, columns: Sequence[int]) -> tuple[Array, list[Indices], bool]:
        """The numbers of `columns`, (rows, len(columns)), and the rows of each that hold others.

        And whether none of the numbers is to be judged: they have no negative zeros either.
        """
        if self._found is None or self._asked != [*columns]:
            self._found = None  # so that its memory is free
            self._asked = [*columns]
            own = [self.columns[place] for place in columns]
            found = [column.numbers(slice(0, self._rows)) for column in own]
            others = [rows for _, rows in found]
            parts = [numbers for numbers, _ in found]
            values, are_plain = self._unpack(parts, all(each.kind == "whole" for each in own))
            # A column is contiguous: to put rows side by side takes as long as reading them.
            self._found = values.T, others, are_plain and not any(map(len, others))
        return self._found

    def _unpack(self, parts: list[Array], are_whole: bool) -> tuple[Array, bool]:
        """The columns as one array, (columns, rows), and whether none of them is to be judged.

        Whole numbers of few digits are in single precision, in which there is half as much to move.
        """
        if are_whole and not self._memory.is_double:
            values = self._put(parts, np.float32)
            if all(are_below(own, EXACT_SINGLE) for own in pieces_in_cache(values)):
                return values, True
            del values  # so that its memory is free
            self._memory.is_double = True
        values, are_plain = self._put(parts, np.float64), True
        for own in pieces_in_cache(values):
            own += 0.0  # a negative zero is zero
            are_plain = are_plain and are_below(own, EXACT)
        return values, are_plain

    def _put(self, parts: list[Array], dtype: type[np.floating[Any]]) -> Array:
        """The columns as one array, (columns, rows)."""
        flat = self._memory.room(len(parts) * self._rows, dtype)
        if parts:
            np.concatenate(parts, out=flat, casting="unsafe")
        return flat.reshape(len(parts), self._rows)


def pieces_in_cache(values: Array) -> Iterator[Array]:
    """Some columns after the other, of (columns, rows)."""
    step = max(1, LOOKED_AT_ONCE // max(1, values.shape[1]))
    for first in range(0, len(values), step):
        yield values[first : first + step]


class ArrowBlock(TypedBlock):
    """Some of the rows of a stretch, of which the first is number `start` there."""

    def __init__(self, lines: Indices, stretch: Unpacked, start: int) -> None:
        super().__init__(lines, stretch.columns, start)
        self._stretch = stretch

    def text(self, row: int, column: int) -> str:
        return self._stretch.columns[column].text(self._rows.start + row)

    def numbers(self, columns: Sequence[int]) -> tuple[Array, Indices]:
        values, others, are_plain = self._stretch.numbers(columns)
        own = values[self._rows]
        if are_plain:
            return own, NOTHING_ELSE
        odd = []
        for place, rows in enumerate(others):
            first, last = np.searchsorted(rows, (self._rows.start, self._rows.stop)).tolist()
            odd.append((rows[first:last] - self._rows.start) * len(columns) + place)
        return own, flat_indices(own, odd)


def iso(text: str, zone: str) -> str:
    """A moment to the microsecond, without what says nothing."""
    text = text.removesuffix(".000000")
    return text + zone if zone else text.removesuffix("T00:00:00")


def kind_of_numbers(types: Any, kind: Any) -> NumberKind | None:
    """The kind of numbers that a column of that type holds, if it holds some."""
    if types.is_integer(kind):
        return "whole"
    return "floating" if types.is_floating(kind) else None
