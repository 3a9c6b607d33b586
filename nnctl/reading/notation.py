"""How numbers are written in a text table: decimal sign, thousands, currency, and no value."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnctl.reading.array_types import Array, Bytes, Indices, Mask
from nnctl.reading.fields import Fields
from nnctl.reading.numbers import INFINITE, MISSING, number

if TYPE_CHECKING:
    from nnctl.reading.block import Block

Kind = Literal["number", "truth", "text"]
TRUTHS = {"True": 1.0, "False": 0.0, "TRUE": 1.0, "FALSE": 0.0, "true": 1.0, "false": 0.0}
THOUSANDS = (",", ".", " ", "'", "_", "\u2019", "\u00a0", "\u202f")
MOST_BLANKS = 8  # beside a number, beyond which it is read the slow way
NO_NUMBER = 1  # a byte that no number has, in place of a point that is no decimal sign


class Notation(NamedTuple):
    """What stands for a number and what for none; `missing` are the texts that mean no value.

    In numbers `decimal` stands before the fraction; `thousands`, between groups of three digits,
    and `signs`, such as $ and %, before or after the digits, are taken out.
    """

    missing: frozenset[str] = MISSING
    decimal: str = "."
    thousands: str | None = None
    signs: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and self.thousands is None and not self.signs

    def number(self, text: str) -> float | None:
        """The number that `text` states, nan for a missing one, None for anything else."""
        text = text.strip(" \t")
        if text in self.missing:
            return math.nan
        text = self.plain_text(text)
        return None if text in MISSING else number(text)

    def kind_of(self, text: str) -> Kind:
        """What a cell is that is not missing."""
        if text in TRUTHS:
            return "truth"
        is_number = self.number(text) is not None or INFINITE.fullmatch(text)
        return "number" if is_number else "text"

    def plain_text(self, text: str) -> str:
        """A number of this notation as Python writes it; of anything else no number."""
        if self.is_plain:
            return text
        if self.signs:
            ahead, behind = _with_signs(self.signs, self.decimal)
            text = behind.sub("", ahead.sub(r"\1", text, count=1) if ahead.match(text) else text)
        if self.thousands is not None and _grouped(self.thousands, self.decimal).fullmatch(text):
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            text = text.replace(".", "\1").replace(self.decimal, ".")
        return text

    def numbers_of(self, block: "Block", columns: Sequence[int]) -> tuple[Array, Indices]:
        """What `numbers` of a block gives, with numbers of this notation read as such."""
        plain = self.plain(block) if isinstance(block, Fields) else block
        return plain.numbers(columns)

    def plain(self, fields: Fields) -> Fields:
        """The fields with their numbers as Python writes them; text is of no use there."""
        if self.is_plain:
            return fields
        if taken := [*(self.thousands or ""), *self.signs]:
            fields = _taken_from(fields, self._taken_out(fields, taken))
        table = np.arange(256, dtype=np.uint8)
        if self.decimal != ".":
            table[ord(".")], table[ord(self.decimal)] = NO_NUMBER, ord(".")
        places = (fields.marks, fields.starts, fields.ends, fields.first, fields.last)
        return Fields(table[fields.buffer], *places, fields.lines)

    def _taken_out(self, fields: Fields, taken: list[str]) -> Mask:
        """Which bytes of the buffer are no part of a number though they stand in one."""
        gone = np.zeros(len(fields.buffer), dtype=np.bool_)
        for sign in taken:
            encoded = sign.encode()
            at = _places_of(fields.buffer, encoded)
            at = at[~_are_among(at, fields.ends.ravel())]  # where it parts fields
            if sign == self.thousands:
                at = at[self._part_thousands(fields, at, len(encoded))]
            else:
                at = at[self._are_outside(fields, at, len(encoded))]
            for place in range(len(encoded)):
                gone[at + place] = True
        return gone

    def _part_thousands(self, fields: Fields, at: Indices, size: int) -> Mask:
        """Which separators stand between groups of three digits, the first of one to three."""
        buffer, marks = fields.buffer, fields.marks
        place = np.searchsorted(marks, at)
        before = np.where(place > 0, marks[place - 1], -1)  # the mark before the digits
        after = marks[np.minimum(place + size, len(marks) - 1)]
        follows = _are_among(before, at + size - 1)
        digits = at - before - 1
        leading = buffer[np.minimum(before + 1, len(buffer) - 1)] != ord("0")
        first = (digits >= 1) & (digits <= 3) & leading & (buffer[before] != ord(self.decimal))
        found: Mask = (after - at - size == 3) & np.where(follows, digits == 3, first)
        return found

    def _are_outside(self, fields: Fields, at: Indices, size: int) -> Mask:
        """Which signs stand before a number or behind one, as `_with_signs` has it."""
        buffer, starts = fields.buffer, fields.starts.ravel()
        own = np.searchsorted(starts, at, "right") - 1
        first, last = starts[own].copy(), fields.ends.ravel()[own] - 1  # that are no blanks
        for edge, step in ((first, 1), (last, -1)):
            for _ in range(MOST_BLANKS):
                blank = _are_of(buffer[edge], b" \t") & (first < last)
                if not blank.any():
                    break
                edge += step * blank
        digits = b"0123456789" + self.decimal.encode()
        signed, spaced = _are_of(buffer[first], b"+-"), buffer[at - 1] == ord(" ")
        begins = (at == first) | (signed & ((at == first + 1) | (spaced & (at == first + 2))))
        behind = at + size
        behind += (behind < last) & (buffer[behind] == ord(" "))
        behind += (behind < last) & _are_of(buffer[behind], b"+-")
        before = at - 1 - spaced
        ahead = begins & (behind <= last) & _are_of(buffer[behind], digits)
        ends = (at + size == last + 1) & (before >= first) & _are_of(buffer[before], digits)
        found: Mask = ahead | ends
        return found


PLAIN_NOTATION = Notation()


@lru_cache
def _grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    """Numbers whose whole part is in groups of three digits."""
    mark, point = re.escape(thousands), re.escape(decimal)
    return re.compile(rf"[+-]?[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]*)?(?:[eE].*)?")


@lru_cache
def _with_signs(signs: tuple[str, ...], decimal: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A sign before a number, behind plus or minus in the group, and one behind it."""
    any_sign, point = "|".join(map(re.escape, signs)), re.escape(decimal)
    ahead = rf"([+-]?) ?(?:{any_sign}) ?(?=[+-]?[0-9{point}])"
    return re.compile(ahead), re.compile(rf"(?<=[0-9{point}]) ?(?:{any_sign})$")


