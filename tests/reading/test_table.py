"""Tests of tables of rows, and of counting what is wrong with them."""

import numpy as np
import pytest

from nnctl.errors import NnctlError, Problem
from nnctl.reading.table import Faults
from tests.reading.stretches import table


def test_columns_in_any_order() -> None:
    made = table(2, "x", "y")
    assert made.columns(["b", "c"]).tolist() == [[1, 2], [4, 5]]
    assert made.columns(["c", "a"]).tolist() == [[2, 0], [5, 3]]
    assert made.columns([]).shape == (2, 0)
    assert np.shares_memory(made.columns(["a", "b"]), made.numbers)


def test_problems_are_shown_by_line_and_counted() -> None:
    faults = Faults("t.csv")
    faults.check()
    for line in (9, 3, *range(10, 22)):
        faults.add(Problem("wrong", file="t.csv", line=line))
    faults.skip(5)
    assert faults.room == 0 and faults.count == 19
    with pytest.raises(NnctlError) as caught:
        faults.check()
    problems = caught.value.problems
    assert [problem.line for problem in problems[:3]] == [3, 9, 10] and len(problems) == 11
    assert problems[-1].message == "and 9 more problems of this kind"


def test_a_problem_of_a_column_is_told_once() -> None:
    faults = Faults("t.csv")
    faults.once("a", Problem("text"))
    faults.once("a", Problem("text"))
    assert faults.count == 1
