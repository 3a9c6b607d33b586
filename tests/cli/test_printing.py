"""Text and tables on a terminal are broken to its width; elsewhere they are left alone."""

import io
import os
import pty
import re
import shlex
import termios

import numpy as np
import pytest

from nnctl.assembly.by_class import ClassFigures
from nnctl.assembly.comparison import Confusion
from nnctl.cli.confusions import print_confusion
from nnctl.cli.outcome import print_figures
from nnctl.cli.printing import (
    blocks_of,
    break_line,
    fold_name,
    print_columns,
    print_command,
    print_problems,
    print_told,
    wrap,
)
from nnctl.errors import Problem

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


@pytest.mark.parametrize(
    ("widths", "room", "expected"),
    [
        ([4, 5, 5, 5], 0, [[0, 1, 2, 3]]),  # no terminal, or one that does not tell its width
        ([4, 5, 5, 5], 25, [[0, 1, 2, 3]]),
        ([4, 5, 5, 5], 24, [[0, 1, 2], [0, 3]]),
        ([4, 5, 5, 5], 11, [[0, 1], [0, 2], [0, 3]]),
        ([4, 5, 50, 5], 20, [[0, 1], [0, 2], [0, 3]]),  # what fits nowhere stands alone
        ([4, 5], 3, [[0, 1]]),
        ([40], 3, [[0]]),
    ],
)
def test_columns_that_do_not_fit_beside_each_other_stand_below(widths, room, expected):
    assert blocks_of(widths, room) == expected


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_table_is_no_wider_than_the_terminal(monkeypatch, columns):
    head = ["5 members", "train", "validation", "baseline of validation", "mean member", "worst"]
    rows = [[name, *[str(1000 + k)] * 5] for k, name in enumerate(["loss", "accuracy"])]
    screen = narrow(monkeypatch, columns)
    print_columns(head, rows)
    lines = screen.getvalue().split("\n")
    assert max(map(len, lines)) <= columns
    words = " ".join(lines)
    assert all(title in words for title in head) and words.count("1001") == 5
    assert sum(line.startswith("loss ") for line in lines) == lines.count("")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_cells_are_cut_where_two_columns_do_not_fit(monkeypatch, columns):
    screen = narrow(monkeypatch, columns)
    name, text = "a_name_" * 12, "what stands in a cell " * 8
    print_columns(
        ["column", "values", "rows"], [[name, text, "12345"], ["b", "1 to 2", "3"]], left=2
    )
    lines = screen.getvalue().split("\n")
    assert max(map(len, lines)) <= columns
    assert sum(line.startswith("a_name_") for line in lines) >= 1
    assert all(word in screen.getvalue() for word in ("12345", "1 to 2", "values", "rows"))


def narrow(monkeypatch: pytest.MonkeyPatch, columns: int) -> io.StringIO:
    """A terminal of so many columns in place of stdout."""
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    return screen


def plain(screen: io.StringIO) -> str:
    """What stands on a terminal, without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue())


@pytest.mark.parametrize(
    "members", [{}, {"members": {"count": 2, "mean": {}, "worst": {}, "best": {}}}]
)
def test_what_is_said_below_the_figures_of_a_run_is_broken_at_words(monkeypatch, members):
    screen = narrow(monkeypatch, 40)
    layers = [{"type": "dropout"}]
    results = {"train": {"loss": 1.0}, "config": {"layers": layers}, "weights_epoch": 3, **members}
    print_figures(results)
    assert max(map(len, screen.getvalue().split("\n"))) <= 40
    said = "of single members" if members else "while the weights changed, with dropout"
    assert said in " ".join(screen.getvalue().split())


def test_what_is_said_above_a_confusion_matrix_is_broken_at_words(monkeypatch):
    screen = narrow(monkeypatch, 40)
    one = np.array([0, 1])
    figures = [ClassFigures(label, hits=1, missed=0, alarms=0, others=1) for label in "ab"]
    print_confusion(Confusion(("a", "b"), one, one, one + 1), figures)
    assert max(map(len, screen.getvalue().split("\n"))) <= 40
    assert "columns the predicted ones" in " ".join(screen.getvalue().split())


WORDS = ["nnctl", "predict", "runs/a name", "data/a-name.csv", "-o", "out.csv"]


def test_a_command_to_be_copied_is_one_line_where_there_is_no_terminal(capsys):
    print_command("next", WORDS)
    assert capsys.readouterr().out == f"next     {shlex.join(WORDS)}\n"


@pytest.mark.parametrize("columns", [40, 60])
def test_a_command_to_be_copied_is_broken_as_a_shell_lets_it_be(monkeypatch, columns):
    screen = narrow(monkeypatch, columns)
    print_command("next", WORDS)
    lines = plain(screen).splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= columns
    joined = plain(screen).replace("\\\n", "")  # as a shell reads it
    assert shlex.split(joined) == ["next", *WORDS]


@pytest.mark.parametrize("columns", [40, 80])
def test_what_is_told_behind_a_label_stays_behind_it(monkeypatch, columns):
    screen = narrow(monkeypatch, columns)
    print_told("verdict", "the training rows are learnt by heart, and others are not " * 2)
    first, *more = plain(screen).splitlines()
    assert first.startswith("verdict  the")
    assert more and all(line.startswith(" " * 9) and line[9] != " " for line in more)
    assert max(map(len, (first, *more))) <= columns


def test_errors_warnings_and_places_have_their_colours_on_a_terminal_alone(monkeypatch):
    problem = Problem("it is 3", "write 4", file="a.yaml", line=7, path="layers.0.units")
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        with monkeypatch.context() as patched:
            patched.delenv("NO_COLOR", raising=False)
            patched.setenv("TERM", "xterm")
            for name, value in variables.items():
                patched.setenv(name, value)
            screen = narrow(patched, 80)
            print_problems([problem], screen)
            assert plain(screen) == f"error: {problem}\n"
            assert ("\x1b[" in screen.getvalue()) == coloured
            if coloured:
                for part in ("error:", "a.yaml:7", "layers.0.units", "fix:"):
                    assert re.search(rf"\x1b\[[\d;]+m{re.escape(part)}\x1b\[0m", screen.getvalue())
    piped = io.StringIO()
    print_problems([problem], piped)
    assert piped.getvalue() == f"error: {problem}\n"


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("global_average_pooling2d", 24, ["global_average_pooling2d"]),
        ("global_average_pooling2d", 16, ["global_average_", "pooling2d"]),
        ("conv2d_1/kernel", 10, ["conv2d_1/", "kernel"]),
        ("dense relu huber", 10, ["dense relu", "huber"]),
        ("kernel", 3, ["kernel"]),
    ],
)
def test_names_are_broken_between_their_words(name, width, lines):
    assert fold_name(name, width).split("\n") == lines
