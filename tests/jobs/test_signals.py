"""Signals wait while a command starts processes, and do so in the processes as well."""

import os
import signal
import sys
import threading

import pytest

from nnctl.jobs.signals import MASKED, hold_signals_back
from tests.processes import run

pytestmark = pytest.mark.skipif(not MASKED, reason="signals cannot be masked")

# Python's own helper process starts with the first of the others, and lets signals through.
STARTING = """
import multiprocessing, signal
from nnctl.jobs.signals import hold_signals_back

def work():
    pass

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with hold_signals_back():
        process = context.Process(target=work)
        process.start()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    process.join()
    print({signal.SIGINT, signal.SIGTERM} <= blocked)
"""


def test_signals_wait_while_processes_are_started_whichever_thread_they_reach():
    came, go = [], threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: came.append("obeyed"))
    other = threading.Thread(target=lambda: go.wait() and os.kill(os.getpid(), signal.SIGTERM))
    other.start()  # before, and so without the mask, as the threads of BLAS are
    try:
        with hold_signals_back():
            go.set()
            other.join()
            came.append("started")
        assert came == ["started", "obeyed"]
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGTERM, signal.SIGINT}
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.process
def test_they_still_wait_once_the_first_process_has_started(tmp_path):
    script = tmp_path / "starting.py"
    script.write_text(STARTING)
    done = run([sys.executable, str(script)])
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
