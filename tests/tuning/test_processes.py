"""Which processes there are."""

import subprocess
import sys

import pytest

from nnctl.tuning import processes
from nnctl.tuning.processes import is_gone, start_of, this_machine, this_process
from tests.processes import begun


def test_this_process_is_there():
    assert not is_gone(this_process())


@pytest.mark.process
def test_a_process_that_has_ended_is_gone():
    with begun([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        name = f"{this_machine()} {child.pid} {start_of(child.pid)}"
        assert not is_gone(name)
        child.kill()
        child.wait()
    assert is_gone(name)


def test_another_process_of_the_same_number_is_not_the_one():
    where, pid, start = this_process().rsplit(" ", 2)
    assert is_gone(f"{where} {pid} {int(start) - 1}")


def test_of_other_machines_nothing_is_known():
    assert not is_gone("elsewhere/1234 1 5")


def test_what_ran_before_the_machine_was_started_anew_is_gone(monkeypatch):
    name = this_process()
    monkeypatch.setattr(
        processes, "this_machine", lambda: f"{this_machine().partition('/')[0]}/later"
    )
    assert is_gone(name)
