"""How a process begins and ends."""

import atexit
import os
import sys
import threading

import pytest

from nnctl import __main__ as program
from nnctl.system.version import __version__
from tests.processes import run


@pytest.fixture
def ended(monkeypatch):
    """What ends a process, and is noted here in place of that; and what is done before it."""
    done = []
    monkeypatch.setattr(os, "_exit", lambda status: done.append(f"exit {status}"))
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: done.append("registered"))
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # pytest may have some
    monkeypatch.setattr(program, "is_watched", lambda: False)  # by what measures coverage
    monkeypatch.delitem(sys.modules, "mpi4py", raising=False)
    return done


def ends_with(status, monkeypatch):
    def main():
        raise SystemExit(status)

    monkeypatch.setattr(program, "main", main)
    with pytest.raises(SystemExit) as raised:
        program.process()
    assert raised.value.code == status


@pytest.mark.parametrize(("status", "number"), [(0, 0), (None, 0), (2, 2), (143, 143)])
def test_a_process_ends_with_its_status_after_what_is_registered(
    status, number, ended, monkeypatch
):
    ends_with(status, monkeypatch)
    assert ended == ["registered", f"exit {number}"]


def test_python_prints_a_status_that_is_no_number(ended, monkeypatch):
    ends_with("a message", monkeypatch)
    assert ended == ["registered"]


class Lost:
    """A stream whose reader has left, with something to be written still."""

    def flush(self):
        raise BrokenPipeError


def test_python_ends_a_process_whose_stream_is_lost(ended, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Lost())
    ends_with(0, monkeypatch)
    assert ended == ["registered"]


def test_a_process_without_streams_ends_as_others(ended, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    ends_with(1, monkeypatch)
    assert ended == ["registered", "exit 1"]


@pytest.mark.parametrize("reason", ["a thread", "MPI", "a debugger"])
def test_python_ends_a_process_that_others_wait_for(reason, ended, monkeypatch):
    if reason == "a thread":
        monkeypatch.setattr(threading, "active_count", lambda: 2)
    elif reason == "MPI":
        monkeypatch.setitem(sys.modules, "mpi4py", object())
    else:
        monkeypatch.setattr(program, "is_watched", lambda: True)
    ends_with(0, monkeypatch)
    assert ended == []


@pytest.mark.process
def test_a_profiler_of_a_command_has_its_say():
    done = run([sys.executable, "-m", "cProfile", "-m", "nnctl", "--version"])
    assert "function calls" in done.stdout


@pytest.mark.process
def test_what_is_registered_for_the_end_of_a_process_is_done():
    code = (
        "import atexit, os, sys\nfrom nnctl.__main__ import process\n"
        "atexit.register(os.write, 1, b'done\\n')\n"
        "sys.argv[1:] = ['--version']\nprocess()\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.stdout == f"nnctl {__version__}\ndone\n"
