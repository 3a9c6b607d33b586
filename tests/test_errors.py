"""Errors survive the way from one process to another."""

import pickle

import pytest

from nnctl.errors import ArgumentError, ExitStatus, NnctlError, Problem
from nnctl.ranks import AgreedError
from nnctl.training import TrainingDiverged

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
