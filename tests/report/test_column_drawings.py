"""Columns by their importance: bars, and curves that go where the predictions do."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from nnctl.assembly.importance import Column, Importance
from nnctl.insight.importance import Harm
from nnctl.report.column_drawings import (
    EDGE,
    SHAPES,
    UP,
    key_of_outputs,
    pairs_alike,
    shown_columns,
    told_of,
)

NUMBERS = ((1.0, (0.2, 0.8)), (2.0, (0.4, 0.6)), (5.0, (0.9, 0.1)))
WORDS = (("<b>", (0.5, 0.5)), ("c" * 99, (0.1, 0.9)))


def importance_with(*columns, outputs=("no", "yes")) -> Importance:
    return Importance(10, "accuracy", outputs, columns, (("a", "<b>", 0.912345),))


def column(name, worth, dependence=()) -> Column:
    return Column(name, Harm(worth, 0.01), Harm(worth, 0.01), dependence)


def corners(svg: str, place: int) -> list[list[float]]:
    lines = re.findall(r'points="([^"]*)"', svg)
    return [[float(n) for n in point.split(",")] for point in lines[place].split()]


def test_bars_are_shares_of_the_greatest_and_none_is_below_nothing():
    shown = shown_columns(importance_with(column("a", 0.4), column("b", 0.1), column("c", -0.1)))
    assert [each.bar for each in shown] == [1, 0.25, 0]
    assert [(each.worth, each.spread) for each in shown][2] == ("−0.1", "0.01")
    assert all(each.curve is None for each in shown)
    assert [each.bar for each in shown_columns(importance_with(column("a", 0.0)))] == [0]


def test_curves_share_the_height_of_probabilities():
    (shown,) = shown_columns(importance_with(column("a", 0.4, NUMBERS)))
    ElementTree.fromstring(shown.curve)
    first, second = corners(shown.curve, 0), corners(shown.curve, 1)
    assert [x for x, _ in first] == pytest.approx([EDGE, EDGE + 228 / 4, EDGE + 228], abs=0.1)
    ys = [UP - EDGE - (value - 0.1) / 0.8 * (UP - 2 * EDGE) for value in (0.2, 0.4, 0.9)]
    assert [y for _, y in first] == pytest.approx(ys, abs=0.1)
    assert second[0][1] < first[0][1]
    assert shown.told == "predictions 0.1 to 0.9, over 1 to 5"


@pytest.mark.parametrize("low", [-0.5, 1e5])
def test_numbers_of_several_targets_have_each_its_own_height(low):
    dependence = ((1.0, (low, 0.2)), (2.0, (low + 1, 0.4)))
    (shown,) = shown_columns(importance_with(column("a", 1.0, dependence)))
    assert [y for _, y in corners(shown.curve, 0)] == [y for _, y in corners(shown.curve, 1)]
    assert ", 0.2 to 0.4" in shown.told


def test_a_flat_curve_runs_in_the_middle():
    dependence = ((1.0, (0.5,)), (2.0, (0.5,)))
    (shown,) = shown_columns(importance_with(column("a", 0.0, dependence), outputs=("y",)))
    assert [y for _, y in corners(shown.curve, 0)] == [UP / 2, UP / 2]


def test_categories_are_dots_and_named_at_the_ends():
    (shown,) = shown_columns(importance_with(column("a", 0.4, WORDS)))
    assert [shown.curve.count(f"{shape}z") for shape in SHAPES[:3]] == [2, 2, 0]
    assert "&lt;b&gt;" in shown.curve
    told = told_of(column("a", 0.4, WORDS), [0])
    assert told.startswith("predictions 0.1 to 0.5, least at ccc")
    assert told.endswith("…, most at <b>")


def test_of_many_outputs_those_that_move_most_have_lines():
    dependence = ((1.0, (0.1, 0.2, 0.1, 0.2, 0.4)), (2.0, (0.1, 0.3, 0.2, 0.3, 0.1)))
    names = ("a", "b", "c", "d", "<e>")
    found = importance_with(column("x", 0.4, dependence), outputs=names)
    key = key_of_outputs(found)
    assert [re.sub("<[^>]*>", "", line) for line in key] == ["b", "c", "d", "&lt;e&gt;"]
    assert key_of_outputs(importance_with(column("x", 0.4, WORDS), outputs=("y",))) == []


def test_columns_that_are_alike_come_with_r():
    assert pairs_alike(importance_with()) == [("a", "<b>", "0.9123")]
