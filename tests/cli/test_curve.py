"""The curve of the losses: what is kept of them, and which dots are set."""

import math
import re

import pytest

from nnctl.cli.curve import Series, axis_of, curve_of, draw, ends_of, heights_of, stretch


def test_a_series_is_bounded_and_keeps_its_course():
    series = Series(most=8)
    for value in range(1000):
        series.add(float(value), value + 1)
    assert 4 <= len(series.values) < 8
    steps = [b - a for a, b in zip(series.values, series.values[1:], strict=False)]
    assert set(steps) == {128.0}
    assert series.epochs == (1, 1000)
    assert series.values[0] == pytest.approx(sum(range(128)) / 128)


@pytest.mark.parametrize(
    ("values", "heights", "by_logarithm"),
    [
        ([1.0, 2.0, 3.0], [0.0, 0.5, 1.0], False),
        ([1e-3, 1e-1, 1e1], [0.0, 0.5, 1.0], True),
        ([-1.0, 0.0, 999.0], [0.0, 0.001, 1.0], False),
        ([2.0, 2.0], [0.5, 0.5], False),
    ],
)
def test_values_lie_between_the_least_and_the_greatest(values, heights, by_logarithm):
    (found,), low, high, logarithmic = heights_of([values])
    assert found == pytest.approx(heights)
    assert (low, high, logarithmic) == (min(values), max(values), by_logarithm)


def test_what_is_not_finite_leaves_a_gap():
    (found,), low, high, _ = heights_of([[1.0, math.nan, math.inf, 3.0]])
    assert (low, high) == (1.0, 3.0)
    assert [math.isnan(value) for value in found] == [False, True, True, False]
    characters = "".join(character for character, _ in draw([found], 4, 1)[0])
    assert characters[0] != " " != characters[-1]
    assert " " in characters
    assert heights_of([[math.nan]])[1:3] == (0.0, 0.0)


def test_values_are_spread_over_the_columns():
    assert stretch([0.0, 1.0], 5) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert stretch([0.0, 2.0, 4.0, 6.0], 2) == [1.0, 5.0]


def test_dots_go_from_the_bottom_to_the_top():
    rising = draw([[0.0, 1.0]], 1, 1)
    assert rising == [[(chr(0x2800 + 0x40 + 0x08 + 0x10 + 0x20 + 0x80), 0)]]
    flat = draw([[0.0, 0.0]], 2, 2)
    assert [character for character, _ in flat[0]] == [" ", " "]
    assert [character for character, _ in flat[1]] == [chr(0x2800 + 0x40 + 0x80)] * 2


def test_each_series_has_its_colour_and_the_first_is_in_front():
    lines = draw([[1.0, 1.0], [0.0, 1.0]], 4, 2)
    assert {own for _, own in lines[1]} == {1, -1}
    assert lines[0][-1][1] == 0


@pytest.mark.parametrize(
    ("first", "last", "columns", "between"),
    [
        (1, 2, 20, []),
        (1, 8, 8, ["5"]),
        (1, 100, 50, ["20", "40", "60", "80"]),
        (51, 60, 12, ["55"]),
        (901, 3000, 40, ["1500", "2000", "2500"]),
        (1, 1_000_000, 40, ["500000"]),
    ],
)
def test_the_axis_has_the_first_and_the_last_epoch_and_round_ones(first, last, columns, between):
    axis = axis_of(first, last, columns)
    assert axis.split() == [str(first), *between, str(last)]
    assert len(axis) == columns
    for label in re.finditer(r"\d+", axis):
        middle = (label.start() + label.end() - 1) / 2
        place = (int(label[0]) - first) * (columns - 1) / (last - first)
        at_an_end = label[0] in (str(first), str(last))
        assert at_an_end or abs(middle - place) <= 1


def test_series_are_named_where_they_end():
    assert ends_of([[0.5, 1.0], [1.0, 0.0]], 5) == {0: 0, 4: 1}
    assert ends_of([[0.0, 1.0], [0.0, 0.98]], 5) == {0: 0, 1: 1}  # both in the first row
    assert ends_of([[0.0, math.nan], [math.nan, math.nan]], 5) == {4: 0}


@pytest.mark.parametrize("rows", [4, 7, 20])
@pytest.mark.parametrize("width", [50, 118])
def test_the_picture_names_its_ends_its_epochs_and_its_series(width, rows):
    train, validation = Series(), Series()
    for epoch in range(11, 40):
        train.add(10.0 ** (10 - epoch), epoch)
        validation.add(0.25, epoch)
    text = curve_of({"train": train, "validation": validation}, width, rows).plain.splitlines()
    assert len(text) == rows + 2
    assert max(map(len, text)) <= width
    assert max(map(len, text)) > width - 3  # it grows with the room that there is
    assert text[0].split()[0] == "0.25" and text[0].endswith(" valid")
    assert text[rows - 1].split()[0] == "1e-29" and text[rows - 1].endswith(" train")
    assert text[rows].split()[0] == "epoch"
    assert (text[rows].split()[1], text[rows].split()[-1]) == ("11", "39")
    assert text[-1].split() == ["loss,", "logarithmic:", "train", "validation"]
    assert curve_of({"train": Series()}, 40, rows) is None


def test_the_middle_of_the_axis_has_the_number_of_its_row():
    """That of a straight line where it passes through the row."""
    line = Series()
    for epoch in range(1, 102):
        line.add(float(epoch), epoch)
    text = curve_of({"train": line}, 80, 10).plain.splitlines()
    middle = float(text[5].split()[0])
    dots = [place for place, character in enumerate(text[5]) if ord(character) > 0x2800]
    columns = 80 - 6
    passed = [1 + 100 * (place - 6) / (columns - 1) for place in dots]
    assert passed[0] <= middle <= passed[-1]
    assert [row for row in range(10) if text[row][:5].strip()] == [0, 5, 9]
