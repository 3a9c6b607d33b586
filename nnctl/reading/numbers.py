"""The numbers of text tables: one grammar, read a whole block at a time.

A number is ASCII decimal with optional sign, fraction and exponent, spaces around it trimmed.
`parse` reads the fields of a block with array arithmetic, eight digits to a machine word; what
it cannot prove to be rounded correctly, and every field of another form, goes through `number`,
one by one. Both give the double nearest to what is written.
"""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Bytes, Doubles, Indices

MISSING = frozenset({"", "NA", "N/A", "nan", "NaN", "null"})
GRAMMAR = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
PADDING = b"0" * 24  # digits are read as words that end with the field, so may begin before it

_WORD_DIGITS = 8
_LONGEST_RUN = 24
_MOST_POWER = 22  # 10**22 is the last power of ten that a double holds exactly
_POWERS = np.array([10**k for k in range(_MOST_POWER + 1)], dtype=np.float64)
_WHOLE_POWERS = np.array([10**k for k in range(20)], dtype=np.uint64)
_EXACT = np.uint64(2**53)
# Keeps the last k bytes of a word, and of each byte the four bits that tell the digit.
_LAST_DIGITS = np.array(
    [(2**64 - 2 ** (64 - 8 * k)) & 0x0F0F0F0F0F0F0F0F for k in range(_WORD_DIGITS + 1)],
    dtype=np.uint64,
)

_LAST_BYTES = np.array(
    [2**64 - 2 ** (64 - 8 * k) for k in range(_WORD_DIGITS + 1)], dtype=np.uint64
)
_ZEROS = np.uint64(0x3030303030303030)
_BEYOND_NINE = np.uint64(0x7676767676767676)  # takes a byte above 9 to its highest bit
_HIGH_BITS = np.uint64(0x8080808080808080)


def number(text: str) -> float | None:
    """The number that `text` states, `nan` for a missing one, None for anything else."""
    text = text.strip(" \t")
    if text in MISSING:
        return math.nan
    return float(text) + 0.0 if GRAMMAR.fullmatch(text) else None  # a negative zero is zero


def non_digits(buffer: Bytes) -> Indices:
    """Where `buffer` holds anything but an ASCII digit: the marks that `parse` works from."""
    return np.flatnonzero((buffer - np.uint8(ord("0"))) > np.uint8(9))


def parse(
    buffer: Bytes, marks: Indices, starts: Indices, ends: Indices, first: Indices, last: Indices
) -> tuple[Doubles, Indices]:
    """The numbers of fields of `buffer`, and which of the fields `number` has to judge.

    Field i is `buffer[starts[i]:ends[i]]`; `first[i]` and `last[i]` are the indices into `marks`
    of the first mark at or after its start and of the one that ends it. Empty fields are nan.
    The buffer begins with `PADDING`.
    """
    if np.array_equal(first, last):  # digits alone
        lengths = ends - starts
        longest = int(lengths.max(initial=0))
        if longest <= 2 * _WORD_DIGITS - 1:
            values = _digits(buffer, ends, lengths, longest).astype(np.float64)
            if lengths.min(initial=1) == 0:
                values[lengths == 0] = np.nan
            return values, np.empty(0, dtype=np.int64)
    return _parse_decimals(buffer, marks, starts, ends, first, last)


def digits_alone(buffer: Bytes, ends: Indices, lengths: Indices) -> Doubles | None:
    """The numbers of fields that end before `ends`; None where some are not a few digits alone.

    There is at least one digit to each. The buffer begins with `PADDING`.
    """
    longest = int(lengths.max(initial=0))
    if longest > 2 * _WORD_DIGITS - 1:
        return None
    words: NDArray[Any] = np.ndarray(len(buffer) - 7, "<u8", buffer, strides=(1,))
    for skipped in range(0, longest, _WORD_DIGITS):
        own = np.clip(lengths - skipped, 0, _WORD_DIGITS)
        digits = words[ends - 8 - skipped]
        digits ^= _ZEROS
        digits &= _LAST_BYTES[own]
        digits |= digits + _BEYOND_NINE
        if (digits & _HIGH_BITS).any():
            return None
    return _digits(buffer, ends, lengths, longest).astype(np.float64)


