"""The numbers of a checkpoint: those of a run pass, and nothing else does."""

import copy
import math

import numpy as np
import pytest

from nnctl.network.metrics import METRICS
from nnctl.runs.contents import check_callback, check_numbers, check_order, check_totals

FIGURES = ("loss", "accuracy")
NUMBERS = {
    "step": 7,
    "epoch": 2,
    "batch": 1,
    "totals": {"loss": 0.5, "rows": 4},
    "history": {"loss": [2.0, math.inf], "accuracy": [0.5, math.nan]},
    "learning_rates": [0.1, 0.1],
    "seconds": [0.0, 1],
    "learning_rate": None,
    "best_epoch": 1,
    "first_loss": 2.5,
}
WRONG = [
    ("step", -1),
    ("step", 1.0),
    ("step", True),
    ("epoch", 1),
    ("epoch", 2**60),
    ("batch", 4),
    ("totals", {"loss": "1", "rows": 4}),
    ("totals", {"loss": 0.5, "rows": None}),
    ("totals", {"loss": 0.5}),
    ("totals", 3),
    ("history", {"loss": [2.0, 1.0]}),
    ("history", {"loss": [2.0, 1.0], "auc": [0.5, 0.5]}),
    ("history", {"loss": [2.0, "1"], "accuracy": [0.5, 0.5]}),
    ("history", {"loss": 3, "accuracy": [0.5, 0.5]}),
    ("learning_rates", [0.1]),
    ("learning_rates", [0.1, 10**400]),
    ("seconds", [None, None]),
    ("learning_rate", 0),
    ("learning_rate", math.inf),
    ("learning_rate", "0.1"),
    ("best_epoch", 3),
    ("best_epoch", 1.0),
    ("first_loss", "2"),
]
ERRORS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


@pytest.mark.parametrize("batch_size", [4, "full", 100])
def test_those_of_a_run_pass(batch_size: int | str) -> None:
    check_numbers(NUMBERS, 10, batch_size, FIGURES)
    lists = {"history": {}, "learning_rates": [], "seconds": []}
    started = {**NUMBERS, **lists, "epoch": 0, "best_epoch": None, "first_loss": None}
    check_numbers(started, 10, batch_size, FIGURES)


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_others_are_refused(key: str, value: object) -> None:
    with pytest.raises(ERRORS):
        check_numbers({**copy.deepcopy(NUMBERS), key: value}, 10, 4, FIGURES)


def test_the_order_has_each_row_once_in_an_epoch_that_has_begun() -> None:
    check_order(np.array([2, 0, 1]), 1, 3)
    check_order(np.empty(0, np.intp), 0, 3)
    for order, batch in [
        (np.array([2, 0, 0]), 1),
        (np.array([2, 0]), 1),
        (np.array([2, 0, 3]), 1),
        (np.array([2.0, 0.0, 1.0]), 1),
        (np.zeros((3, 1), int), 0),
    ]:
        with pytest.raises(ValueError, match="order"):
            check_order(order, batch, 3)


def test_the_totals_are_those_of_the_metrics() -> None:
    expected = [METRICS[name]().start() for name in ("accuracy", "f1")]
    arrays = {
        f"totals/{k}/{name}": array
        for k, state in enumerate(expected)
        for name, array in state.items()
    }
    check_totals({**arrays, "vector": np.zeros(3)}, expected)
    name = next(iter(arrays))
    for wrong in (
        {key: array for key, array in arrays.items() if key != name},
        {**arrays, "totals/2/rows": np.zeros(())},
        {**arrays, name: np.array("a")},
    ):
        with pytest.raises(ValueError, match="totals"):
            check_totals(wrong, expected)


def test_the_state_of_callbacks() -> None:
    state = {"best": 0.5, "best_epoch": 2, "wait": 9, "cooling": 0}
    check_callback(state, 2)
    check_callback({**state, "best": None, "best_epoch": None}, 2)
    for wrong in ({"best": "1"}, {"best_epoch": 3}, {"wait": -1}, {"cooling": 1.5}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            check_callback({**state, **wrong}, 2)
