"""Errors survive the way from one process to another; what they quote is told visibly."""

import pickle

import pytest

from nnctl.errors import (
    ArgumentError,
    ExitStatus,
    NnctlError,
    Problem,
    did_you_mean,
    nearest,
    together,
)
from nnctl.training.loop import TrainingDiverged
from nnctl.training.ranks import AgreedError

PROBLEMS = (Problem("too many", "take fewer", "a.yaml", 3, "layers.0"), Problem("none"))


@pytest.mark.parametrize(
    "error",
    [
        NnctlError(PROBLEMS),
        TrainingDiverged(PROBLEMS),
        ArgumentError("too many", "take fewer", "layers.0"),
        AgreedError(PROBLEMS, ExitStatus.NO),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_after_pickling(error):
    after = pickle.loads(pickle.dumps(error))
    assert type(after) is type(error)
    assert after.problems == error.problems
    assert after.status == error.status
    assert str(after) == str(error)


def test_several_errors_together_are_what_the_worst_of_them_is():
    several = [NnctlError(PROBLEMS[:1]), TrainingDiverged(PROBLEMS[1:]), NnctlError(PROBLEMS)]
    found = together(several)
    assert type(found) is TrainingDiverged and found.problems == PROBLEMS * 2
    assert type(together(several[::2])) is NnctlError


def test_what_a_problem_quotes_is_visible_and_adds_no_line():
    text = "a\x1b[31m\nfix: b\u202e"
    problem = Problem(f'"{text}"', f"not {text}", text, 3, text, details=(text,))
    shown = r"a\x1b[31m\nfix: b\u202e"
    assert str(problem).split("\n") == [
        f"{shown}:3  {shown}",
        f'  "{shown}"',
        f"  {shown}",
        f"  fix: not {shown}",
    ]


def test_names_that_look_alike_are_told_apart():
    assert nearest("\u0443", ["x", "y"]) == "y"  # Cyrillic, of which no letter is the same
    fix = did_you_mean("caf\u00e9", ["cafes", "cafe\u0301"])
    assert fix == 'did you mean "cafe\\u0301"? It only looks like "caf\\u00e9"'


def test_other_problems_leave_the_kind_and_the_status_as_they_are():
    error = AgreedError([Problem("none")], ExitStatus.NO)
    after = error.with_problems(PROBLEMS)
    assert (type(after), after.status, after.problems) == (AgreedError, ExitStatus.NO, PROBLEMS)
    assert str(after) == str(NnctlError(PROBLEMS)) and error.problems == (Problem("none"),)
