"""`nnctl tune` on the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import begun, processes_of

SECTION = """\
tune:
  monitor: loss
  search:
    optimizer.learning_rate: {low: 1e-3, high: 1e-1, log: true}
    layers.0.units: [2, 3]
  trials: 4
"""


@pytest.fixture
def searched(project):
    """The small config with a search of its own."""
    config = (project / "small.yaml").read_text()
    (project / "small.yaml").write_text(config + SECTION)
    return project


@pytest.mark.process
@pytest.mark.slow
def test_a_table_of_trials_and_the_command_to_run_next(searched, process):
    done = process("tune", "small.yaml", "--workers", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    head = ["trial", "loss", "epochs", "optimizer.learning_rate", "layers.0.units"]
    assert lines[0].split() == head
    assert sum(line.split()[-1:] in (["2"], ["3"]) for line in lines[1:5]) == 4
    assert lines[-1] == "train    nnctl train runs/small-tune/best.yaml"
    assert lines[-3].startswith("study    runs/small-tune  (4 trials: 4 complete)")
    told = done.stderr.splitlines()
    assert sorted(line.split()[1] for line in told) == ["1/4", "2/4", "3/4", "4/4"]
    assert all("optimizer.learning_rate=0." in line for line in told)
    assert any(line.endswith("(best so far)") for line in told)


@pytest.mark.slow
def test_json_is_one_object_and_nothing_else_is_said(searched, invoke):
    done = invoke("tune", "small.yaml", "--workers", "1", "--trials", "2", "--json", "-q")
    values = json.loads(done.stdout)
    assert (values["trials"], values["run"], values["best"]["state"]) == (
        2,
        "runs/small-tune",
        "complete",
    )
    assert values == json.loads(Path("runs/small-tune/results.json").read_text())
    assert done.stderr == ""
    again = invoke("tune", "small.yaml", "--workers", "1", "--trials", "2", "--json")
    assert json.loads(again.stdout) == values
    assert again.stderr == "nothing to do: all 2 trials are over; --trials N goes on to more\n"
    assert again.exit_code == 0


@pytest.mark.slow
def test_going_on_is_told(searched, invoke):
    invoke("tune", "small.yaml", "--workers", "1", "--trials", "2", "-q")
    done = invoke("tune", "small.yaml", "--workers", "1")
    assert done.stderr.splitlines()[0] == "2 of 4 trials are over; going on"
    assert [line.split()[1] for line in done.stderr.splitlines()[1:]] == ["3/4", "4/4"]


@pytest.mark.slow
def test_the_weights_of_the_best_trial_predict(searched, invoke):
    invoke("tune", "small.yaml", "--workers", "1", "--trials", "2", "-q")
    done = invoke("predict", "runs/small-tune", "table.csv")
    assert done.stdout.startswith("prediction,probability\n")


@pytest.mark.slow
def test_errors_are_status_2_with_their_places(searched, invoke):
    done = invoke("tune", "small.yaml", "--set", "tune.search.layers.0.units=[0, 2]")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "tune.search.layers.0.units.0\n  units is 0" in done.stderr
    assert not Path("runs").exists()


@pytest.mark.slow
def test_no_trial_that_ends_is_status_1(searched, invoke):
    rate = "tune.search={optimizer.learning_rate: [1e38]}"
    wild = ("--set", "optimizer=sgd", "--set", rate, "--set", "layers.0.activation=linear")
    done = invoke("tune", "small.yaml", "--workers", "1", *wild)
    assert done.exit_code == 1
    assert "error: no trial was trained to its end: the loss is" in done.stderr
    assert "study    runs/small-tune  (1 trials: 1 failed)" in done.stdout


@pytest.mark.slow
def test_without_the_extra_it_says_what_to_install(searched, invoke, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = invoke("tune", "small.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "pip install 'nnctl[tune]'" in done.stderr


@pytest.mark.slow
@pytest.mark.process
def test_nothing_of_the_extra_is_loaded_by_other_commands(searched, process):
    code = "import sys; from nnctl.__main__ import main; sys.argv[1:] = ['train', 'small.yaml']"
    after = "assert not {'optuna', 'sqlalchemy', 'nnctl.tuning'} & set(sys.modules)"
    shell = f'"{sys.executable}" -c "{code}\ntry: main()\nexcept SystemExit: pass\n{after}"'
    done = process(shell=shell)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_study_can_be_joined_by_another_process(searched, invoke):
    shared = ("tune", "small.yaml", "--workers", "1", "--storage", "sqlite:///shared.db")
    assert invoke(*shared, "--worker").exit_code == 2
    assert invoke(*shared, "--trials", "1").exit_code == 0
    done = invoke(*shared, "--worker")
    assert done.exit_code == 0, done.stderr
    assert 'joined the study "small" in sqlite:///shared.db' not in done.stderr  # it is over
    assert "study    sqlite:///shared.db  (1 trials: 1 complete)" in done.stdout
    assert "train " not in done.stdout


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes_and_keeps_what_is_over(searched, environment, number, status):
    command = [sys.executable, "-m", "nnctl", "tune", "small.yaml", "--workers", "2"]
    with begun(
        [*command, "--set", "tune.pruner=none", "--trials", "100000"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        assert "trial " in job.stderr.readline()
        if number == signal.SIGINT:
            os.killpg(job.pid, number)  # as a terminal does
        else:
            job.send_signal(number)
        assert job.wait(timeout=20) == status
        told = job.stderr.read()
    assert told.splitlines()[-1] == "broken off; the same command goes on with it"
    assert "Traceback" not in told
    limit = time.monotonic() + 10
    while processes_of(job.pid):  # Python's own, which notes what is to be cleared away, is last
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert len(Path("runs/small-tune/trials.csv").read_text().splitlines()) > 1
    assert Path("runs/small-tune/best.yaml").exists()
