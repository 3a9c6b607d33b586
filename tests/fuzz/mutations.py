"""What is done to a sound value, table or file so that something may be wrong with it."""

import copy
import math
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

DRAW = Any  # hypothesis's way to draw from a strategy
ODD_NUMBERS = [
    0, -1, 1, 2, 3, 7, 0.5, -0.5, 1.5, 1e-3, 1e3, 100, 1e-300, 1e300, -1e300, 1e38, 5e-324,
    2**31, 2**63, 10**20, -(2**63), math.inf, -math.inf, math.nan,
]  # fmt: skip
ODD_VALUES: list[Any] = [
    *ODD_NUMBERS, None, True, False, "", "a", "1", "1e5", "none", "adam", "relu", "no", "é\u2028",
    "x" * 300, "../up", "metadata", "data.csv", [], {}, [None], [0], [[]], [1, 2], ["a", "b"],
    {"type": "dense"}, {"type": None}, {"a": 1}, {0: 1}, [1e300, 1e300], [{"type": "relu"}],
]  # fmt: skip
CELLS = [
    "", "NA", "nan", "null", "inf", "-inf", "1e400", "1e-320", "1e308", "-1e308", "3e38", "1e39",
    "x", '"', '""', '"a', '"a""b"', '"1,2"', '"1\n2"', "é", "\u0663", "1_000", "0x10", " 7 ",
    "9" * 25, "-0", "+5", "1.5.2", "--1", "1e", ".", "-", "true", "yes", "\t", "a,b", "0", "2",
    "\ufeff", "\u2028", "'", "#", "(missing)", "a" * 5000, "1" * 400, "0." + "0" * 400 + "1",
]  # fmt: skip
BYTES = [b"\x00", b"\xff", b"\n", b"\r", b'"', b",", b"\xc3", b"\x1f\x8b", b"\xef\xbb\xbf", b";"]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list or mapping in plain data, with each of its keys."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def changed(draw: DRAW, value: Any, count: int) -> Any:
    """Plain data with so many things dropped, renamed, replaced or repeated."""
    value = copy.deepcopy(value)
    for _ in range(count):
        found = list(places(value))
        if not found:
            return value
        holder, key = draw(st.sampled_from(found))
        change_one(draw, holder, key)
    return value


def change_one(draw: DRAW, holder: Any, key: Any) -> None:
    how = draw(
        st.sampled_from(["value"] * 4 + ["number"] * 4 + ["drop", "rename", "repeat", "wrap"])
    )
    now = holder[key]
    if how == "number" and isinstance(now, int | float) and not isinstance(now, bool):
        holder[key] = draw(st.sampled_from([*ODD_NUMBERS, now * 10, -now, now + 1, str(now)]))
    elif how == "drop":
        del holder[key]
    elif how == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from([f"{key}s", "type", "a", 7, "units"]))] = holder.pop(key)
    elif how == "repeat" and isinstance(holder, list):
        holder.insert(0, copy.deepcopy(now))
    elif how == "wrap":
        holder[key] = draw(st.sampled_from([[now], {"type": now}, [now, now]]))
    else:
        holder[key] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))


def damaged(draw: DRAW, content: bytes, count: int) -> bytes:
    """Bytes with so many bits flipped, pieces cut, put in or doubled."""
    for _ in range(count):
        place = draw(st.integers(0, len(content)))
        how = draw(st.sampled_from(["flip", "cut", "insert", "truncate", "double", "zero"]))
        size = draw(st.integers(1, 20))
        before, piece, after = (
            content[:place],
            content[place : place + size],
            content[place + size :],
        )
        if how == "flip" and piece:
            bit = 1 << draw(st.integers(0, 7))
            content = before + bytes([piece[0] ^ bit]) + piece[1:] + after
        elif how == "cut":
            content = before + after
        elif how == "insert":
            content = before + draw(st.sampled_from(BYTES)) + piece + after
        elif how == "truncate":
            content = before
        elif how == "double":
            content = before + piece + piece + after
        else:
            content = before + bytes(len(piece)) + after
    return content


def odd_table(draw: DRAW, rows: list[list[str]], count: int) -> list[list[str]]:
    """A table, its header first, with so many cells, rows or columns changed."""
    rows = [list(row) for row in rows]
    for _ in range(count):
        at = draw(st.integers(0, len(rows) - 1))
        row = rows[at]
        cell = draw(st.integers(0, max(0, len(row) - 1)))
        how = draw(
            st.sampled_from(["cell"] * 8 + ["drop", "add", "remove", "blank", "swap", "column"])
        )
        if how == "cell" and row:
            row[cell] = draw(st.sampled_from(CELLS))
        elif how == "drop" and row:
            del row[cell]
        elif how == "add":
            row.insert(cell, draw(st.sampled_from(CELLS)))
        elif how == "remove" and len(rows) > 1:
            del rows[at]
        elif how == "blank":
            rows.insert(at, [])
        elif how == "swap" and row:
            row[cell], row[0] = row[0], row[cell]
        elif how == "column":
            text = draw(st.sampled_from(CELLS))
            for each in rows[1:]:
                each[cell : cell + 1] = [text]
    return rows
