"""Lines of JSON that are alike but for their numbers, cut by array arithmetic.

Where all objects have the same keys in the same order, and nothing but numbers, a line is the same
pieces of text with numbers between them. That is proven byte by byte for each block, eight bytes
to a machine word; whatever is not so is left to Python's own reader of JSON.
"""

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Bytes, Doubles, Indices, Mask
from nnctl.reading.fields import Fields
from nnctl.reading.numbers import PADDING, digits_alone, non_digits
from nnctl.reading.typed.cells import EXACT
from nnctl.system.unicode import normal_form

PIECE = re.compile(rb'[{,][ ]?"([^"\\:]*)"[ ]?:[ ]?')
VALUE = re.compile(rb"-?[0-9.eE+-]+|null|true|false")
END = re.compile(rb"[ ]?\}")
WORD = 8
JSON_LITERALS = {"null": "", "true": "True", "false": "False"}
VALUES = {b"null", b"true", b"false"}
ZERO = ord("0")


class Shape:
    """What all lines of a block have around their numbers: `pieces`, the last behind them.

    `keys` are the columns, in order.
    """

    def __init__(self, pieces: Sequence[bytes], keys: Sequence[str]) -> None:
        self.keys = dict.fromkeys(keys)
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

    def fits(self, block: bytes) -> bool:
        """Whether all lines of a block are so."""
        return self._spans(np.frombuffer(bytes(WORD * self._depth) + block, np.uint8)) is not None

    def cut(self, block: bytes, first: int) -> "NumberLines | None":
        """The cells of a block whose first line has that number; None where it is not so."""
        padding = PADDING.rjust(WORD * self._depth, b"0")
        buffer = np.frombuffer(padding + block, np.uint8)
        spans = self._spans(buffer, len(padding))
        found = None if spans is None else NumberLines(buffer, *spans, first)
        return found if found is not None and found.are_values else None

    def _spans(self, buffer: Bytes, padding: int | None = None) -> tuple[Indices, Indices] | None:
        """Where the numbers of each line begin and end, (lines, columns)."""
        begin = WORD * self._depth if padding is None else padding
        newlines = np.flatnonzero(buffer == ord("\n"))
        colons = np.flatnonzero(buffer == ord(":"))
        if len(colons) != len(newlines) * self._width:
            return None
        starts = colons.reshape(len(newlines), self._width)
        starts += self._gaps
        words: NDArray[np.uint64] = np.ndarray(len(buffer) - 7, "<u8", buffer, strides=(1,))
        wrong = np.zeros(starts.shape, np.uint64)
        for k in range(self._depth):
            found = words[starts - (k + 1) * WORD] if k else words[starts - WORD]
            found ^= self._words[:, k]
            found &= self._masks[:, k]
            wrong |= found
        if wrong.any():
            return None
        ends = np.empty_like(starts)
        np.subtract(starts[:, 1:], self._lengths[1:], out=ends[:, :-1])
        ends[:, -1] = newlines - len(self._tail)
        lines = np.append(begin, newlines[:-1] + 1)
        if (starts[:, 0] - self._lengths[0] != lines).any() or (ends <= starts).any():
            return None
        for k, byte in enumerate(self._tail):
            if (buffer[ends[:, -1] + k] != byte).any():
                return None
        return starts, ends


class NumberLines:
    """A block of lines with a number, a truth value or nothing for each key."""

    is_typed = True

    def __init__(self, buffer: Bytes, starts: Indices, ends: Indices, first: int) -> None:
        self._buffer, self._starts, self._ends = buffer, starts, ends
        self.lines = np.arange(first, first + len(starts))

    def text(self, row: int, column: int) -> str:
        return self._text(int(self._starts[row, column]), int(self._ends[row, column]))

    def _text(self, start: int, end: int) -> str:
        text = self._buffer[start:end].tobytes().decode()
        return JSON_LITERALS.get(text, text)

    def texts(self, column: int) -> list[str]:
        pairs = zip(self._starts[:, column].tolist(), self._ends[:, column].tolist(), strict=True)
        return [self._text(start, end) for start, end in pairs]

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        return self._buffer, self._starts[:, column], self._ends[:, column]

    @cached_property
    def are_values(self) -> bool:
        """Whether all that stands for a value is one, as JSON has it."""
        buffer, starts, ends = self._buffer, self._starts, self._ends
        digits = starts + (buffer[starts] == ord("-"))
        longer = digits + 1 < ends
        if (longer & (buffer[digits] == ZERO) & _are_digits(buffer[digits + 1])).any():
            return False  # as in 007
        if self._whole is not None:
            return True
        fields = self._fields
        steps = np.bincount(fields.first.ravel(), minlength=len(fields.marks) + 1)
        steps -= np.bincount(fields.last.ravel(), minlength=len(fields.marks) + 1)
        at = fields.marks[np.cumsum(steps)[:-1] > 0]  # what in values is no digit
        kind, before, after = buffer[at], buffer[at - 1], buffer[at + 1]
        behind_e = (before | 32) == ord("e")
        fit = (kind == ord("-")) & (behind_e | np.isin(at, starts))
        fit |= (kind == ord("+")) & behind_e
        fit |= (kind == ord(".")) & _are_digits(before) & _are_digits(after)
        fit |= ((kind | 32) == ord("e")) & _are_digits(before)
        strange = at[~fit]
        if not len(strange):
            return True
        flat = np.unique(np.searchsorted(starts.ravel(), strange, "right") - 1).tolist()
        pairs = ((int(starts.flat[k]), int(ends.flat[k])) for k in flat)
        return all(buffer[start:end].tobytes() in VALUES for start, end in pairs)

    @cached_property
    def _whole(self) -> Doubles | None:
        """The numbers, (rows, columns), where they are digits alone."""
        lengths = (self._ends - self._starts).ravel()
        values = digits_alone(self._buffer, self._ends.ravel(), lengths)
        return None if values is None else values.reshape(self._starts.shape)

    def numbers(self, columns: Sequence[int]) -> tuple[Doubles, Indices]:
        if self._whole is not None:
            return self._whole.take(columns, axis=1), np.empty(0, np.int64)
        values, odd = self._fields.numbers(columns)
        large = np.flatnonzero(np.abs(values) >= EXACT)
        return values, np.union1d(odd, large) if len(large) else odd

    @cached_property
    def _fields(self) -> Fields:
        marks = non_digits(self._buffer)
        are_marks = np.zeros(len(self._buffer), np.bool_)
        are_marks[marks] = True
        before: Indices = np.cumsum(are_marks) - are_marks
        first, last = before[self._starts], before[self._ends]
        return Fields(self._buffer, marks, self._starts, self._ends, first, last, self.lines)


def _are_digits(found: Bytes) -> Mask:
    digits: Mask = (found - np.uint8(ZERO)) <= np.uint8(9)
    return digits


def shape_of(block: bytes) -> Shape | None:
    """The shape of a block by its first line; None where that is not all of numbers."""
    line = block[: block.index(b"\n")]
    pieces, keys, at = [], list[str](), 0
    while piece := PIECE.match(line, at):
        if (piece[0][:1] == b"{") != (at == 0):
            return None
        value = VALUE.match(line, piece.end())
        if value is None:
            return None
        pieces.append(piece[0])
        keys.append(normal_form(piece[1].decode()))
        at = value.end()
    if not keys or len(set(keys)) < len(keys) or END.fullmatch(line, at) is None:
        return None
    return Shape([*pieces, line[at:]], keys)
