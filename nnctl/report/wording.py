"""Numbers as a page writes them."""

import json
import math
from typing import Any

from nnctl.errors.figures import LARGE, figure_text

ABSENT = "—"
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
UNITS = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))  # from where on, what it is, its sign


def number(value: float | None) -> str:
    """A number to four digits, large ones whole with separators; a dash for none."""
    if value is None or math.isnan(value):
        return ABSENT
    return typeset(figure_text(value))


def signed(value: float) -> str:
    """The same with its sign, as of what is added or taken."""
    return number(value) if value <= 0 else f"+{number(value)}"


def short(value: float) -> str:
    """A number on the axis of a chart."""
    if abs(value) < LARGE * 1000:
        for least, size, unit in UNITS:
            if abs(value) >= least:
                return typeset(f"{value / size:.4g}{unit}")
    return typeset(f"{value:.4g}")


def setting(value: Any) -> str:
    """A value of a searched key in few characters."""
    if isinstance(value, float):
        return short(value)
    return value if isinstance(value, str) else json.dumps(value)


def typeset(text: str) -> str:
    """A written number with a true minus, and its power of ten as one."""
    mantissa, power, exponent = text.replace("-", "−").partition("e")
    if not power:
        return mantissa
    raised = str(int(exponent.replace("−", "-"))).translate(SUPERSCRIPTS)
    return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"


def count_text(count: int, noun: str) -> str:
    """A count and what is counted, in the plural but for one."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
