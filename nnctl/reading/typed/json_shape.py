"""Lines of JSON that are alike but for their values, cut by array arithmetic.

Where all objects have the same keys in the same order, and plain values, a line is the same pieces
of text with values between them. That is proven byte by byte for each block, eight bytes to a
machine word; whatever is not so is left to Python's own reader of JSON.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Bytes, Doubles, Indices, Mask
from nnctl.reading.fields import Fields, in_one_buffer
from nnctl.reading.numbers import PADDING, digits_alone, non_digits
from nnctl.reading.typed.cells import Texts
from nnctl.system.unicode import normal_form

PIECE = re.compile(rb'[{,][ ]?"([^"\\:]*)":[ ]?')
VALUE = re.compile(rb'-?[0-9.eE+-]+|null|true|false|"[^"\\]*"')
END = re.compile(rb"[ ]?\}")
WORD = 8
JSON_LITERALS = {"null": "", "true": "True", "false": "False"}
WHOLE_VALUE = re.compile(rb"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|null|true|false")
ZERO, QUOTE, COLON, NEWLINE, SPACE = b'0":\n '


class Cut(NamedTuple):
    """Where in a `buffer` the values of each line begin and end, (lines, columns).

    `are_text` says which of them are in quotes; None where none is.
    """

    buffer: Bytes
    starts: Indices
    ends: Indices
    are_text: Mask | None


class Shape:
    """What all lines of a block have around their values: `pieces`, the last behind them.

    `keys` are the columns with their places; `has_text` says that some of the first line's values
    are text.
    """

    def __init__(self, pieces: Sequence[bytes], keys: Sequence[str], has_text: bool) -> None:
        self.keys = {key: place for place, key in enumerate(keys)}
        self._has_text = has_text
        self._width = len(keys)
        before = [len(piece) for piece in pieces[:-1]]
        colons = [piece.index(b":") for piece in pieces[:-1]]
        self._gaps = np.array([n - k for n, k in zip(before, colons, strict=True)])  # from a colon
        self._tail = pieces[-1]
        # Of each piece the words that end with it, the last first; a mask for what is before it.
        self._depth = -(-max(before) // WORD)
        padded = [piece.rjust(self._depth * WORD, b"\0") for piece in pieces[:-1]]
        masks = [(b"\xff" * n).rjust(self._depth * WORD, b"\0") for n in before]
        self._words = np.array([np.frombuffer(each, "<u8")[::-1] for each in padded])
        self._masks = np.array([np.frombuffer(each, "<u8")[::-1] for each in masks])
        self._lengths = np.array(before)
        self._padding = PADDING.rjust(self._depth * WORD, b"0")

    def fits(self, block: bytes) -> bool:
        """Whether all lines of a block are so, whatever stands for their values."""
        return self._cut(block) is not None

    def cut(self, block: bytes, first: int, as_text: Texts) -> "AlikeLines | None":
        """The cells of a block whose first line has that number; None where it is not so."""
        cut = self._cut(block)
        found = None if cut is None else AlikeLines(cut, first, as_text)
        return found if found is not None and found.are_values else None

    def _cut(self, block: bytes) -> Cut | None:
        """Where the values of a block are; None where something else is not as it should be."""
        buffer = np.frombuffer(self._padding + block, np.uint8)
        newlines = np.flatnonzero(buffer == NEWLINE)
        strings, rows = None, len(newlines)
        colons = np.empty(0, np.int64) if self._has_text else np.flatnonzero(buffer == COLON)
        if len(colons) != rows * self._width:  # some values are texts
            if b"\\" in block:
                return None
            strings, colons = keys_and_texts(buffer)
        if len(colons) != rows * self._width:
            return None
        starts = colons.reshape(rows, self._width) + self._gaps
        if not self._are_pieces(buffer, starts):
            return None
        ends = np.empty_like(starts)
        np.subtract(starts[:, 1:], self._lengths[1:], out=ends[:, :-1])
        ends[:, -1] = newlines - len(self._tail)
        lines = np.append(len(self._padding), newlines[:-1] + 1)
        if (starts[:, 0] - self._lengths[0] != lines).any() or (ends <= starts).any():
            return None
        for k, byte in enumerate(self._tail):
            if (buffer[ends[:, -1] + k] != byte).any():
                return None
        if strings is None:
            return Cut(buffer, starts, ends, None)
        are_text: Mask = buffer[starts] == QUOTE
        own = np.stack([starts[are_text], ends[are_text] - 1])
        plain = np.array_equal(own, strings) and np.count_nonzero(buffer < SPACE) == rows
        return Cut(buffer, starts, ends, are_text) if plain else None

    def _are_pieces(self, buffer: Bytes, starts: Indices) -> bool:
        """Whether before each value stands what should."""
        words: NDArray[np.uint64] = np.ndarray(len(buffer) - 7, "<u8", buffer, strides=(1,))
        wrong = None
        for k in range(self._depth):
            found = words[starts - (k + 1) * WORD]
            found ^= self._words[:, k]
            found &= self._masks[:, k]
            if wrong is None:
                wrong = found
            else:
                wrong |= found
        return wrong is not None and not wrong.any()


def keys_and_texts(buffer: Bytes) -> tuple[Indices, Indices]:
    """The quotes (2, texts) of each text without backslashes that is no key, and the colons
    behind keys."""
    quotes = np.flatnonzero(buffer == QUOTE)
    if len(quotes) % 2:
        return np.empty((2, 0), np.int64), np.empty(0, np.int64)
    opening, closing = quotes[::2], quotes[1::2]
    are_keys = buffer[closing + 1] == COLON
    return np.stack([opening[~are_keys], closing[~are_keys]]), closing[are_keys] + 1


class AlikeLines:
    """A block of lines with a plain value for each key."""

    is_typed = True

    def __init__(self, cut: Cut, first: int, as_text: Texts) -> None:
        self._buffer, self._starts, self._ends, self._are_text = cut
        self._as_text = as_text
        self.lines = np.arange(first, first + len(self._starts))

    def text(self, row: int, column: int) -> str:
        return self._text(
            self._buffer[self._starts[row, column] : self._ends[row, column]].tobytes()
        )

    def _text(self, written: bytes) -> str:
        if written[0] == QUOTE:
            return self._as_text(written[1:-1].decode())
        text = written.decode()
        return JSON_LITERALS.get(text, text)

    def texts(self, column: int) -> list[str]:
        written = self._written
        pairs = zip(self._starts[:, column].tolist(), self._ends[:, column].tolist(), strict=True)
        known, cells = dict[bytes, str](), []
        for start, end in pairs:
            own = written[start:end]
            text = known.get(own)
            if text is None:
                text = known[own] = self._text(own)
            cells.append(text)
        return cells

    @cached_property
    def _written(self) -> bytes:
        return self._buffer.tobytes()

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        if self._are_text is not None and self._are_text[:, column].any():
            return in_one_buffer(self.texts(column))
        return self._buffer, self._starts[:, column], self._ends[:, column]

    @cached_property
    def are_values(self) -> bool:
        """Whether all that stands for a value is one, as JSON has it."""
        buffer, starts, ends = self._buffer, self._starts, self._ends
        if self._whole is not None:  # of which 007 is none
            return not ((buffer[starts] == ZERO) & (ends - starts > 1)).any()
        if self._are_text is not None:
            starts, ends = starts[~self._are_text], ends[~self._are_text]
        digits = starts + (buffer[starts] == ord("-"))
        longer = digits + 1 < ends
        if (longer & (buffer[digits] == ZERO) & _are_digits(buffer[digits + 1])).any():
            return False
        fields, own = self._fields, slice(None) if self._are_text is None else ~self._are_text
        first, last = fields.first[own].ravel(), fields.last[own].ravel()
        starts, ends = starts.ravel(), ends.ravel()
        signed = buffer[starts] == ord("-")
        points = fields.marks[first + signed]  # where the next byte is that is no digit
        parts = last - first - signed
        fit = (parts == 1) & (buffer[points] == ord(".")) & (starts + signed < points)
        fit &= points < ends - 1
        fit |= (parts == 0) & (ends > starts + signed)
        strange = np.flatnonzero(~fit).tolist()
        written = (buffer[starts[k] : ends[k]].tobytes() for k in strange)
        return all(WHOLE_VALUE.fullmatch(each) for each in written)

    @cached_property
    def _whole(self) -> Doubles | None:
        """The numbers, (rows, columns), where they are digits alone."""
        if self._are_text is not None:
            return None
        lengths = (self._ends - self._starts).ravel()
        values = digits_alone(self._buffer, self._ends.ravel(), lengths)
        return None if values is None else values.reshape(self._starts.shape)

    def numbers(self, columns: Sequence[int]) -> tuple[Doubles, Indices]:
        if self._whole is not None:
            first = columns[0] if columns else 0
            if [*columns] == [*range(first, first + len(columns))]:
                return self._whole[:, first : first + len(columns)].copy(), np.empty(0, np.int64)
            return self._whole.take(columns, axis=1), np.empty(0, np.int64)
        return self._fields.numbers(columns)

    @cached_property
    def _fields(self) -> Fields:
        marks = non_digits(self._buffer)
        are_marks = np.zeros(len(self._buffer), np.int8)
        are_marks[marks] = 1
        before = np.cumsum(are_marks, dtype=np.int32) - are_marks
        first, last = before[self._starts].astype(np.int64), before[self._ends].astype(np.int64)
        return Fields(self._buffer, marks, self._starts, self._ends, first, last, self.lines)


def _are_digits(found: Bytes) -> Mask:
    digits: Mask = (found - np.uint8(ZERO)) <= np.uint8(9)
    return digits


def shape_of(block: bytes) -> Shape | None:
    """The shape of a block by its first line; None where that is not all of numbers."""
    line = block.partition(b"\n")[0]
    pieces, keys, at, has_text = [], list[str](), 0, False
    while piece := PIECE.match(line, at):
        if (piece[0][:1] == b"{") != (at == 0):
            return None
        value = VALUE.match(line, piece.end())
        if value is None:
            return None
        pieces.append(piece[0])
        keys.append(normal_form(piece[1].decode()))
        at = value.end()
        has_text |= value[0].startswith(b'"')
    if not keys or len(set(keys)) < len(keys) or END.fullmatch(line, at) is None:
        return None
    return Shape([*pieces, line[at:]], keys, has_text)
