"""results.json: the final figures, the best epoch, and nothing that the run lacks."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from nnctl.optimizers import SGD
from nnctl.runs.results import results_of, save_results, strict_json
from nnctl.training.state import TrainingState


def results(history, weights=Path("r/weights.npz"), test=None, restored=None):
    generators = [np.random.default_rng(k) for k in range(2)]
    state = TrainingState.start(np.zeros(2), 2, SGD(), *generators)
    state.history, state.seconds = history, [0.5] * len(history.get("loss", []))
    state.epoch = len(state.seconds)
    state.best_epoch, state.restored = restored, restored is not None
    folder, status = Path("r"), "finished"
    return results_of(state, folder=folder, weights=weights, seed=4, status=status, test=test)


def test_all_that_a_run_can_have_in_the_order_of_the_contract():
    history = {"loss": [3.0, 2.0], "mae": [1.0, 0.5], "val_loss": [1.0, 2.0], "val_mae": [3.0, 4.0]}
    found = results(history, test={"loss": 9.0, "mae": 8.0})
    versions = found.pop("versions")
    assert list(versions) == ["nnctl", "numpy", "python"]
    assert found == {
        "run": "r",
        "weights": str(Path("r/weights.npz")),
        "status": "finished",
        "epochs": 2,
        "train": {"loss": 2.0, "mae": 0.5},
        "validation": {"loss": 2.0, "mae": 4.0},
        "test": {"loss": 9.0, "mae": 8.0},
        "best_epoch": 1,
        "weights_epoch": 2,
        "seconds": 1.0,
        "seed": 4,
    }


@pytest.mark.parametrize(("restored", "epoch"), [(None, 3), (2, 2)])
def test_the_figures_are_those_of_the_weights_whatever_epoch_looked_best(restored, epoch):
    history = {"loss": [3.0, 2.0, 1.5], "val_loss": [1.0, 2.0, 3.0]}
    found = results(history, restored=restored)
    assert (found["best_epoch"], found["weights_epoch"]) == (1, epoch)
    assert found["validation"] == {"loss": float(epoch)}


def test_what_a_run_lacks_is_absent():
    assert {"weights", "train", "validation", "test", "best_epoch"}.isdisjoint(results({}, None))


@pytest.mark.parametrize(
    ("losses", "best"), [([3.0, 1.0, 2.0], 2), ([math.nan, 2.0, 1.0], 3), ([1.0, math.nan], 1)]
)
def test_the_best_epoch_has_the_least_loss_that_is_a_number(losses, best):
    assert results({"loss": losses})["best_epoch"] == best


def test_the_file_is_json_for_every_reader(tmp_path):
    values = {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": -math.inf, "e": 1}}
    save_results(tmp_path / "r.json", values)
    text = (tmp_path / "r.json").read_text()
    expected = {"a": None, "b": [None, 1.5], "c": {"d": None, "e": 1}}
    assert json.loads(text, parse_constant=pytest.fail) == expected == strict_json(values)