def _parse_decimals(
    buffer: Bytes, marks: Indices, starts: Indices, ends: Indices, first: Indices, last: Indices
) -> tuple[Doubles, Indices]:
    """As `parse`, for fields that may have a sign, a fraction and an exponent.

    `at` walks over the marks of each field: it moves on where the mark is the part looked for.
    A field that is a number has been walked to its end.
    """
    kinds = buffer[marks]
    starts, ends, first, last = _trimmed(marks, kinds, starts, ends, first, last)
    at = first
    negative = kinds[at] == ord("-")
    signed = (negative | (kinds[at] == ord("+"))) & (marks[at] == starts)
    at = at + signed
    whole_ends = marks[at]
    whole_lengths = whole_ends - starts - signed
    dotted = kinds[at] == ord(".")
    at = at + dotted
    fraction_ends = marks[at]
    fraction_lengths = np.where(dotted, fraction_ends - whole_ends - 1, 0)
    written = (whole_lengths + fraction_lengths) > 0
    exponents, at, complete = _exponents(buffer, marks, kinds, at)
    sound = written & complete & (at == last)

    whole_lengths = np.where(sound, whole_lengths, 0)
    fraction_lengths = np.where(sound, fraction_lengths, 0)
    mantissas, fits = _mantissas(buffer, whole_ends, whole_lengths, fraction_ends, fraction_lengths)
    values, exact = _scaled(mantissas, exponents - fraction_lengths)
    np.negative(values, out=values, where=negative & signed & (values != 0))
    empty = starts == ends
    values[empty] = np.nan
    return values, np.flatnonzero(~(sound & fits & exact) & ~empty)


def _trimmed(
    marks: Indices, kinds: Bytes, starts: Indices, ends: Indices, first: Indices, last: Indices
) -> tuple[Indices, Indices, Indices, Indices]:
    """The fields without the spaces before and after them."""
    blank = np.uint8(ord(" "))
    while (led := (kinds[first] == blank) & (marks[first] == starts) & (first < last)).any():
        starts, first = starts + led, first + led
    while True:
        before = np.maximum(last - 1, first)
        trailed = (kinds[before] == blank) & (marks[before] == ends - 1) & (first < last)
        if not trailed.any():
            return starts, ends, first, last
        ends, last = ends - trailed, last - trailed


def _exponents(
    buffer: Bytes, marks: Indices, kinds: Bytes, at: Indices
) -> tuple[Indices, Indices, NDArray[np.bool_]]:
    """The powers of ten that fields state at `at`, where `at` then stands, and which are whole."""
    marked = (kinds[at] | np.uint8(0x20)) == ord("e")
    if not marked.any():
        return np.zeros(len(at), dtype=np.int64), at, np.ones(len(at), dtype=np.bool_)
    starts = marks[at] + 1
    at = at + marked
    negative = kinds[at] == ord("-")
    signed = marked & (negative | (kinds[at] == ord("+"))) & (marks[at] == starts)
    at = at + signed
    lengths = np.where(marked, marks[at] - starts - signed, 0)
    complete = ~marked | ((lengths > 0) & (lengths <= 4))
    lengths = np.where(complete, lengths, 0)
    exponents = _digits(buffer, marks[at], lengths, 4).astype(np.int64)
    np.negative(exponents, out=exponents, where=negative & signed)
    return exponents, at, complete


