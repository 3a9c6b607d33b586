"""Confusions on a terminal: letters where labels do not fit, shades among the wrong ones."""

import io
import itertools
import re

import numpy as np
import pytest

from nnctl.assembly.by_class import ClassFigures
from nnctl.assembly.comparison import Confusion
from nnctl.cli.confusions import NOBODY, RIGHT, SHADES, codes_of, print_confusion, shades_of

LONG = [f"a rather long name of the kind with number {k}" for k in range(5)]
SHORT = list("pqrst")
COUNTS = np.array(
    [
        [90, 0, 40, 0, 1],
        [0, 80, 0, 10, 0],
        [0, 20, 70, 0, 0],
        [0, 0, 0, 12345, 0],
        [5, 0, 0, 0, 50],
    ]
)


def confusion_of(labels: list[str]) -> tuple[Confusion, list[ClassFigures]]:
    """The confusion of those labels, and made-up figures of each."""
    truth, guess = (place.reshape(-1) for place in np.indices(COUNTS.shape))
    figures = [ClassFigures(label, hits=3, missed=1, alarms=1, others=9) for label in labels]
    return Confusion(tuple(labels), truth, guess, COUNTS.reshape(-1)), figures


def printed(monkeypatch, labels: list[str], columns: int, **variables: str) -> str:
    screen = io.StringIO()
    if columns:
        monkeypatch.setattr(screen, "isatty", lambda: True)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": str(columns), **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", screen)
    print_confusion(*confusion_of(labels))
    return screen.getvalue()


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("labels", [LONG, SHORT, ["x" * 70, *SHORT[1:]]])
def test_nothing_is_wider_than_the_terminal_and_every_label_and_count_is_there(
    labels, columns, monkeypatch
):
    text = without_colours(printed(monkeypatch, labels, columns))
    assert max(map(len, text.splitlines())) <= columns
    joined = "".join(text.split())
    assert all("".join(label.split()) in joined for label in labels)
    counts = [int(word) for word in re.findall(r"(?<![\w.])\d+(?![\w.])", text)]
    assert all(counts.count(count) >= (count == COUNTS).sum() for count in {*COUNTS.flat} - {0})
    for name in ("prec.", "recall", "f1"):
        assert text.count(name) == 1


def test_letters_stand_for_labels_that_do_not_fit(monkeypatch):
    lines = without_colours(printed(monkeypatch, LONG, 60)).splitlines()
    head = next(place for place, line in enumerate(lines) if line.split() == list("ABCDE"))
    assert [line.split() for line in lines[head + 1 : head + 6]] == [
        [code, *map(str, row)] for code, row in zip("ABCDE", COUNTS.tolist(), strict=True)
    ]
    for code, label in zip("ABCDE", LONG, strict=True):
        assert any(line.startswith(f"{code} = {label}") for line in lines)


def test_counts_stand_closer_where_they_fit_beside_each_other_then(monkeypatch):
    words = {"TERM": "xterm", "COLUMNS": "40"}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", screen := io.StringIO())
    monkeypatch.setattr(screen, "isatty", lambda: True)
    labels = [f"class {k}" for k in range(9)]  # 9 × 5 columns with gaps of two, 9 × 4 with one
    truth, guess = (place.reshape(-1) for place in np.indices((9, 9)))
    figures = [ClassFigures(label, hits=3, missed=1, alarms=1, others=9) for label in labels]
    print_confusion(Confusion(tuple(labels), truth, guess, np.full(81, 123)), figures)
    lines = without_colours(screen.getvalue()).splitlines()
    rows = [line.split() for line in lines if line.startswith("A ") and "123" in line]
    assert rows == [["A", *["123"] * 9]]


def test_short_labels_stand_for_themselves_where_the_figures_do_not_fit_beside_them(monkeypatch):
    text = without_colours(printed(monkeypatch, SHORT, 40))
    matrix, figures = text.split("\n\n")
    assert "p  90   0  40      0   1" in matrix and " = " not in text
    assert [line.split() for line in figures.splitlines()[1:]] == [
        [label, "0.750", "0.750", "0.750"] for label in SHORT
    ]


@pytest.mark.parametrize("columns", [0, 200])
def test_labels_that_fit_stand_for_themselves(columns, monkeypatch):
    lines = without_colours(printed(monkeypatch, SHORT, columns)).splitlines()
    head = next(place for place, line in enumerate(lines) if line.split()[:5] == SHORT)
    assert lines[head + 1].split() == ["p", "90", "0", "40", "0", "1", "0.750", "0.750", "0.750"]


def test_elsewhere_there_is_one_table_of_whole_labels_and_no_colour(monkeypatch):
    text = printed(monkeypatch, LONG, 0)
    assert "\x1b" not in text and "redder" not in text
    assert text.splitlines()[2].startswith(f"{' ' * len(LONG[0])}  {LONG[0]}  {LONG[1]}")


@pytest.mark.parametrize(
    ("variables", "shaded"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True),
    ],
)
def test_shades_need_256_colours(variables, shaded, monkeypatch):
    monkeypatch.delenv("COLORTERM", raising=False)
    text = printed(monkeypatch, SHORT, 80, **variables)
    assert (SHADES[-1] in text) == shaded
    assert ("the redder, the more" in text) == shaded


def test_wrong_answers_are_shaded_among_themselves():
    shades = shades_of(COUNTS.tolist())
    assert {shades[k, k] for k in range(5)} == {RIGHT}
    assert shades[0, 2] == SHADES[3]  # the most
    assert shades[2, 1] == SHADES[1]  # half of it
    assert shades[1, 3] == shades[4, 0] == shades[0, 4] == SHADES[0]
    assert shades[0, 1] == NOBODY
    assert set(shades_of([[1, 0], [0, 2]]).values()) == {RIGHT, NOBODY}


def luminance(colour: int) -> float:
    """Of one of the 216 colours behind the first sixteen, as WCAG has it."""
    levels = (0, 95, 135, 175, 215, 255)
    parts = [levels[(colour - 16) // own % 6] / 255 for own in (36, 6, 1)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_shades_are_readable_and_differ_in_grey():
    pairs = [re.fullmatch(r"38;5;(\d+);48;5;(\d+)", shade).groups() for shade in SHADES]
    grounds = [luminance(int(ground)) for _, ground in pairs]
    for (ink, _), ground in zip(pairs, grounds, strict=True):
        assert (ground + 0.05) / (luminance(int(ink)) + 0.05) >= 4.5
    assert all(a - b > 0.05 for a, b in itertools.pairwise(grounds))


def test_codes_go_on_behind_z():
    codes = codes_of(50)
    assert codes[:2] == ["A", "B"] and codes[25:28] == ["Z", "AA", "AB"]
    assert len(set(codes)) == 50
