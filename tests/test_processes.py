"""Processes of tests hear signals, have a time limit, and do not outlive the test."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import processes
from tests.processes import begun, hear_signals, processes_of, run

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs signals as Unix has them"),
]
TESTS = Path(__file__).parent
HOME = Path(processes.__file__)
LOADED = HOME.with_name("loaded.py")
PROGRAMS = ("benchmarks/", "fuzz/__main__.py")  # what nobody runs as a test
# The group, though not the session, is another one than that of the process.
LEAVING = "sleep 600 & set -m; sleep 600 & set +m; echo started; "
HEARD = (signal.SIGINT, signal.SIGTERM)
INHERITED = """
from signal import SIG_IGN, SIGINT, SIGTERM, getsignal
print([getsignal(number) is not SIG_IGN for number in (SIGINT, SIGTERM)])
"""


@pytest.fixture(params=HEARD)
def ignored(request):
    """A signal that this process ignores, as in the background of a script."""
    before = signal.signal(request.param, signal.SIG_IGN)
    yield request.param
    signal.signal(request.param, before)


def test_a_process_hears_what_the_tests_were_started_to_ignore(ignored):
    command = [sys.executable, "-c", INHERITED]
    deaf = [number != ignored for number in HEARD]
    assert run(command).stdout == f"{deaf}\n"
    hear_signals()
    assert run(command).stdout == "[True, True]\n"
    signal.raise_signal(ignored)  # to which this one stays deaf


def test_what_is_heard_is_left_as_it_is():
    before = [signal.getsignal(number) for number in HEARD]
    hear_signals()
    assert [signal.getsignal(number) for number in HEARD] == before


def wait_for_none(session):
    """Killed processes are gone in a moment, but not at once."""
    limit = time.monotonic() + 10
    while processes_of(session):
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.parametrize("last", ["wait", "true"])
def test_nothing_is_left_of_a_process(last):
    with begun(["bash", "-c", LEAVING + last], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        assert len(processes_of(process.pid)) >= 2
    wait_for_none(process.pid)
    assert process.returncode is not None


def test_nothing_is_left_where_a_test_fails():
    with pytest.raises(ZeroDivisionError), begun(["sleep", "600"]) as process:
        1 / 0  # noqa: B018
    assert process.returncode == -signal.SIGKILL
    assert processes_of(process.pid) == []


@pytest.mark.slow
def test_one_that_takes_too_long_is_ended_though_others_hold_its_pipes():
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        run(["bash", "-c", LEAVING + "echo odd >&2; wait"], limit=0.5)
    assert time.monotonic() - began < 30
    assert caught.value.__notes__ == ["it had printed\nstarted\n\nand told\nodd\n"]


def test_whoever_waits_for_its_words_goes_on_when_its_time_is_over():
    with (
        pytest.raises(subprocess.TimeoutExpired),
        begun(["sleep", "600"], limit=0.2, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout.read() == b""


def test_what_is_said_and_the_status_are_handed_on():
    done = run(["bash", "-c", "cat; echo æ; echo odd >&2; exit 3"])
    assert (done.stdout, done.stderr, done.returncode) == ("æ\n", "odd\n", 3)


def test_a_test_has_to_say_that_it_starts_some(monkeypatch):
    monkeypatch.setattr(processes, "unmarked", "test_this")
    with pytest.raises(AssertionError, match="test_this starts a process"), begun(["true"]):
        pass


def calls(file: Path) -> list[str]:
    """How a file starts processes by itself."""
    starting = ("Popen", "run", "call", "check_call", "check_output", "spawn", "system", "popen")
    names = {f"{module}.{name}" for module in ("os", "subprocess") for name in starting}
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            found.append(ast.unparse(node.func))
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "subprocess"):
            found += [f"{node.module}.{each.name}" for each in node.names if each.name != "Popen"]
    return [name for name in found if name in names]


@pytest.mark.slow
def test_no_test_starts_a_process_in_another_way():
    files = [file for file in TESTS.rglob("*.py") if not is_program(file)]
    assert {HOME, LOADED} <= set(files) and len(files) > 200
    found = {file: names for file in files if (names := calls(file))}
    assert found == {HOME: ["subprocess.Popen"], LOADED: ["subprocess.Popen"]}


def is_program(file: Path) -> bool:
    return file.relative_to(TESTS).as_posix().startswith(PROGRAMS)
