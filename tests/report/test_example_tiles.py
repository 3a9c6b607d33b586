"""Examples are called the worst only where they are wrong."""

import re
from dataclasses import replace

import pytest

from nnctl.report.charts import Charts
from nnctl.report.figures import DrawnRun
from nnctl.report.page import page


@pytest.fixture
def hostile(reports):
    return reports["hostile"]


def drawn_with(report, wrong: list[bool]) -> list[tuple[str, str, int]]:
    """The headings of examples of which those are wrong, what is said of them, how many."""
    worst = report.judged.worst[: len(wrong)]
    shown = [replace(each, wrong=own) for each, own in zip(worst, wrong, strict=True)]
    judged = replace(report.judged, worst=tuple(shown), mistakes=sum(wrong))
    groups = DrawnRun(replace(report, judged=judged), Charts()).examples
    return [(group.heading, group.said, len(group.tiles)) for group in groups]


def test_where_nothing_is_wrong_the_least_sure_are_shown(hostile):
    ((heading, said, count),) = drawn_with(hostile, [False] * 3)
    assert (heading, count) == ("Least sure of the right answers", 3)
    assert said.startswith("No answer is wrong. The test rows with a right answer")


def test_mistakes_come_before_what_is_right(hostile):
    first, second = drawn_with(hostile, [True, False, False])
    assert (first[0], first[2]) == ("Worst mistakes", 1)
    assert "Of the 30 test rows, 1 has a wrong answer." in first[1]
    assert (second[0], second[2]) == ("Least sure of the right answers", 2)
    assert "No answer is wrong" not in second[1]


def test_wrong_rows_are_counted_and_come_first(hostile):
    judged = hostile.judged
    wrong = [each.wrong for each in judged.worst]
    assert wrong == sorted(wrong, reverse=True)
    matrix = judged.matrix
    assert judged.mistakes == sum(map(sum, matrix)) - sum(row[k] for k, row in enumerate(matrix))
    assert [each.wrong for each in judged.worst] == [
        each.truth != each.predicted for each in judged.worst
    ]


def test_of_numbers_none_is_right(reports):
    report = reports["houses"]
    (group,) = DrawnRun(report, Charts()).examples
    assert group.heading == "Furthest off" and "by the target that is furthest" in group.said


@pytest.mark.parametrize("name", ["pictures", "series"])
def test_beside_a_drawing_is_what_spoke_for_the_answer(name, reports):
    text = page([reports[name]])
    pairs = re.findall(r'<div class="pair">(.*?)</div>', text, re.DOTALL)
    both = [pair for pair in pairs if "What spoke for and against" in pair]
    assert len(both) > len(pairs) / 2
    kind = "<img" if name == "pictures" else "<svg"
    assert all(pair.count(kind) == 2 for pair in both)
