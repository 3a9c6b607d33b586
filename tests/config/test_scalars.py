"""Plain scalars mean what YAML 1.2's core schema says."""

import math

import pytest

from nnctl.config.scalars import TooLong, core_value

TABLE = [
    ("1e-3", 0.001),
    ("1E5", 100000.0),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5e+1", -5.0),
    ("+1", 1),
    ("012", 12),
    ("-007", -7),
    ("0o14", 12),
    ("0x1F", 31),
    (".inf", math.inf),
    ("-.Inf", -math.inf),
    ("null", None),
    ("~", None),
    ("", None),
    ("true", True),
    ("FALSE", False),
]
TEXTS = [
    *("no", "yes", "on", "off", "y", "tRUE", "nULL", "NaN", "inf", "nan"),
    *("1_000", "0b11", "0o8", "-0x1F", "+0o7", "1:30", "2024-01-01", "<<", "=", ".", "-", "+"),
    *("1e", "e5", ".e5", "1e5.0", "1 2", "\u0661\u0662", "½", "0xg", "--1", "1.2.3"),
]


@pytest.mark.parametrize(("text", "value"), TABLE)
def test_core_schema(text: str, value: object) -> None:
    read = core_value(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", TEXTS)
def test_everything_else_is_text(text: str) -> None:
    assert core_value(text) == text
    assert isinstance(core_value(text), str)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    value = core_value(text)
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("text", ["9" * 5000, "0x" + "f" * 5000, "1." + "0" * 5000])
def test_a_number_of_thousands_of_digits_is_refused(text: str) -> None:
    with pytest.raises(TooLong, match="at most 300"):
        core_value(text)


def test_long_text_of_digits_and_letters_is_text() -> None:
    assert core_value("9" * 5000 + "a") == "9" * 5000 + "a"
