"""Plain YAML scalars, by the core schema of YAML 1.2.

PyYAML follows YAML 1.1, where `1e-3` is text, `no` is false and `012` is ten. Here they are a
number, text and twelve (yaml.org/spec/1.2.2, section 10.3.2).
"""

import re

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS = {spelling: True for spelling in ("true", "True", "TRUE")} | {
    spelling: False for spelling in ("false", "False", "FALSE")
}
NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})
INTEGER = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
LONGEST_NUMBER = 300

Scalar = None | bool | int | float | str


class TooLong(ValueError):
    """A number with more digits than a config can mean."""


def core_value(text: str) -> Scalar:
    """What a plain scalar stands for: null, a truth value, a number, or the text itself.

    Raises `TooLong` for a number of more than `LONGEST_NUMBER` characters.
    """
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if text[0] not in "+-.0123456789":
        return text
    number = number_value(text)
    return text if number is None else number


def number_value(text: str) -> int | float | None:
    """The number that `text` spells, or None where it spells none."""
    forms = (INTEGER, OCTAL, HEXADECIMAL, DECIMAL)
    matched = next((form for form in forms if form.fullmatch(text)), None)
    if matched is not None and len(text) > LONGEST_NUMBER:
        raise TooLong(f"a number of {len(text)} characters; at most {LONGEST_NUMBER} are read")
    if matched is INTEGER:
        return int(text)
    if matched is OCTAL or matched is HEXADECIMAL:
        return int(text, 0)
    if matched is DECIMAL:
        return float(text)
    if INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    if text in NOT_A_NUMBER:
        return float("nan")
    return None
