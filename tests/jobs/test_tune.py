"""`tune`: the best trial is a config that trains to the same bytes, whatever happened before."""

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import nnctl.assembly.build
from nnctl.errors import ExitStatus, NnctlError
from nnctl.jobs import workers
from nnctl.jobs.train import train
from nnctl.jobs.tune import tune
from nnctl.jobs.validate import validate
from nnctl.tuning.result import Watcher
from nnctl.tuning.storages import databases
from nnctl.tuning.storages.databases import sqlite_storage
from nnctl.tuning.trial import Progress
from tests.processes import begun, state
from tests.tables import with_tables

ROWS = np.random.default_rng(4).normal(size=(60, 3))
CONFIG = """\
seed: 3
data: {train: table.csv, target: price, validation: 0.25, scale: standardize}
layers:
  - {type: dense, units: 4, activation: tanh}
  - {type: dense, units: 1}
loss: mean_squared_error
optimizer: {type: adam, learning_rate: 0.01}
metrics: [mae]
epochs: 8
early_stopping: {patience: 3}
tune:
  search:
    optimizer.learning_rate: {low: 1e-3, high: 1.0, log: true}
    layers.0.units: [2, 4, 8]
  trials: 6
"""
SEARCHED = Path("searched.yaml")
FOLDER = Path("runs/searched-tune")
QUICK = "quick.log"  # a journal, which takes less time than SQLite where that is not the subject


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(databases, "sqlite_storage", lambda path: sqlite_storage(with_tables(path)))
    write_table()
    SEARCHED.write_text(CONFIG)
    return tmp_path


def write_table(shift=0.0):
    with open("table.csv", "w", newline="") as file:
        csv.writer(file).writerows(
            [("a", "b", "price"), *((a, b, a * b + c / 9 + shift) for a, b, c in ROWS.round(4))]
        )


def trials(path=FOLDER):
    """The rows of `trials.csv`, without the time that they took."""
    with open(path / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def attempts(file=FOLDER / "study.db"):
    """Optuna's own trials: the numbers and states."""
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("select number, state from trials").fetchall())


@pytest.mark.slow
def test_the_best_trial_is_a_config_that_trains_to_the_same_bytes():
    result = tune(SEARCHED, workers=1)
    assert result.status is ExitStatus.DONE
    assert (result.folder, result.best.state) == (FOLDER, "complete")
    run = train(FOLDER / "best.yaml", output=Path("again"))
    assert run.weights.read_bytes() == (FOLDER / "weights.npz").read_bytes()
    assert run.results["validation"]["loss"] == result.best.value
    text = (FOLDER / "best.yaml").read_text()
    assert "tune:" not in text
    assert (Path("again") / "config.yaml").read_text() == text
    assert f"units: {result.best.values['layers.0.units']}" in text


@pytest.mark.slow
def test_a_trial_trains_all_members():
    searched = CONFIG.replace("layers.0.units: [2, 4, 8]", "ensemble: [1, 3]")
    SEARCHED.write_text(searched.replace("trials: 6", "trials: 4"))
    result = tune(SEARCHED, workers=1)
    sizes = {row.values["ensemble"] for row in result.view.rows}
    assert sizes == {1, 3}
    for row in (row for row in result.view.rows if row.state == "complete"):
        sets = [f"{path}={value}" for path, value in row.values.items()]
        run = train(SEARCHED, overrides=sets, output=Path(f"run-{row.number}"), processes=1)
        assert run.results["validation"]["loss"] == row.value
        if row.number == result.best.number:
            assert run.weights.read_bytes() == (FOLDER / "weights.npz").read_bytes()


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_member_of_a_trial_tells_where_it_is(processes):
    heard = []
    watcher = Watcher()
    watcher.on_epoch_end = lambda number, progress: heard.append((number, progress))

    text = CONFIG.replace("layers.0.units: [2, 4, 8]", "layers.0.units: [2, 4]")
    SEARCHED.write_text(text.replace("trials: 6", "trials: 2") + "ensemble: 3\n")
    result = tune(SEARCHED, workers=processes, storage=QUICK, watcher=watcher)
    assert [row.state for row in result.view.rows] == ["complete"] * 2
    for number in (1, 2):
        found = [progress for trial, progress in heard if trial == number]
        assert list(dict.fromkeys(progress.member for progress in found)) == [1, 2, 3]
        for member in (1, 2, 3):
            epochs = [progress.epoch for progress in found if progress.member == member]
            assert epochs == list(range(1, len(epochs) + 1))


