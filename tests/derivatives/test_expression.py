"""Formulas of users: what they are worth, what is refused, and how quickly."""

import math
import time

import pytest

from nnctl.derivatives.expression import (
    DEEPEST,
    FUNCTIONS,
    GREATEST_POWER,
    MOST_CHARACTERS,
    MOST_PARTS,
    parse,
)
from nnctl.errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "point", "value"),
    [
        ("w**2", {"w": 3.0}, 9),
        (" -w**2 + 1 ", {"w": 3.0}, -8),
        ("2**3**2", {}, 512),
        ("8 - 4 - 2", {}, 2),
        ("8 / 4 / 2", {}, 1),
        ("1/2*(w*x + b - y)**2", {"w": 2.0, "b": 8.0, "x": -2.0, "y": 2.0}, 2),
        ("+1e-3 * .5", {}, 0.0005),
        ("abs(-w)", {"w": 3.0}, 3),
        ("sqrt(w)", {"w": 16.0}, 4),
        ("1/w", {"w": 0.0}, None),
        ("log(w)", {"w": -1.0}, None),
        ("w**0.5", {"w": -1.0}, None),
        ("exp(exp(w))", {"w": 10.0}, None),
        ("w**w", {"w": 1000.0}, None),
    ],
)
def test_values(text, point, value):
    assert parse(text).at(point) == value


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_those_of_the_math_module(name):
    expected = abs(0.75) if name == "abs" else getattr(math, name)(0.75)
    assert parse(f"{name}(w)").at({"w": 0.75}) == expected


def test_variables_are_in_the_order_in_which_they_appear():
    assert parse("(w*x + b - y)**k + w").variables == ("w", "x", "b", "y", "k")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no expression"),
        ("w +", "is no expression"),
        ("2 w", "is no expression"),
        ("w = 2", "is no expression"),
        ("lambda: 1", "not allowed"),
        ("w^2", "write \\*\\* for powers"),
        ("sine(w)", 'did you mean "sin"'),
        ("exp + 1", "exp is a function"),
        ("exp(w, 2)", "not allowed"),
        ("exp(x=w)", "not allowed"),
        ("exp(*w)", "not allowed"),
        ("__import__('os').system('true')", "not allowed"),
        ("w.real", "not allowed"),
        ("w[0]", "not allowed"),
        ("[w for w in (1, 2)]", "not allowed"),
        ("'w'", "not allowed"),
        ("1j", "not allowed"),
        ("True", "not allowed"),
        ("w // 2", "not allowed"),
        ("w if w else 1", "not allowed"),
        ("w < 1", "not allowed"),
        ("(w := 1)", "not allowed"),
        ("1e400", "out of bounds"),
        ("1e16", "out of bounds"),
        ("1e-16", "out of bounds"),
        ("w\0", "is no expression"),
    ],
)
def test_everything_else_is_refused(text, message):
    with pytest.raises(ArgumentError, match=message):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "9**-9**9**9",
        "((w**100)**100)**100",
        "w**(2*500)",
        "w**301",
        "w**-301",
        "exp(w**200)**2",
        "(((((2*w)**100)**100)**100)**100)**100",
        "w**(9**9**9)",
        "w**(1/0)",
        "1" * MOST_CHARACTERS + "1",
        "9" * 300,
        "(" * 300 + "w",
        "(" * 199 + "w" + ")" * 199,
        "-" * 300 + "w",
        "+".join(["w"] * 190),
        "*".join(["w"] * (DEEPEST + 2)),
        "exp(" * (DEEPEST + 1) + "w" + ")" * (DEEPEST + 1),
    ],
)
def test_what_would_take_long_is_refused_at_once(text):
    start = time.perf_counter()
    try:
        parse(text)
    except ArgumentError:
        pass
    else:
        assert text.strip("()") == "w"  # brackets alone are nothing to work out
    assert time.perf_counter() - start < 0.5


def test_what_is_within_bounds_passes():
    assert parse(f"w**{GREATEST_POWER:g}").at({"w": 1.0}) == 1
    assert parse("*".join(["w"] * DEEPEST)).at({"w": 2.0}) == 2.0**DEEPEST
    pairs = " + ".join(f"({'*'.join(['w'] * 8)})" for _ in range(MOST_PARTS // 16))
    assert parse(pairs).at({"w": 1.0}) == MOST_PARTS // 16
