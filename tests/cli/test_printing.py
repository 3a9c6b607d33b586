"""Text on a terminal is broken at words; elsewhere it is left alone."""

import io
import os
import pty
import termios

import pytest

from nnctl.cli.printing import break_line, wrap

LONG = "  a layer that adds nothing to the one behind it"


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        (LONG, 60, [LONG]),
        (LONG, 24, ["  a layer that adds", "  nothing to the one", "  behind it"]),
        ("error: a/long/path/of/a/file.yaml:3", 20, ["error:", "  a/long/path/of/a/file.yaml:3"]),
        ("    layers.0.activation: relu", 10, ["    layers.0.activation: relu"]),
        ("", 10, [""]),
    ],
)
def test_lines_break_at_words_and_keep_their_indent(line, columns, expected):
    assert break_line(line, columns).split("\n") == expected


def test_what_is_no_terminal_gets_whole_lines():
    assert wrap(LONG * 10, io.StringIO()) == LONG * 10


def test_a_terminal_gets_lines_of_its_width(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream, os.fdopen(ours):
        # A terminal that does not tell its width is left to break lines itself.
        assert wrap(LONG * 10, stream) == LONG * 10
        termios.tcsetwinsize(stream.fileno(), (24, 30))
        for width in (30, 20):
            lines = wrap(LONG * 10, stream).split("\n")
            assert max(map(len, lines)) <= width < max(map(len, lines)) + 10
            monkeypatch.setenv("COLUMNS", "20")
        lines = wrap(f"head\n{LONG * 10}\n    key: {'x' * 50}", stream).split("\n")
    assert lines[0] == "head"
    assert max(map(len, lines[:-1])) <= 20
    assert lines[-1] == f"    key: {'x' * 50}"
