"""Where a process may be forked, and that it goes on with its products on both sides."""

import json
import os
import sys
import threading

import numpy as np
import pytest

from nnctl.system import forks, machine
from tests.processes import run

OPENBLAS = {"user_api": "blas", "internal_api": "openblas", "threading_layer": "pthreads"}
MKL = {"user_api": "blas", "internal_api": "mkl", "threading_layer": "intel"}
OPENMP = {"user_api": "openmp", "internal_api": "openmp"}
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
# In a process of its own, since the tests' watchdog is a thread. Products so large are shared out.
THREADS = """
import faulthandler, json, os, threading
import numpy as np
from nnctl.system import forks, machine

found = {}
a = np.random.default_rng(0).normal(size=(400, 400))
product = a @ a
found["OpenBLAS's alone"] = forks.is_safe()
end = threading.Event()
other = threading.Thread(target=end.wait)
other.start()
found["Python's"] = forks.is_safe()
end.set()
other.join()
told = []
other = threading.Thread(target=lambda: told.append(forks.is_safe()))
other.start()
other.join()
found["asked by another"] = told[0]
faulthandler.dump_traceback_later(600)
found["a library's"] = forks.is_safe()
faulthandler.cancel_dump_traceback_later()
found["none any more"] = forks.is_safe()
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    with machine.thread_limit(1):
        one = a @ a
    os.write(writing, b"same" if np.allclose(a @ a, product) and np.allclose(one, product) else b"")
    os._exit(0)
assert np.allclose(a @ a, product)
os.close(writing)
found["in the fork"] = os.read(reading, 9).decode()
os.waitpid(child, 0)
print(json.dumps(found))
"""


@pytest.mark.slow
@needs_linux
@pytest.mark.process
@pytest.mark.skipif(not forks.has_safe_products(), reason="NumPy has another BLAS")
def test_no_thread_but_openblas_s_own_may_be_there():
    done = run([sys.executable, "-c", THREADS])
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "OpenBLAS's alone": True,
        "Python's": False,
        "asked by another": False,
        "a library's": False,
        "none any more": True,
        "in the fork": "same",
    }


@pytest.mark.parametrize(
    ("libraries", "safe"),
    [
        ([OPENBLAS], True),
        ([{**OPENBLAS, "threading_layer": "disabled"}], True),
        ([{**OPENBLAS, "threading_layer": "openmp"}], False),
        ([MKL], False),
        ([OPENBLAS, MKL], False),
        ([OPENBLAS, OPENMP], True),
        ([OPENMP], False),
        ([], False),  # none that is known: Accelerate, and others
    ],
)
def test_only_openblas_with_threads_of_its_own_is_trusted(libraries, safe, monkeypatch):
    assert np.ones(1).size  # NumPy is loaded, with its library

    class Found:
        def info(self):
            return libraries

    monkeypatch.setattr(machine, "blas", Found)
    assert forks.has_safe_products() == safe


@pytest.mark.parametrize("system", ["darwin", "win32", "freebsd14"])
def test_elsewhere_than_on_linux_nothing_is_forked(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.delattr(os, "fork", raising=False)
    assert not forks.is_safe()
    assert forks.start_method() == "spawn"


@needs_linux
def test_beside_another_thread_nothing_is_forked_even_to_look(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked beside a thread"))
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert not forks.is_safe()
    finally:
        end.set()
        other.join()


@needs_linux
def test_where_the_system_forks_no_more_processes_none_is_forked(monkeypatch):
    def full():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", full)
    assert not forks.is_alone()
