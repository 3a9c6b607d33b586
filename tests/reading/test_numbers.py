"""Tests of the number grammar: fast and careful reading agree, to the last bit."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.reading.numbers import MISSING, PADDING, non_digits, number, parse

NUMBERS = {
    "0": 0.0,
    "-0": 0.0,
    "-0.0e5": 0.0,
    "-1e-999": 0.0,
    "007": 7.0,
    "+5": 5.0,
    "1.": 1.0,
    ".5": 0.5,
    "-1.25e-2": -0.0125,
    "1E3": 1000.0,
    "9007199254740993": 9007199254740992.0,
    "12345678901234567890123": 12345678901234567890123.0,
    "0.1000000000000000055511151231257827": 0.1,
    "5e-324": 5e-324,
    "2.2250738585072011e-308": 2.2250738585072011e-308,
    "1.7976931348623157e308": 1.7976931348623157e308,
    "  3.5 ": 3.5,
    "\t4": 4.0,
    "1e0000000001": 10.0,
}
NOT_NUMBERS = [
    "1_000", "0x10", "1e5j", "1e", "e5", ".", "-", "+-1", "1.2.3", "1 2", "--1", "1-", "٣", "inf",
    "Infinity", "-inf", "1e5.5", "1,5", "abc", "1d5", "½", "+.e3", "1e+", "- 1", "NAN(1)",
]  # fmt: skip


def fast(texts: list[str]) -> list[float | None]:
    """What the block reader makes of each text; None where it leaves it to the careful one."""
    encoded = [text.encode() for text in texts]
    buffer = np.frombuffer(PADDING + b"\n".join(encoded) + b"\n", np.uint8)
    lengths = np.array([len(text) for text in encoded])
    ends = len(PADDING) + np.cumsum(lengths + 1) - 1
    starts = ends - lengths
    marks = non_digits(buffer)
    first, last = np.searchsorted(marks, starts), np.searchsorted(marks, ends)
    values, odd = parse(buffer, marks, starts, ends, first, last)
    left = set(odd.tolist())
    return [None if i in left else value for i, value in enumerate(values.tolist())]


def same(a: float, b: float) -> bool:
    return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_number_reads_the_nearest_double(text: str, value: float) -> None:
    read = number(text)
    assert read is not None and same(read, value)


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_number_refuses_what_the_grammar_does_not_have(text: str) -> None:
    assert number(text) is None
    assert fast([text, "1.5"])[0] is None


@pytest.mark.parametrize("text", sorted(MISSING))
def test_missing_values_are_nan(text: str) -> None:
    read = number(text)
    assert read is not None and math.isnan(read)
    assert fast([text, "1"])[0] is None or math.isnan(fast([text, "1"])[0] or 0)


@pytest.mark.parametrize(
    "text", ["0", "-0.0", "1.5", " 2.5  ", "-1e-5", "123456789012345678", ".5"]
)
def test_common_forms_are_read_fast(text: str) -> None:
    read = fast([text, "0.5"])[0]
    assert read is not None and same(read, float(text) + 0.0)  # a negative zero is zero


@pytest.mark.slow
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(repr), min_size=1))
def test_shortest_forms_read_back(texts: list[str]) -> None:
    for text, read in zip(texts, fast(texts), strict=True):
        careful = number(text)
        assert careful is not None and same(careful, float(text) + 0.0)
        assert read is None or same(read, careful)


@pytest.mark.slow
@given(st.lists(st.text("0123456789.eE+- _xn\t", max_size=30), min_size=1))
def test_fast_reading_never_disagrees_with_the_careful_one(texts: list[str]) -> None:
    for text, read in zip(texts, fast(texts), strict=True):
        careful = number(text)
        assert read is None or (careful is not None and same(read, careful))


@pytest.mark.slow
@given(
    st.lists(
        st.from_regex(r"[+-]?[0-9]{0,24}(\.[0-9]{0,26})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
        min_size=1,
    )
)
def test_long_decimals_are_rounded_correctly(texts: list[str]) -> None:
    for text, read in zip(texts, fast(texts), strict=True):
        careful = number(text)
        assert read is None or (careful is not None and same(read, careful))


def test_seventeen_digits_need_no_careful_reading() -> None:
    values = np.random.default_rng(0).normal(size=2000).tolist()
    assert fast([repr(value) for value in values]) == values


def test_ties_are_left_to_the_careful_reader_or_right() -> None:
    # Halfway between two doubles, and a digit beside it.
    texts = [f"{2**53 + k}.{tail}" for k in range(40) for tail in ("0", "5", "4", "9")]
    for text, read in zip(texts, fast(texts), strict=True):
        assert read is None or same(read, float(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.123456789012345678901234",  # more digits than 64 bits hold
        "1234567890.12345678901234567890",
        "9999999999999999999999.5",
        "1234567890123456789e5",  # more bits than a double holds, and an exponent
        "9007199254740993e22",
        "123456789012345678e-30",
        "1e100000001",  # more digits in the exponent than are read
        "1e-100000001",
    ],
)
def test_what_array_arithmetic_cannot_hold_is_left_to_the_careful_reader(text: str) -> None:
    read = fast([text, "1.5"])[0]
    assert read is None or same(read, float(text))
