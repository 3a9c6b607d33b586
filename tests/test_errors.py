"""Errors survive the way from one process to another."""

import pickle

import pytest

from nnctl.errors import ArgumentError, ExitStatus, NnctlError, Problem
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
