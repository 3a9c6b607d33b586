"""Plain data from a file, such as JSON: values of the kind that belongs in their place, or none.

Each function gives the value, and raises ValueError with the place's name for any other; what a
dictionary lacks is a KeyError.
"""

import math
import reprlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 1 << 53  # what counts up to here is a whole number in any reader of JSON


def whole(name: str, value: Any, least: int = 0) -> int:
    """A count of no less than `least`. True is none."""
    if type(value) is not int or not least <= value < MOST:
        raise unfit(name, value)
    return value


def number(name: str, value: Any) -> float:
    """A number, maybe infinite or none, as a float holds it."""
    if type(value) not in (int, float):
        raise unfit(name, value)
    try:
        return float(value)
    except OverflowError:
        raise unfit(name, value) from None


def finite(name: str, value: Any) -> float:
    """A finite number."""
    if not math.isfinite(found := number(name, value)):
        raise unfit(name, value)
    return found


def doubles(name: str, value: Any, count: int) -> NDArray[np.float64]:
    """A list of so many finite numbers, as an array (count,)."""
    if len(items(name, value)) != count:
        raise ValueError(f"{name} has {len(value)} numbers, not {count}")
    return np.array([finite(name, each) for each in value], dtype=np.float64)


def truth(name: str, value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise unfit(name, value)
    return value


def text(name: str, value: Any) -> str:
    """Text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise unfit(name, value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise unfit(name, value) from None
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A list of texts, no two alike."""
    found = tuple(text(name, each) for each in items(name, value))
    if len(set(found)) < len(found):
        raise ValueError(f"{name} has the same text twice")
    return found


def choice(name: str, value: Any, among: Collection[str]) -> str:
    """One of the texts `among`."""
    if not isinstance(value, str) or value not in among:
        raise unfit(name, value)
    return value


def items(name: str, value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise unfit(name, value)
    return value


def mapping(name: str, value: Any) -> Mapping[str, Any]:
    """A dictionary."""
    if not isinstance(value, dict):
        raise unfit(name, value)
    return value


def count_values(value: Any) -> int:
    """How many values other than null plain data hold, in lists and dictionaries."""
    if isinstance(value, dict | list):
        return sum(map(count_values, value.values() if isinstance(value, dict) else value))
    return value is not None


def unfit(name: str, value: Any) -> ValueError:
    """The error for a value that does not belong there, which is shown in short."""
    return ValueError(f"{name} is {shorten(value)}")


def shorten(value: Any) -> str:
    """A value as Python writes it, but no longer than a line has room for."""
    return _shortened.repr(value)


class _Shortened(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if abs(x) < 10**40 else f"a number of {x.bit_length():,} bits"


_shortened = _Shortened()
