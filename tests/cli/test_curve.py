"""The curve of the losses: what is kept of them, and which dots are set."""

import math

import pytest

from nnctl.cli.curve import ROWS, Series, curve_of, draw, heights_of, stretch


def test_a_series_is_bounded_and_keeps_its_course():
    series = Series(most=8)
    for value in range(1000):
        series.add(float(value))
    assert 4 <= len(series.values) < 8
    steps = [b - a for a, b in zip(series.values, series.values[1:], strict=False)]
    assert set(steps) == {128.0}
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


def test_the_picture_names_its_ends_and_its_series():
    train, validation = Series(), Series()
    for epoch in range(1, 30):
        train.add(10.0**-epoch)
        validation.add(0.25)
    text = curve_of({"train": train, "validation": validation}, 50).plain.splitlines()
    assert len(text) == ROWS + 1
    assert max(map(len, text)) <= 50
    assert text[0].startswith(" 0.25 ") and text[ROWS - 1].startswith("1e-29 ")
    assert text[-1].split() == ["loss,", "logarithmic:", "train", "validation"]
    assert curve_of({"train": Series()}, 40) is None
