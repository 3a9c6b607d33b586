"""`tune` in storages that Optuna gives no heartbeats: what becomes of a worker that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnctl.jobs import workers
from nnctl.jobs.tune import tune
from nnctl.tuning.heartbeats import NotedHeartbeats
from nnctl.tuning.slots import ALIVE
from nnctl.tuning.storages.opening import open_storage, silence_optuna
from tests.jobs.test_tune import CONFIG, SEARCHED, trials, write_table
from tests.processes import begun
from tests.servers import grpc_server, redis_server

pytestmark = [pytest.mark.process, pytest.mark.servers, pytest.mark.slow]
# What is drawn is the same in whatever order; the trials are long enough to be killed in.
SETTINGS = ["tune.sampler=random", "tune.pruner=none", "tune.trials=4", "epochs=40"]
ELSEWHERE = """\
import platform
platform.node = lambda: "elsewhere"  # as on another machine
from nnctl.tuning import heartbeats
heartbeats.HEARTBEAT = 0.02
from nnctl.__main__ import main
main()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table()
    SEARCHED.write_text(CONFIG)
    return tmp_path


@pytest.fixture(params=["journal", "redis", "grpc"])
def storage(request, folder):
    if request.param == "journal":
        yield "shared.log"
    else:
        with redis_server() if request.param == "redis" else grpc_server(folder / "g.db") as url:
            yield url


def attempts(storage):
    """Optuna's own trials: states, and whether a sign of life came."""
    with silence_optuna(), open_storage(storage) as place:
        studies = place.own.get_all_studies()
        found = place.own.get_all_trials(studies[0]._study_id) if studies else []
    return [(trial.state.name, ALIVE in trial.user_attrs) for trial in found]


def stop_within_a_trial(job, storage):
    """Stops the process where a trial of it is half done, and nobody waits for its lock."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        os.kill(job.pid, signal.SIGSTOP)
        if not Path("shared.log.lock").exists():
            known = attempts(storage)
            if len(known) > 1 and known[-1] == ("RUNNING", True):
                return known
        os.kill(job.pid, signal.SIGCONT)
        time.sleep(0.02)
    raise AssertionError(attempts(storage))


def test_trials_of_a_worker_elsewhere_that_is_killed_are_run_again(storage, monkeypatch):
    overrides = [part for each in SETTINGS for part in ("--set", each)]
    options = ("tune", str(SEARCHED), "-o", "theirs", "--workers", "1", "--storage", storage)
    command = [sys.executable, "-c", ELSEWHERE, *options, *overrides]
    with begun(command, stderr=subprocess.DEVNULL) as job:
        before = stop_within_a_trial(job, storage)
    monkeypatch.setattr(NotedHeartbeats, "grace", 0.2)
    monkeypatch.setattr(workers, "POLL", 0.05)
    result = tune(SEARCHED, workers=1, storage=storage, overrides=SETTINGS, output=Path("ours"))
    after = [state for state, _ in attempts(storage)]
    over = len(before) - 1
    assert after == ["COMPLETE"] * over + ["FAIL"] + ["COMPLETE"] * (4 - over)
    whole = tune(SEARCHED, workers=1, overrides=SETTINGS, output=Path("whole"), storage="whole.log")
    assert trials(Path("ours")) == trials(Path("whole"))
    assert [row.weights_sha256 for row in result.view.rows] == [
        row.weights_sha256 for row in whole.view.rows
    ]
    assert Path("ours/weights.npz").read_bytes() == Path("whole/weights.npz").read_bytes()
    assert list(Path("ours").glob("study.db*")) == []
