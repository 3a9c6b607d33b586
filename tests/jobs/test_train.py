"""`train` as a job: what ends up in the folder, however the run ends."""

import csv
import hashlib
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.errors import ExitStatus
from nnctl.jobs import run as job
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from nnctl.system.npz import read_arrays
from nnctl.training.callbacks import Callback

CONFIG = Path(__file__).parents[2] / "configs/softmax-regression.yaml"
UNFINISHED = {"checkpoint.npz", "config.yaml", "history.csv"}


class StopIn(Callback):
    def __init__(self, epoch: int):
        self.epoch = epoch

    def on_epoch_end(self, run, event):
        if event.epoch == self.epoch:
            run.stop("interrupted")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_that_ends_well_has_all_its_files(tmp_path):
    result = train(CONFIG, output=tmp_path / "run", epochs=2)
    assert result.status is ExitStatus.DONE
    assert files(result.folder) == UNFINISHED | {"weights.npz", "results.json"}
    assert result.input.path.name == "iris.csv"


def test_an_interrupted_run_keeps_its_state_alone(tmp_path):
    result = train(CONFIG, output=tmp_path / "run", epochs=9, callbacks=[StopIn(2)])
    assert (result.status, result.results["epochs"]) == (ExitStatus.INTERRUPTED, 2)
    assert files(result.folder) == UNFINISHED


def test_an_interruption_after_the_last_epoch_does_too(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "save_results", interrupted)
    result = train(CONFIG, output=tmp_path / "run", epochs=2)
    assert (result.status, "weights" in result.results) == (ExitStatus.INTERRUPTED, False)


def test_divergence_has_its_problem_and_what_was_good(tmp_path):
    overrides = ["optimizer={type: sgd, learning_rate: 1e39}"]
    result = train(CONFIG, output=tmp_path / "run", overrides=overrides)
    assert result.status is ExitStatus.NO
    (problem,) = result.problems
    assert "the loss is" in problem.message
    assert files(result.folder) == UNFINISHED


@pytest.mark.parametrize("epochs", [1, 4])
def test_the_same_config_gives_the_same_bytes(tmp_path, epochs):
    first, second = (train(CONFIG, output=tmp_path / name, epochs=epochs) for name in "ab")
    assert first.weights.read_bytes() == second.weights.read_bytes()


STOPPING = [
    "data.validation=0.3",
    "early_stopping={patience: 3, monitor: val_loss}",
    "optimizer.learning_rate=0.3",
]


def test_the_weights_are_those_of_the_best_epoch_and_the_checkpoint_goes_on_from_the_last(tmp_path):
    result = train(CONFIG, output=tmp_path / "run", epochs=300, overrides=STOPPING)
    with (result.folder / "history.csv").open() as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    best = int(np.argmin(losses)) + 1
    assert result.restored and result.results["best_epoch"] == best
    assert len(losses) == result.results["epochs"] == best + 3 < 300
    assert result.results["validation"]["loss"] == losses[best - 1]
    again = train(
        CONFIG, output=tmp_path / "short", epochs=best,
        overrides=[*STOPPING, "early_stopping.restore_best=false"],
    )  # fmt: skip
    assert not again.restored
    kept, short = (read_arrays(run.weights) for run in (result, again))
    for name in set(kept) - {"metadata"}:
        np.testing.assert_array_equal(kept[name], short[name])
    last = read_arrays(result.folder / "checkpoint.npz")
    vector = np.concatenate([kept[name].ravel() for name in kept if name != "metadata"])
    np.testing.assert_array_equal(last["best"], vector)
    assert not np.array_equal(last["vector"], vector)


def test_a_plateau_lowers_the_rate_and_its_state_is_in_the_checkpoint(tmp_path):
    plateau = "reduce_lr_on_plateau={monitor: val_loss, factor: 0.5, patience: 2}"
    result = train(CONFIG, output=tmp_path / "r", epochs=60, overrides=[*STOPPING[::2], plateau])
    with (result.folder / "history.csv").open() as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates[0] == 0.3 and rates[-1] < 0.3
    assert {b / a for a, b in itertools.pairwise(rates)} == {1.0, 0.5}
    saved = json.loads(str(read_arrays(result.folder / "checkpoint.npz")["metadata"]))
    assert saved["callbacks"][0]["best"] is not None


def test_what_a_user_should_know_is_told_before_training(tmp_path):
    (tmp_path / "t.csv").write_text("a,t\n1,2\n,3\n2,3\n")
    config = {
        "data": {"train": "t.csv", "target": "t", "missing": "drop"},
        "layers": [{"type": "dense", "units": 1}],
        "loss": "mean_squared_error",
        "optimizer": "sgd",
        "epochs": 1,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    told = []
    train(tmp_path / "c.yaml", output=tmp_path / "run", warn=told.append)
    assert [problem.message for problem in told] == ["1 of 3 rows have missing values; left out"]


def test_the_metadata_names_files_and_their_contents(tmp_path):
    np.savez(tmp_path / "d.npz", a=np.ones((4, 2)), b=np.zeros(4), c=np.ones((2, 2)), d=np.ones(2))
    config = {
        "data": {
            "train": {"file": "d.npz", "features": "a", "target": "b"},
            "test": {"file": "d.npz", "features": "c", "target": "d"},
        },
        "layers": [{"type": "dense", "units": 1}],
        "loss": "mean_squared_error",
        "optimizer": "sgd",
        "epochs": 1,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    result = train(tmp_path / "c.yaml", output=tmp_path / "run")
    metadata = load_weights(result.weights).metadata
    digest = hashlib.sha256((tmp_path / "d.npz").read_bytes()).hexdigest()
    file = {"file": "d.npz", "sha256": digest}
    assert metadata["data"] == {"train.file": file, "test.file": file}
    assert metadata["config"]["data"]["test"]["file"] == "d.npz"
    written = yaml.safe_load((result.folder / "config.yaml").read_text())
    assert written["data"]["test"]["file"] == str(tmp_path / "d.npz")
    again = train(result.folder / "config.yaml", output=tmp_path / "again")
    assert again.weights.read_bytes() != b"" and again.results["test"] == result.results["test"]
    assert again.weights.read_bytes() == result.weights.read_bytes()
