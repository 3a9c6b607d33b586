"""`--threads`: the commands that work long may be told how many cores they may use."""

import os
import sys

import pytest

from nnctl.cli.threads import workers_within
from nnctl.system import machine
from tests.cli.conftest import Invoke
from tests.processes import run

# A command's line, and the job that it calls.
LINES = {
    "train small.yaml": "nnctl.jobs.train.train",
    "resume runs/small": "nnctl.jobs.resume.resume",
    "predict runs/small table.csv": "nnctl.jobs.predict.predict",
    "evaluate runs/small table.csv": "nnctl.jobs.evaluate.evaluate",
    "crossval small.yaml": "nnctl.jobs.crossval.crossval",
    "tune small.yaml": "nnctl.jobs.tune.tune",
    "summary small.yaml": "nnctl.jobs.summary.summary",
    "profile small.yaml": "nnctl.jobs.profile.profile",
}


class Seen(Exception):
    """Ends a command once its job has looked around."""


def threads_now() -> set[int]:
    return {info["num_threads"] for info in machine.blas().info() if info["user_api"] == "blas"}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("way", ["option", "variable", "neither"])
def test_a_command_keeps_to_the_cores_that_it_is_given(line, way, project, invoke, monkeypatch):
    seen = []

    def look(*given, **named):
        seen.append(threads_now())
        raise Seen

    monkeypatch.setattr(LINES[line], look)
    more = ["--threads", "1"] if way == "option" else []
    environment = {"NNCTL_THREADS": "1"} if way == "variable" else {"NNCTL_THREADS": None}
    with machine.thread_limit(2):
        done = invoke(*line.split(), *more, env=environment)
        assert isinstance(done.exception, Seen), done.output
        assert seen == [{2} if way == "neither" else {1}]
        assert threads_now() == {2}


def test_predictions_are_made_within_the_limit(project, invoke: Invoke, monkeypatch):
    assert invoke("train", "small.yaml", "-q").exit_code == 0
    found = []
    before = machine.thread_limit
    monkeypatch.setattr(machine, "thread_limit", lambda n: found.append(threads_now()) or before(n))
    with before(2):
        assert invoke("predict", "runs/small", "table.csv", "--threads", "1").exit_code == 0
    assert found == [{2}, {1}]  # that of the command, and within it that of a block


@pytest.mark.process
def test_a_limit_that_is_set_before_numpy_is_loaded_holds():
    """As the command line sets it: what is not loaded yet would not be found, and not limited."""
    code = (
        "from nnctl.cli.threads import allowed_threads\n"
        "with allowed_threads(1):\n"
        "    import numpy\n"
        "    from threadpoolctl import threadpool_info\n"
        "    from nnctl.system import machine\n"
        "    blas = [info['num_threads'] for info in threadpool_info()]\n"
        "    print(*blas, machine.available_threads())\n"
    )
    done = run([sys.executable, "-c", code], env={**os.environ, "OPENBLAS_NUM_THREADS": "2"})
    assert done.stdout.split() == ["1", "1"], done.stderr


@pytest.mark.parametrize(
    ("workers", "threads", "wanted"),
    [(None, None, None), (None, 2, None), (3, None, 3), (3, 2, 2), (1, 2, 1), (0, 2, 0)],
)
def test_processes_are_no_more_than_the_cores_that_are_allowed(workers, threads, wanted):
    assert workers_within(workers, threads) == wanted


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    "line",
    ["crossval small.yaml --folds 2 --workers 4", "tune small.yaml -q --workers 4"],
)
def test_one_core_is_one_process(line, project, invoke, monkeypatch):
    """With one there is no other process than this, whatever number of workers is asked for."""
    (project / "small.yaml").write_text(
        (project / "small.yaml").read_text()
        + "tune: {monitor: loss, search: {seed: [1, 2]}, trials: 2}\n"
    )
    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", None)
    assert invoke(*line.split(), "--threads", "1").exit_code == 0
    anew = ["--overwrite"] if line.startswith("tune") else []
    assert isinstance(invoke(*line.split(), *anew).exception, TypeError)  # a process was started