@pytest.mark.parametrize(("member", "stops"), [(1, True), (2, False)])
def test_the_first_member_alone_decides_whether_a_trial_goes_on(member, stops):
    class Stopping:
        def report(self, number, epoch, value):
            return True

    seen = []
    progress = Progress(3, 0.5, member)
    assert workers.hear(Stopping(), 7, progress, lambda *told: seen.append(told)) == stops
    assert seen == [(7, progress)]


@pytest.mark.slow
def test_the_figure_is_that_of_the_weights_that_are_kept():
    result = tune(SEARCHED, workers=1, trials=2)
    for row in result.view.rows:
        if row.state == "complete":
            sets = [f"{path}={value}" for path, value in row.values.items()]
            run = train(SEARCHED, overrides=sets, output=Path(f"run-{row.number}"))
            assert run.results["validation"]["loss"] == row.value
            assert run.results["epochs"] == row.epochs


@pytest.mark.slow
def test_a_study_of_one_worker_is_the_same_each_time():
    first = tune(SEARCHED, workers=1, trials=4)
    again = tune(SEARCHED, workers=1, trials=4, output=Path("again"))
    tune(SEARCHED, workers=1, trials=4, seed=4, output=Path("other"))
    assert trials() == trials(Path("again")) != trials(Path("other"))
    assert first.best.values == again.best.values


@pytest.mark.process
@pytest.mark.slow
def test_each_trial_by_itself_does_not_depend_on_the_number_of_workers():
    result = tune(SEARCHED, workers=2, overrides=["tune.sampler=random", "tune.pruner=none"])
    one = ["tune.sampler=random", "tune.pruner=none"]
    alone = tune(SEARCHED, workers=1, overrides=one, output=Path("alone"))
    assert [row.number for row in result.view.rows] == [1, 2, 3, 4, 5, 6]
    known = {row.number: (row.value, row.weights_sha256) for row in alone.view.rows}
    assert {row.number: (row.value, row.weights_sha256) for row in result.view.rows} == known
    assert (FOLDER / "weights.npz").read_bytes() == Path("alone/weights.npz").read_bytes()


@pytest.mark.slow
def test_data_are_read_once_unless_they_are_searched(monkeypatch):
    count = []
    real = nnctl.assembly.build.prepared_data

    def counted(*arguments):
        count.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(nnctl.assembly.build, "prepared_data", counted)
    tune(SEARCHED, workers=1, storage=QUICK)
    assert len(count) == 1
    scaled = ["tune.search.data.scale=[minmax, none, standardize]"]
    tune(SEARCHED, workers=1, overrides=scaled, output=Path("scaled"), storage="scaled.log")
    assert len(count) > 3


@pytest.mark.slow
def test_a_trial_that_is_clearly_worse_stops_early():
    strict = ["tune.pruner={type: percentile, percentile: 1.0, n_startup_trials: 1}"]
    wanted = [*strict, "early_stopping=null"]
    result = tune(SEARCHED, workers=1, overrides=wanted, storage=QUICK)
    assert result.count("pruned") > 0
    for row in result.view.rows:
        assert (row.epochs < 8) == (row.state == "pruned")


