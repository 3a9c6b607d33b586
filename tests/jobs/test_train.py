"""`train` as a job: what ends up in the folder, however the run ends."""

import csv
import hashlib
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors import ExitStatus
from nnctl.jobs import finishing
from nnctl.jobs.resume import resume
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from nnctl.system.npz import read_arrays
from nnctl.training.callbacks import Callback

CONFIG = Path(__file__).parents[2] / "configs/softmax-regression.yaml"
UNFINISHED = {"checkpoint.npz", "config.yaml", "history.csv", "results.json"}


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
    assert files(result.folder) == UNFINISHED | {"weights.npz"}
    assert result.input.path.name == "iris.csv"


def test_an_interrupted_run_keeps_its_state_alone(tmp_path):
    result = train(CONFIG, output=tmp_path / "run", epochs=9, callbacks=[StopIn(2)])
    assert (result.status, result.results["epochs"]) == (ExitStatus.INTERRUPTED, 2)
    assert files(result.folder) == UNFINISHED


class RemoveIn(Callback):
    """Takes the folder away at the end of an epoch."""

    def __init__(self, folder: Path, epoch: int):
        self.folder, self.epoch = folder, epoch

    def on_epoch_end(self, run, event):
        if event.epoch == self.epoch:
            shutil.rmtree(self.folder)


def test_nothing_is_lost_where_the_folder_is_removed_meanwhile(tmp_path):
    whole = train(CONFIG, output=tmp_path / "whole", epochs=3)
    folder = tmp_path / "run"
    result = train(CONFIG, output=folder, epochs=3, callbacks=[RemoveIn(folder, 2)])
    assert result.status is ExitStatus.DONE
    assert files(folder) == UNFINISHED | {"weights.npz"}
    for name in ("weights.npz", "config.yaml"):
        assert (folder / name).read_bytes() == (whole.folder / name).read_bytes()
    (told,) = [each for each in result.warnings if each not in whole.warnings]
    assert "made anew" in told.message and told.file == str(folder)
    assert resume(folder, epochs=4).results["epochs"] == 4


def test_an_interrupted_run_whose_folder_was_removed_can_be_gone_on_with(tmp_path):
    folder = tmp_path / "run"
    done = train(CONFIG, output=folder, epochs=3, callbacks=[RemoveIn(folder, 1), StopIn(2)])
    assert (done.status, files(folder)) == (ExitStatus.INTERRUPTED, UNFINISHED)
    assert resume(folder).status is ExitStatus.DONE
    whole = train(CONFIG, output=tmp_path / "whole", epochs=3)
    assert (folder / "weights.npz").read_bytes() == whole.weights.read_bytes()


def test_divergence_in_a_folder_that_was_removed_is_told_as_ever(tmp_path):
    folder = tmp_path / "run"
    rate = "{type: piecewise_constant, boundaries: [1], values: [0.01, 1e38]}"  # from epoch 2 on
    sgd = f"optimizer={{type: sgd, learning_rate: {rate}}}"
    wild = [sgd, "batch_size=full", "dtype=float32", "epochs=6"]
    result = train(CONFIG, output=folder, overrides=wild, callbacks=[RemoveIn(folder, 1)])
    assert result.status is ExitStatus.NO
    assert result.problems and "made anew" in result.warnings[-1].message
    assert result.results["status"] == "diverged"


