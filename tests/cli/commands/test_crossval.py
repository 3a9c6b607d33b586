"""`nnctl crossval` on the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import begun, processes_of


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.process
def test_a_table_of_folds_with_mean_and_spread(project, process):
    done = process("crossval", "small.yaml", "--folds", "3", "--workers", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["rows", "fold", "fold", "fold", "mean", "std"]
    assert done.stderr.count("fold ") == 3
    assert not Path("runs").exists()


@pytest.mark.slow
def test_json_is_one_object(project, invoke):
    done = invoke("crossval", "small.yaml", "--folds", "2", "--workers", "1", "--json", "-q")
    values = json.loads(done.stdout)
    assert [fold["fold"] for fold in values["folds"]] == [1, 2]
    assert sum(fold["rows"] for fold in values["folds"]) == 40
    assert set(values) == {"folds", "mean", "std"}
    assert done.stderr == ""


@pytest.mark.slow
def test_predictions_are_written_whole_or_not_at_all(project, invoke):
    arguments = ("crossval", "small.yaml", "--folds", "2", "--workers", "1", "-q", "--predictions")
    assert invoke(*arguments, "held.csv").exit_code == 0
    lines = Path("held.csv").read_text().splitlines()
    assert lines[0] == "row,fold,target,prediction,probability"
    assert [line.split(",")[0] for line in lines[1:]] == [str(k) for k in range(1, 41)]
    assert not list(Path().glob(".*.tmp"))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["nowhere/held.csv", "."])
def test_predictions_that_cannot_be_written_are_told_before_the_training(path, project, invoke):
    done = invoke("crossval", "small.yaml", "--workers", "1", "--predictions", path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {path}\n")
    assert not Path("nowhere").exists()


@pytest.mark.slow
def test_a_missed_bound_is_status_1(project, invoke):
    options = ("--folds", "2", "--workers", "1", "-q", "--fail-over", "loss=0.0001")
    assert invoke("crossval", "small.yaml", *options).exit_code == 1


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.process
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes(project, environment, number, status):
    command = [sys.executable, "-m", "nnctl", "crossval", "small.yaml", "--workers", "2"]
    with begun(
        [*command, "--epochs", "10000000"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as job:
        limit = time.monotonic() + 60
        while len(trainers(job.pid)) < 2:
            assert job.poll() is None and time.monotonic() < limit
            time.sleep(0.05)
        if number == signal.SIGINT:
            os.killpg(job.pid, number)  # as a terminal does
        else:
            job.send_signal(number)
        assert job.wait(timeout=20) == status
        assert job.stderr.read().splitlines() == ["broken off after 0 of 5 folds; none is kept"]
    limit = time.monotonic() + 10
    while processes_of(job.pid):  # Python's own, which notes what is to be cleared away, is last
        assert time.monotonic() < limit
        time.sleep(0.05)


def trainers(session):
    """Those that train folds: forks, or started anew beside Python's own that clears away."""
    lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in processes_of(session) if pid != session}
    return [pid for pid, line in lines.items() if b"resource_tracker" not in line.read_bytes()]