@pytest.mark.slow
def test_a_trial_that_diverges_has_failed_and_the_study_goes_on():
    wild = ["optimizer=sgd", "tune.search.optimizer.learning_rate=[0.01, 1e30]", "tune.trials=12"]
    result = tune(SEARCHED, workers=1, overrides=wild, storage=QUICK)
    assert result.count("failed") and result.count("complete")
    assert result.best.values["optimizer.learning_rate"] == 0.01
    assert "the loss is" in next(row.reason for row in result.view.rows if row.state == "failed")
    assert any("the loss is" in row["reason"] for row in trials())


@pytest.mark.slow
def test_where_no_trial_comes_to_its_end_the_answer_is_no():
    wild = ["optimizer=sgd", "tune.search={}", "tune.search.optimizer.learning_rate=[1e30]"]
    result = tune(SEARCHED, workers=1, overrides=wild)
    assert (result.status, result.best) == (ExitStatus.NO, None)
    assert not (FOLDER / "best.yaml").exists()


@pytest.mark.slow
def test_values_that_clash_are_a_trial_that_failed():
    clipping = [f"tune.search.optimizer.{key}=[null, 1.0]" for key in ("clipnorm", "clipvalue")]
    brute = ["tune.search={}", *clipping, "tune.sampler=brute_force"]
    result = tune(SEARCHED, workers=1, overrides=brute, storage=QUICK)
    assert (result.count("complete"), result.count("failed"), len(result.view.rows)) == (3, 1, 4)
    (failed,) = [row for row in result.view.rows if row.state == "failed"]
    assert set(failed.values.values()) == {1.0}
    assert "clipnorm" in failed.reason


@pytest.mark.slow
def test_a_study_goes_further_and_then_there_is_nothing_to_do():
    tune(SEARCHED, workers=1, trials=3)
    first = trials()
    result = tune(SEARCHED, workers=1)
    assert trials()[:3] == first
    assert len(trials()) == 6
    assert not result.nothing_to_do
    again = tune(SEARCHED, workers=1)
    assert again.nothing_to_do
    assert again.view.rows == result.view.rows
    whole = tune(SEARCHED, workers=1, output=Path("whole"))
    assert [row.values for row in whole.view.rows] == [row.values for row in result.view.rows]


@pytest.mark.slow
def test_another_config_is_refused_unless_the_study_is_to_begin_anew():
    tune(SEARCHED, workers=1, trials=2)
    before = {path: path.read_bytes() for path in FOLDER.iterdir()}
    changed = ["tune.search.layers.0.units=[2, 4]", "epochs=9"]
    with pytest.raises(NnctlError, match=r"epochs is 9, and was 8") as caught:
        tune(SEARCHED, workers=1, trials=2, overrides=changed)
    assert "tune.search.layers.0.units is [2, 4], and was [2, 4, 8]" in str(caught.value)
    assert {path: path.read_bytes() for path in FOLDER.iterdir()} == before
    result = tune(SEARCHED, workers=1, trials=2, overrides=changed, overwrite=True)
    assert [row.number for row in result.view.rows] == [1, 2]
    assert attempts() == {0: "COMPLETE", 1: "COMPLETE"}


@pytest.mark.slow
def test_other_data_are_refused():
    tune(SEARCHED, workers=1, trials=2)
    write_table(shift=1)
    with pytest.raises(NnctlError, match=r"data\.train is another file"):
        tune(SEARCHED, workers=1)


@pytest.mark.slow
def test_weights_that_are_gone_are_trained_again():
    tune(SEARCHED, workers=1, trials=3)
    weights = (FOLDER / "weights.npz").read_bytes()
    (FOLDER / "weights.npz").unlink()
    assert tune(SEARCHED, workers=1, trials=3).nothing_to_do
    assert (FOLDER / "weights.npz").read_bytes() == weights