def _mantissas(
    buffer: Bytes,
    whole_ends: Indices,
    whole_lengths: Indices,
    fraction_ends: Indices,
    fraction_lengths: Indices,
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The digits before and after the point as one whole number, and where 64 bits hold it.

    Elsewhere the number is 0.
    """
    fits = (whole_lengths <= 19) & (fraction_lengths <= _LONGEST_RUN)
    whole_lengths = np.where(fits, whole_lengths, 0)
    fraction_lengths = np.where(fits, fraction_lengths, 0)
    longest = int(whole_lengths.max(initial=0))
    whole = _digits(buffer, whole_ends, whole_lengths, longest)
    longest = int(fraction_lengths.max(initial=0))
    if longest == 0:
        return whole, fits
    fraction = _digits(buffer, fraction_ends, fraction_lengths, min(longest, 2 * _WORD_DIGITS))
    if longest > 2 * _WORD_DIGITS:
        leading = np.maximum(fraction_lengths - 2 * _WORD_DIGITS, 0)
        top = _digits(buffer, fraction_ends - 2 * _WORD_DIGITS, leading, _WORD_DIGITS)
        fits &= top < np.uint64(1000)
        fraction += top * _WHOLE_POWERS[16]
    fits &= (whole == 0) | (whole_lengths + fraction_lengths <= 19)
    shifted = whole * _WHOLE_POWERS[np.minimum(fraction_lengths, 19)]
    return np.where(fits, shifted + fraction, 0), fits


def _digits(buffer: Bytes, ends: Indices, lengths: Indices, longest: int) -> NDArray[np.uint64]:
    """The values of runs of up to `longest` digits that end before `ends`."""
    words: NDArray[Any] = np.ndarray(len(buffer) - 7, "<u8", buffer, strides=(1,))
    total = _word_value(words[ends - 8], np.minimum(lengths, _WORD_DIGITS))
    for skipped in range(_WORD_DIGITS, longest, _WORD_DIGITS):
        rest = np.clip(lengths - skipped, 0, _WORD_DIGITS)
        total += _word_value(words[ends - 8 - skipped], rest) * _WHOLE_POWERS[skipped]
    return total


def _word_value(words: NDArray[np.uint64], lengths: Indices) -> NDArray[np.uint64]:
    """What the last `lengths` characters of each word read as; `words` is used up.

    Neighbours are added at ten times the weight: digits to pairs, to fours, to eights.
    """
    words &= _LAST_DIGITS[lengths]
    words *= np.uint64(1 + (10 << 8))
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64(1 + (100 << 16))
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64(1 + (10000 << 32))
    words >>= np.uint64(32)
    return words


def _scaled(mantissas: NDArray[np.uint64], exponents: Indices) -> tuple[Doubles, NDArray[np.bool_]]:
    """`mantissas * 10**exponents` as doubles, and where that is proven to be the nearest one."""
    values = mantissas.astype(np.float64)
    within = np.abs(exponents) <= _MOST_POWER
    small = mantissas <= _EXACT
    divisors = _POWERS[np.where(within & (exponents < 0), -exponents, 0)]
    factors = _POWERS[np.where(within & (exponents > 0), exponents, 0)]
    # Exact operands and one operation: rounded once, so correctly.
    exact = within & (small | (exponents == 0))
    long = np.flatnonzero(within & ~small & (exponents < 0))
    results = values / divisors * factors
    if len(long):
        results[long], proven = _divided(mantissas[long], divisors[long])
        exact[long] = proven
    return results, exact


def _divided(mantissas: NDArray[np.uint64], divisors: Doubles) -> tuple[Doubles, NDArray[np.bool_]]:
    """Quotients of 64-bit whole numbers, and where they are proven to be the nearest doubles.

    The quotient of the leading 53 bits is corrected by what its remainder and the other bits
    still give. The correction is known to a relative 2**-45; where both ends of that interval
    round to the same double, so does the truth.
    """
    leading = mantissas.astype(np.float64)
    trailing = (mantissas - leading.astype(np.uint64)).view(np.int64).astype(np.float64)
    quotients = leading / divisors
    remainders = (leading - quotients * divisors) - _product_error(quotients, divisors)
    corrections = (remainders + trailing) / divisors
    low = quotients + corrections * (1 - 2.0**-45)
    high = quotients + corrections * (1 + 2.0**-45)
    return low, low == high


def _product_error(a: Doubles, b: Doubles) -> Doubles:
    """`a * b` without rounding, less `a * b` rounded (Dekker 1971)."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return ((a_high * b_high - a * b) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Doubles) -> tuple[Doubles, Doubles]:
    """`a` as a sum of two doubles of at most 26 bits each (Veltkamp)."""
    scaled = a * (2.0**27 + 1)
    high = scaled - (scaled - a)
    return high, a - high
