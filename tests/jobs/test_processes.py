"""Processes that a command starts: a fork has what is loaded, and nothing that is its parent's."""

import json
import os
import signal
import sys
import time
from subprocess import PIPE

import pytest

from nnctl.jobs.processes import workers
from nnctl.system import forks
from tests.processes import begun, processes_of, run

pytestmark = pytest.mark.process
forked = pytest.mark.skipif(
    sys.platform != "linux" or not forks.has_safe_products(), reason="nothing is forked here"
)
SERVING = """
import json, os, signal, sys
from pathlib import Path
import numpy as np
from nnctl.jobs.processes import start_worker, take_one_core, workers
from nnctl.reading.storage import Scratch
from nnctl.runs.lock import require_unheld, writing
from nnctl.system import machine

def serve(loaded, line, parent):
    take_one_core()
    line.send({
        "loaded": loaded and loaded(),
        "parent": os.getppid() == parent,
        "SIGINT": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "SIGTERM": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "masked": [*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))],
        "threads": machine.available_threads(),
    })
    try:
        line.recv()
    except EOFError:
        pass
"""
TOLD = (
    SERVING
    + """
stored = Scratch().append(np.arange(100))
signal.signal(signal.SIGTERM, lambda *_: None)
print("printed once ", end="")
folder = Path(sys.argv[1])
with writing(folder):
    with workers(2, serve, loaded=lambda: "what no pickle holds") as (first, second):
        told = [first.line.recv(), second.line.recv()]
        first.line.close()
        first.process.join(20)
        ended = [first.process.exitcode, second.process.exitcode]
    last = start_worker(serve, loaded=lambda: stored[40:43].tolist())
    told.append(last.line.recv())
require_unheld(folder)
print(json.dumps([told, ended, last.process.is_alive()]))
last.process.kill()
"""
)
LEFT = (
    SERVING
    + """
with workers(2, serve) as crew:
    for worker in crew:
        worker.line.recv()
    print("ready", flush=True)
    signal.pause()
"""
)


@pytest.mark.slow
@forked
def test_a_fork_has_what_is_loaded_and_leaves_its_parent_what_is_its_own(tmp_path):
    done = run([sys.executable, "-c", TOLD, str(tmp_path)])
    assert done.stderr == ""
    once, _, rest = done.stdout.partition("printed once ")
    told, ended, alive = json.loads(rest)
    assert once == "" and "printed" not in rest
    usual = {"parent": True, "SIGINT": True, "SIGTERM": True, "masked": [], "threads": 1}
    assert told[:2] == [{**usual, "loaded": "what no pickle holds"}] * 2
    assert told[2] == {**usual, "loaded": [40, 41, 42]}
    assert ended == [0, None]  # the second holds no line to the first open
    assert alive  # and no folder


@forked
def test_forks_end_with_the_process_that_is_killed():
    with begun([sys.executable, "-c", LEFT], stdout=PIPE, text=True) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
        assert len(processes_of(parent.pid)) == 3
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
        limit = time.monotonic() + 20
        while processes_of(parent.pid):
            assert time.monotonic() < limit
            time.sleep(0.01)


def echo(word, loaded, line, parent):
    line.send((word, loaded, os.getppid() == parent))


def test_a_process_that_is_started_anew_reads_for_itself(monkeypatch):
    monkeypatch.setattr(forks, "is_safe", lambda: False)
    with workers(1, echo, "given", loaded=lambda: "what no pickle holds") as (one,):
        assert one.line.recv() == ("given", None, True)
