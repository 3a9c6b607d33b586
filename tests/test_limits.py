"""Whatever hangs fails in time, and within other limits."""

import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.limits import LONGEST, Hangs, within
from tests.processes import run

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such clock")
ROOT = Path(__file__).parents[1]
CONFTEST = """
from tests import conftest

conftest.LONGEST = 0.5
pytest_runtest_call = conftest.limited
"""
HANGING = """
import signal
import time

def test_that_hangs():
    time.sleep(60)

def test_that_does_not():
    pass

def test_that_hears_nothing():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)

def test_that_is_never_reached():
    pass
"""


def left() -> float:
    return signal.getitimer(signal.ITIMER_REAL)[0]


@pytest.fixture
def watched():
    assert 0 < left() <= LONGEST
    yield
    assert 0 < left() <= LONGEST


def test_every_phase_of_a_test_has_a_limit(watched):
    assert 0 < left() <= LONGEST


@pytest.mark.slow
@pytest.mark.process
def test_a_test_that_hangs_fails_or_else_ends_the_process(tmp_path, pytestconfig):
    assert pytestconfig.getini("faulthandler_timeout") == 120
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_hanging.py").write_text(HANGING)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"]
    options = [
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
        "-o",
        "faulthandler_timeout=1.5",
    ]
    done = run([*command, *map(str, options), str(tmp_path)], cwd=ROOT, limit=30)
    assert done.returncode == 1
    words = ["hangs FAILED", "does_not PASSED", "hears_nothing "]
    told = [line for line in done.stdout.splitlines() if "::" in line]
    assert len(told) == 3
    for line, end in zip(told, words, strict=True):
        assert end in line
    assert done.stderr.startswith("Timeout (0:00:01.500000)!\n")


def test_what_hangs_is_broken_off():
    began = time.monotonic()
    with pytest.raises(Hangs, match=r"more than 0\.1 seconds"), within(0.1):
        time.sleep(60)
    assert time.monotonic() - began < 10


def test_no_handler_takes_it_for_another_exception():
    with pytest.raises(Hangs), within(0.05):
        try:
            time.sleep(60)
        except Exception:
            time.sleep(60)


def test_one_inside_another_leaves_the_outer_its_time():
    with within(50):
        with within(20):
            assert 10 < left() <= 20
        assert 20 < left() <= 50
    assert left() > 50
    with pytest.raises(Hangs, match=r"more than 0\.2 "), within(0.2):
        with within(30):
            pass
        time.sleep(60)


def test_other_threads_have_no_clock():
    failed = []

    def work():
        try:
            with within(0.001):
                time.sleep(0.01)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failed == []
