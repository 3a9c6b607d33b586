"""Bars and small curves, in any room and encoding."""

import io
import math
import sys

import pytest

from nnctl.cli import bars


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (1, "████"),
        (0.5, "██"),
        (0.28, "█▏"),
        (1e-9, "▏"),
        (2, "████"),
        (0, ""),
        (-1, ""),
        (math.nan, ""),
    ],
)
def test_a_bar_is_as_long_as_its_share(share, drawn, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert bars.bar(share, 4) == drawn


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(1, "   │███"), (-1, "███│   "), (-0.01, "  █│   "), (0, "   │   "), (math.nan, "   │█  ")],
)
def test_a_signed_bar_goes_to_its_side_of_the_middle(share, drawn, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))
    assert bars.signed_bar(share, 7) == drawn


def test_curves_and_names_are_drawn_with_what_the_terminal_knows(monkeypatch):
    for encoding, curve, name in (("utf-8", "▁▅█ ", "lon…me"), ("ascii", "_+@ ", "lon~me")):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
        assert bars.small_curve([0, 0.5, 1, math.nan]) == curve
        assert bars.shorten("long name", 6) == name
        assert bars.bar(0.5, 4).encode(encoding) and bars.signed_bar(-1, 5).encode(encoding)
    assert len(bars.small_curve([3, 3])) == 2