def is_sign(text: str) -> bool:
    """Whether text may stand before or behind numbers and be no part of them."""
    return bool(text) and text == text.strip() and not re.search(r"[0-9+\-.,eE\s\"]", text)


def _places_of(buffer: Bytes, wanted: bytes) -> Indices:
    """Where some bytes stand."""
    at = np.flatnonzero(buffer[: len(buffer) - len(wanted) + 1] == wanted[0])
    for place, byte in enumerate(wanted[1:], start=1):
        at = at[buffer[at + place] == byte]
    return at


def _are_of(found: Bytes, wanted: bytes) -> Mask:
    """Which of the bytes are among the `wanted`."""
    table = np.zeros(256, dtype=np.bool_)
    table[list(wanted)] = True
    return table[found]


def _are_among(places: Indices, others: Indices) -> Mask:
    """Which places are among others, which ascend."""
    if not len(others):
        return np.zeros(len(places), dtype=np.bool_)
    nearest = np.minimum(np.searchsorted(others, places), len(others) - 1)
    found: Mask = others[nearest] == places
    return found


def _taken_from(fields: Fields, gone: Mask) -> Fields:
    """The fields without some bytes, none of which is a digit or ends a field."""
    before: Indices = np.cumsum(gone) - gone
    marks_gone = gone[fields.marks]
    marks_before: Indices = np.cumsum(marks_gone) - marks_gone
    return Fields(
        fields.buffer[~gone],
        marks=(fields.marks - before[fields.marks])[~marks_gone],
        starts=fields.starts - before[fields.starts],
        ends=fields.ends - before[fields.ends],
        first=fields.first - marks_before[fields.first],
        last=fields.last - marks_before[fields.last],
        lines=fields.lines,
    )
