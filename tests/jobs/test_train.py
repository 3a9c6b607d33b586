"""`train` as a job: what ends up in the folder, however the run ends."""

from pathlib import Path

import pytest

from nnctl.callbacks import Callback
from nnctl.errors import ExitStatus
from nnctl.jobs import train as job
from nnctl.jobs.train import train

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
    assert result.input.name == "iris.csv"


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