def test_an_interruption_after_the_last_epoch_does_too(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(finishing, "save_weights", interrupted)
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


BESIDE = {"metadata", "training_rows"}
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
    assert result.results["weights_epoch"] == result.results["best_epoch"] == best
    assert result.results["status"] == "stopped"
    assert len(losses) == result.results["epochs"] == best + 3 < 300
    assert result.results["validation"]["loss"] == losses[best - 1]
    again = train(
        CONFIG, output=tmp_path / "short", epochs=best,
        overrides=[*STOPPING, "early_stopping.restore_best=false"],
    )  # fmt: skip
    assert again.results["weights_epoch"] == best
    kept, short = (read_arrays(run.weights) for run in (result, again))
    for name in set(kept) - BESIDE:
        np.testing.assert_array_equal(kept[name], short[name])
    last = read_arrays(result.folder / "checkpoint.npz")
    vector = np.concatenate([kept[name].ravel() for name in kept if name not in BESIDE])
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


UNDEFINED = {
    "stops": "early_stopping={monitor: val_r2, patience: 2}",
    "slows": "reduce_lr_on_plateau={monitor: val_r2, patience: 2}",
}


def one_row_apart(folder: Path) -> Path:
    """A config of which one row, that has no r2, is the validation."""
    rows = "".join(f"{k / 9},{2 * k / 9 + 1}\n" for k in range(10))
    (folder / "t.csv").write_text(f"a,y\n{rows}")
    (folder / "c.yaml").write_text(
        "data: {train: t.csv, target: y, validation: 0.1}\nlayers: [{type: dense, units: 1}]\n"
        "loss: mean_squared_error\noptimizer: {type: sgd, learning_rate: 0.1}\nepochs: 40\n"
        "metrics: [r2]\n"
    )
    return folder / "c.yaml"


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("setting", UNDEFINED.values(), ids=UNDEFINED)
def test_an_undefined_figure_decides_nothing_and_is_told_once(setting, ignored, tmp_path):
    config = one_row_apart(tmp_path)
    silenced = ["ignore_advice=[undefined-monitor]"] if ignored else []
    advice = []
    result = train(
        config, output=tmp_path / "run", overrides=[setting, *silenced], advise=advice.extend
    )
    plain = train(config, output=tmp_path / "plain")
    assert (result.results["epochs"], result.results["status"]) == (40, "finished")
    assert result.results["validation"] == pytest.approx(plain.results["validation"], nan_ok=True)
    with (result.folder / "history.csv").open() as file:
        assert {row["learning_rate"] for row in csv.DictReader(file)} == {"0.1"}
    codes = [each.code for each in advice]
    told = [warning.message for warning in result.warnings if "val_r2" in warning.message]
    assert (codes.count("undefined-monitor"), len(told)) == ((0, 1) if ignored else (1, 0))


def test_results_are_the_figures_of_the_weights_where_nothing_could_be_kept(tmp_path):
    setting = "early_stopping={monitor: val_r2, patience: 2}"
    result = train(one_row_apart(tmp_path), output=tmp_path / "run", overrides=[setting])
    assert result.results["weights_epoch"] == result.results["epochs"] == 40
    (tmp_path / "v.csv").write_text("a,y\n0.5,9\n0.25,1.5\n")
    overrides = [setting, f"data.validation={tmp_path / 'v.csv'}", "metrics=[mae]"]
    overrides[0] = "early_stopping={monitor: val_loss, patience: 2}"
    kept = train(tmp_path / "c.yaml", output=tmp_path / "kept", overrides=overrides)
    for run in (result, kept):
        built = build(load(run.folder / "config.yaml"), init_weights=run.folder)
        again = built.model.evaluator.figures(built.validation)
        assert run.results["validation"]["loss"] == pytest.approx(again["loss"], rel=1e-6)


def test_results_are_written_at_the_start_and_say_what_the_run_is_about(tmp_path):
    class Look(Callback):
        def on_epoch_end(self, run, event):
            seen.append(json.loads((tmp_path / "run/results.json").read_text()))

    seen: list[dict] = []
    result = train(CONFIG, output=tmp_path / "run", epochs=2, callbacks=[Look()])
    for running in seen:
        assert (running["status"], running["epochs"]) == ("running", 0)
        assert {"weights", "verdict", "train"}.isdisjoint(running)
    done = json.loads((tmp_path / "run/results.json").read_text())
    assert done["status"] == "finished"
    assert set(done["verdict"]) == {"codes", "text", "change"}
    digest = hashlib.sha256((CONFIG.parents[1] / "datasets/iris.csv").read_bytes()).hexdigest()
    written = yaml.safe_load((tmp_path / "run/config.yaml").read_text())
    for results in (*seen, done):
        assert results["data"] == {"train": {"file": "iris.csv", "sha256": digest}}
        assert results["config"] == written
    assert done["baselines"]["validation"] == {"accuracy": pytest.approx(1 / 3)}
    assert result.results["status"] == "finished"


@pytest.mark.parametrize(
    ("setting", "status"),
    [("epochs=9", "interrupted"), ("optimizer.learning_rate=1e39", "diverged")],
)
def test_a_run_that_does_not_end_says_why(setting, status, tmp_path):
    overrides = ["optimizer={type: sgd, learning_rate: 0.1}", setting]
    train(CONFIG, output=tmp_path / "run", overrides=overrides, callbacks=[StopIn(2)])
    written = json.loads((tmp_path / "run/results.json").read_text())
    assert written["status"] == status and "weights" not in written
    assert ("verdict" in written) == (status == "diverged")


def test_warnings_and_advice_are_kept(tmp_path):
    rows = "".join(f"{k * 1000},{k % 2}\n" for k in range(20))
    (tmp_path / "t.csv").write_text(f"a,y\n,1\n{rows}")
    (tmp_path / "c.yaml").write_text(
        "data: {train: t.csv, target: y, missing: drop}\n"
        "layers: [{type: dense, units: 4, activation: relu, "
        "bias_initializer: {type: constant, value: -1e9}}, {type: dense, units: 1}]\n"
        "loss: {type: binary_crossentropy, from_logits: true}\noptimizer: adam\nepochs: 2\n"
    )
    results = train(tmp_path / "c.yaml", output=tmp_path / "run").results
    assert results["warnings"] == ["1 of 21 rows have missing values; left out"]
    assert [each["code"] for each in results["advice"]] == ["unscaled-inputs", "dead-relu"]
    assert set(results["advice"][0]) == {"code", "path", "message", "change"}
