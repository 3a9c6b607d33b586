"""`resume`: what it goes on with, what it has nothing to do with, and what it refuses."""

import json
import shutil

import pytest
import yaml

from nnctl.errors import ArgumentError, ExitStatus, NnctlError
from nnctl.jobs.resume import resume
from nnctl.jobs.train import train
from nnctl.runs.checkpoint import read_checkpoint
from nnctl.system import machine
from nnctl.system.npz import read_arrays
from nnctl.training import parts
from nnctl.training.callbacks import Callback
from tests.kills.killing import compare

TABLE = "a,b,t\n" + "".join(f"{k % 5},{k % 7},{'xy'[k % 5 > 2]}\n" for k in range(40))
CONFIG = {
    "data": {"train": "t.csv", "target": "t", "validation": 0.2},
    "layers": [{"type": "dense", "units": 4, "activation": "relu"}, {"type": "dense", "units": 1}],
    "loss": {"type": "binary_crossentropy", "from_logits": True},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "epochs": 6,
    "batch_size": 8,
}


class StopIn(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, run, event):
        if event.epoch == self.epoch:
            run.stop("interrupted")


@pytest.fixture
def config(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    return path


@pytest.fixture
def whole(config, tmp_path):
    """A run that nobody disturbed."""
    return train(config, output=tmp_path / "whole").folder


@pytest.fixture
def broken_off(config, tmp_path):
    """The same run, interrupted after two epochs."""
    result = train(config, output=tmp_path / "run", callbacks=[StopIn(2)])
    assert result.status is ExitStatus.INTERRUPTED
    return result.folder


def test_an_interrupted_run_comes_to_the_same_end(whole, broken_off):
    result = resume(broken_off)
    assert (result.status, result.results["epochs"]) == (ExitStatus.DONE, 6)
    compare(broken_off, whole)


@pytest.mark.parametrize("batch_size", ["full", 20])
def test_a_run_in_parts_goes_on_with_another_number_of_threads(
    batch_size, config, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts, "parts_worth", lambda model, loss, data, rows: 5)
    layers = [{"type": "dropout", "rate": 0.3}, *CONFIG["layers"]]
    config.write_text(yaml.safe_dump({**CONFIG, "layers": layers, "batch_size": batch_size}))

    def on(threads):
        monkeypatch.setattr(machine, "available_threads", lambda processes=1: threads)

    on(1)
    whole = train(config, output=tmp_path / "whole").folder
    on(2)
    broken_off = train(config, output=tmp_path / "run", callbacks=[StopIn(2)]).folder
    on(1)
    assert resume(broken_off).status is ExitStatus.DONE
    compare(broken_off, whole)


def test_the_checkpoint_may_be_named_instead(whole, broken_off):
    resume(broken_off / "checkpoint.npz")
    compare(broken_off, whole)


def test_a_finished_run_has_nothing_to_do(whole):
    before = {path.name: path.read_bytes() for path in whole.iterdir()}
    assert resume(whole) is None and resume(whole, epochs=6) is None
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == before


@pytest.mark.parametrize("lost", [["results.json"], ["weights.npz", "results.json"]])
def test_a_run_that_ended_without_its_files_gets_them(whole, lost):
    expected = (
        (whole / "weights.npz").read_bytes(),
        json.loads((whole / "results.json").read_text()),
    )
    for name in lost:
        (whole / name).unlink()
    assert resume(whole).status is ExitStatus.DONE
    assert (whole / "weights.npz").read_bytes() == expected[0]
    assert json.loads((whole / "results.json").read_text())["train"] == expected[1]["train"]


def test_more_epochs_are_the_same_as_if_they_had_been_asked_for_at_once(whole, config, tmp_path):
    longer = train(config, output=tmp_path / "longer", epochs=9).folder
    assert resume(whole, epochs=9).results["epochs"] == 9
    compare(whole, longer)
    assert (whole / "config.yaml").read_bytes() == (longer / "config.yaml").read_bytes()


def test_a_run_that_stopped_early_goes_on_only_when_asked_with_new_patience(config, tmp_path):
    overrides = ["early_stopping={patience: 2, min_delta: 10.0}", "epochs=30"]
    run = train(config, output=tmp_path / "run", overrides=overrides).folder
    assert read_checkpoint(run / "checkpoint.npz").ended == "stopped"
    last = read_arrays(run / "checkpoint.npz")["vector"]
    assert resume(run) is None
    result = resume(run, epochs=20)
    assert result.results["epochs"] == 3 + 2  # the patience counted anew, from the last weights
    assert not (read_arrays(run / "checkpoint.npz")["vector"] == last).all()


def test_fewer_epochs_than_there_are_is_refused(whole, broken_off):
    with pytest.raises(ArgumentError, match="the run has 6 epochs already"):
        resume(whole, epochs=5)
    assert resume(broken_off, epochs=3).results["epochs"] == 3


def test_other_data_are_refused(broken_off, config):
    before = {path.name: path.read_bytes() for path in broken_off.iterdir()}
    (config.parent / "t.csv").write_text(TABLE.replace("0,0", "0,9", 1))
    with pytest.raises(NnctlError, match=r"data\.train is not what it was when the run began"):
        resume(broken_off)
    (config.parent / "t.csv").unlink()
    with pytest.raises(NnctlError, match="there is no such file"):
        resume(broken_off)
    assert {path.name: path.read_bytes() for path in broken_off.iterdir()} == before


def test_a_config_that_was_changed_is_refused_and_a_lost_one_written_again(whole, broken_off):
    path = broken_off / "config.yaml"
    text = path.read_text()
    path.write_text(text.replace("learning_rate: 0.05", "learning_rate: 0.5"))
    with pytest.raises(NnctlError) as caught:
        resume(broken_off)
    (problem,) = caught.value.problems
    assert "optimizer.learning_rate: 0.05" in problem.message
    path.unlink()
    resume(broken_off)
    assert path.read_text() == text
    compare(broken_off, whole)


def test_what_is_no_run(tmp_path, config):
    with pytest.raises(NnctlError, match="there is no such run folder"):
        resume(tmp_path / "none")
    with pytest.raises(NnctlError, match=r"holds no checkpoint\.npz"):
        resume(tmp_path)
    (tmp_path / "checkpoint.npz").write_bytes(b"PK garbage")
    with pytest.raises(NnctlError, match=r"not a whole \.npz file"):
        resume(tmp_path)
    run = train(config, output=tmp_path / "run").folder
    shutil.copy(run / "weights.npz", run / "checkpoint.npz")
    with pytest.raises(NnctlError, match="this is not the checkpoint of a run"):
        resume(run)


def test_what_a_killed_process_left_half_written_is_cleared_away(whole, broken_off):
    (broken_off / ".checkpoint.npz.0123abcd.tmp").write_bytes(b"half")
    resume(broken_off)
    compare(broken_off, whole)


def test_validation_can_be_interrupted_and_is_done_again(config, tmp_path, monkeypatch, whole):
    monkeypatch.setattr("nnctl.training.loop.BETWEEN_EVENTS", -1.0)

    class StopInValidation(Callback):
        def on_batch_end(self, run, event):
            if event.epoch == 3 and event.batch == event.batches:
                run.stop("interrupted")

    run = train(config, output=tmp_path / "run", callbacks=[StopInValidation()]).folder
    saved = read_checkpoint(run / "checkpoint.npz")
    assert (saved.epoch, saved.batch) == (2, 4)
    resume(run)
    compare(run, whole)


def test_divergence_names_what_came_first(tmp_path):
    rows = "".join(f"{k},{k}\n" for k in range(64))
    (tmp_path / "t.csv").write_text("a,t\n" + rows)
    config = {
        "data": {"train": "t.csv", "target": "t"},
        "layers": [{"type": "dense", "units": 3, "name": "wide"}, {"type": "dense", "units": 1}],
        "loss": "mean_squared_error",
        "optimizer": {"type": "sgd", "learning_rate": 1e9},
        "epochs": 20,
        "batch_size": 16,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    result = train(tmp_path / "c.yaml", output=tmp_path / "run")
    assert result.status is ExitStatus.NO
    (problem,) = result.problems
    assert "the first number that is not finite is a result of matmul in " in problem.message
    assert "training rows" in problem.message and "(learning rate 1e+09)" in problem.message
    saved = read_checkpoint(tmp_path / "run/checkpoint.npz")
    assert saved.ended is None and (saved.epoch, saved.batch) == (0, 0)


def test_a_loss_that_climbed_is_told(config, tmp_path):
    steep = ["optimizer={type: sgd, learning_rate: 1e5}", "loss.from_logits=true"]
    result = train(config, output=tmp_path / "run", overrides=steep)
    assert (result.status, result.results["status"]) == (ExitStatus.NO, "diverged")
    assert result.weights.is_file()
    (problem,) = result.problems
    assert problem.message.startswith("the loss climbed from ")
    assert result.results["verdict"]["codes"] == ["diverged"]
    sound = train(config, output=tmp_path / "b")
    assert (sound.status, sound.problems) == (ExitStatus.DONE, ())


def test_a_loss_that_climbed_is_told_after_a_resume_too(config, tmp_path):
    steep = ["optimizer={type: sgd, learning_rate: 1e5}", "loss.from_logits=true"]
    whole = train(config, output=tmp_path / "whole", overrides=steep)
    train(config, output=tmp_path / "run", overrides=steep, callbacks=[StopIn(3)])
    again = resume(tmp_path / "run")
    assert again is not None
    assert again.problems == whole.problems and again.status is ExitStatus.NO
    for key in ("verdict", "advice", "warnings", "train", "baselines", "status", "data"):
        assert again.results[key] == whole.results[key]
