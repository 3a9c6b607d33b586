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


@pytest.mark.parametrize("columns", [60, 61, 75, 90, 200])
def test_lines_fit_whatever_they_hold(columns, monkeypatch, capsys):
    monkeypatch.setattr(bars, "room", lambda: columns)
    rows = [["a" * 90, "1.25", "b" * 70], ["short", "3", ""]]
    bars.print_lines(["name", "figure", ""], rows, lambda place, width: "#" * width)
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) <= columns for line in lines] == [True] * 3
    assert lines[1].split()[1] == "1.25" and lines[2].split()[:2] == ["short", "3"]
    bars.print_lines(["name", "figure", ""], [["a", "1", "b"]], lambda place, width: "#" * width)
    _, line = capsys.readouterr().out.splitlines()
    assert line.endswith("#  b") and len(line) <= columns
    assert 30 < line.count("#") <= 60


def test_curves_and_names_are_drawn_with_what_the_terminal_knows(monkeypatch):
    for encoding, curve, name in (("utf-8", "▁▅█ ", "lon…me"), ("ascii", "_+@ ", "lon~me")):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
        assert bars.small_curve([0, 0.5, 1, math.nan]) == curve
        assert bars.shorten("long name", 6) == name
        assert bars.bar(0.5, 4).encode(encoding) and bars.signed_bar(-1, 5).encode(encoding)
    assert len(bars.small_curve([3, 3])) == 2