@pytest.mark.slow
def test_results_tell_all_trials():
    result = tune(SEARCHED, workers=1)
    results = json.loads((FOLDER / "results.json").read_text())
    assert results["best"]["trial"] == result.best.number
    assert results["best"]["config"] == str(FOLDER / "best.yaml")
    assert [row["trial"] for row in results["history"]] == [1, 2, 3, 4, 5, 6]
    assert results["complete"] + results["pruned"] + results["failed"] == results["trials"] == 6
    assert (results["monitor"], results["direction"], results["seed"]) == (
        "val_loss",
        "minimize",
        3,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "--workers is 0"),
        ({"trials": 0}, "trials is 0; it must be a whole number at least 1"),
        ({"worker": True}, "name its --storage"),
        ({"overrides": ["tune=null"]}, "tune is missing; it names the keys to search"),
        ({"overrides": ["tune.monitor=val_r2"]}, 'monitor is "val_r2"'),
        ({"storage": "somewhere"}, "--storage somewhere is no storage of Optuna's"),
        ({"storage": "sqlite:///shared.db", "worker": True}, 'no study "searched" in this storage'),
        ({"output": Path(".")}, "this folder holds files that are not a study's"),
        ({"output": Path("table.csv")}, "this is a file"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_folder(arguments, message):
    with pytest.raises(NnctlError, match=message):
        tune(SEARCHED, **arguments)
    assert not Path("runs").exists()


@pytest.mark.slow
def test_a_model_that_cannot_be_built_is_found_before_the_first_trial():
    shapes = ["tune.search={}", "tune.search.input_shape=[[2], [3], [1, 2]]"]
    with pytest.raises(NnctlError) as caught:
        tune(SEARCHED, overrides=shapes)
    assert [p.path.removeprefix("tune.search.") for p in caught.value.problems] == [
        "input_shape.1",
        "input_shape.2",
    ]
    told = [(p.path, p.message) for p in validate([SEARCHED], overrides=shapes).errors]
    assert told == [(p.path, p.message) for p in caught.value.problems]
    assert not Path("runs").exists()


@pytest.mark.slow
def test_a_study_that_is_kept_elsewhere_is_not_begun_again_in_its_folder():
    tune(SEARCHED, workers=1, trials=2, storage="sqlite:///shared.db")
    assert not (FOLDER / "study.db").exists()
    with pytest.raises(NnctlError, match="its study is elsewhere"):
        tune(SEARCHED, workers=1, trials=2)
    assert tune(SEARCHED, workers=1, trials=2, storage="sqlite:///shared.db").nothing_to_do


@pytest.mark.slow
def test_a_worker_joins_a_study_and_writes_no_files():
    url = "sqlite:///shared.db"
    tune(SEARCHED, workers=1, trials=2, storage=url)
    told = []

    class Joined(Watcher):
        def on_study_begin(self, view):
            told.append((view.name, view.place, view.joined, view.trials))

    with closing(sqlite3.connect("shared.db")) as connection:
        connection.execute("update study_user_attributes set value_json='4' where key='trials'")
        connection.commit()
    result = tune(SEARCHED, workers=1, storage=url, worker=True, output=None, watcher=Joined())
    assert told == [("searched", url, True, 4)]
    assert (result.folder, len(result.view.rows)) == (None, 4)
    assert len(trials()) == 2
    with pytest.raises(NnctlError, match="epochs is 3, and was 8"):
        tune(SEARCHED, workers=1, storage=url, worker=True, epochs=3)


@pytest.mark.process
@pytest.mark.slow
def test_a_process_that_is_killed_costs_its_trial_alone(monkeypatch):
    real, victims = workers.hand_out, []

    def hand_out(study, worker, started):
        real(study, worker, started)
        if not victims and worker.task is not None:
            victims.append(worker.task.number)
            os.kill(worker.process.pid, signal.SIGKILL)

    monkeypatch.setattr(workers, "hand_out", hand_out)
    result = tune(SEARCHED, workers=2, trials=4)
    failed = [row for row in result.view.rows if row.state == "failed"]
    assert [row.number for row in failed] == victims
    assert failed[0].reason == "its process was killed (SIGKILL)"
    assert len(result.view.rows) == 4


def command(*arguments):
    """The command, begun."""
    words = [sys.executable, "-m", "nnctl", "tune", str(SEARCHED), *arguments]
    return begun(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for_trials(file, number):
    """Waits until a study has so many of them."""
    limit = time.monotonic() + 60
    while not file.exists() or len(attempts_of(file)) < number:
        assert time.monotonic() < limit
        time.sleep(0.01)


def attempts_of(file):
    try:
        return attempts(file)
    except sqlite3.OperationalError:  # its tables are not there yet
        return {}


def pause(job, file):
    """Stops a command at a moment when it does not keep others from writing to the file."""
    while True:
        os.killpg(job.pid, signal.SIGSTOP)
        while state(job.pid) != "T":
            time.sleep(0.001)
        try:
            with closing(sqlite3.connect(file, timeout=0)) as connection:
                connection.execute("begin immediate")
                return
        except sqlite3.OperationalError:  # it is writing just now
            os.killpg(job.pid, signal.SIGCONT)
            time.sleep(0.01)


@pytest.mark.process
@pytest.mark.slow
def test_a_study_whose_processes_are_all_killed_goes_on_as_if_nothing_had_happened():
    whole = tune(SEARCHED, workers=1, output=Path("whole"))
    with command("--workers", "1") as job:
        wait_for_trials(FOLDER / "study.db", 4)
        os.killpg(job.pid, signal.SIGKILL)
    assert "RUNNING" in attempts().values()
    result = tune(SEARCHED, workers=1)
    assert trials() == trials(Path("whole"))
    assert "RUNNING" not in attempts().values()
    assert [row.weights_sha256 for row in result.view.rows] == [
        row.weights_sha256 for row in whole.view.rows
    ]
    assert (FOLDER / "weights.npz").read_bytes() == Path("whole/weights.npz").read_bytes()
    assert (FOLDER / "best.yaml").read_text() == Path("whole/best.yaml").read_text()


@pytest.mark.process
@pytest.mark.slow
def test_two_commands_on_one_storage_share_the_trials():
    file = Path("shared.db")
    options = ["--workers", "1", "--storage", f"sqlite:///{file}", "--set", "tune.pruner=none"]
    with command(*options, "--trials", "16") as one:
        wait_for_trials(file, 1)
        pause(one, file)
        already = len(attempts(file))
        with command(*options, "--worker") as other:
            wait_for_trials(file, already + 1)  # the second has come in time
            os.killpg(one.pid, signal.SIGCONT)
            assert [job.wait(timeout=60) for job in (one, other)] == [0, 0]
            printed = [job.stderr.read() for job in (one, other)]
    ran = [
        [int(number) for number in re.findall(r"^trial (\d+)/16 ", text, re.MULTILINE)]
        for text in printed
    ]
    assert all(ran)  # both had a part
    assert sorted(ran[0] + ran[1]) == list(range(1, 17))
    rows = trials()
    assert [row["trial"] for row in rows] == [str(k) for k in range(1, 17)]
    values = {(row["optimizer.learning_rate"], row["layers.0.units"]) for row in rows}
    assert len(values) == 16


@pytest.mark.slow
def test_a_figure_that_is_not_defined_is_told_before_and_is_why_trials_fail():
    one_row = ["data.validation=0.02", "metrics=[r2]", "tune.monitor=val_r2", "tune.trials=1"]
    told = []
    stopping = "early_stopping={monitor: val_r2, patience: 1}"
    result = tune(
        SEARCHED, workers=1, overrides=[*one_row, stopping], storage=QUICK, warn=told.append
    )
    assert [problem.path for problem in told] == ["early_stopping.monitor", "tune.monitor"]
    assert all("r2 needs targets that differ" in problem.message for problem in told)
    (row,) = result.view.rows
    assert (row.state, row.epochs) == ("failed", 8)
    assert row.reason == "val_r2 is nan after epoch 8: it needs targets that differ from row to row"
