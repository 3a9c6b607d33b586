"""Threads do their work at once, and nobody goes on before all of it is done."""

import threading
import time

import numpy as np
import pytest

from nnctl.graph.numpy_calls import Pieces
from nnctl.training.team import Team


@pytest.mark.parametrize("size", [1, 2, 5])
def test_all_work_is_done_at_once_and_again(size):
    meeting, done = threading.Barrier(size, timeout=10), []

    def work(k):
        meeting.wait()  # which all of them must reach
        done.append(k)

    with Team(size) as team:
        for _ in range(3):
            done.clear()
            team.run([lambda k=k: work(k) for k in range(size)])
            assert sorted(done) == list(range(size))


def test_fewer_pieces_of_work_than_threads_are_all_there_is():
    done = []
    with Team(3) as team:
        team.run([lambda: done.append(0), lambda: done.append(1)])
    assert sorted(done) == [0, 1]


def test_nobody_goes_on_while_another_still_works():
    done = []

    def fail():
        raise ValueError("first")

    def work():
        time.sleep(0.05)
        done.append(True)

    with Team(3) as team:
        with pytest.raises(ValueError, match="first"):
            team.run([fail, work, work])
        assert done == [True, True]
        team.run([fail_not, work, work])
    assert len(done) == 4


def fail_not():
    pass


def test_what_goes_wrong_in_a_thread_is_raised_in_the_callers():
    def fail():
        raise ValueError("beside")

    with Team(2) as team:
        with pytest.raises(ValueError, match="beside"):
            team.run([fail_not, fail])
        team.run([fail_not, fail_not])


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_the_pieces_of_a_call_are_shared(size):
    done = []
    call = Pieces([lambda k=k: done.append((k, threading.get_ident())) for k in range(4)])
    with Team(size) as team:
        shared = team.shared(call)
        for _ in range(2):
            done.clear()
            shared()
            assert sorted(k for k, _ in done) == [0, 1, 2, 3]
            assert len({thread for _, thread in done}) == min(size, 4)
        assert team.shared(fail_not) is fail_not


def test_threads_go_home_and_warn_of_no_number():
    before = set(threading.enumerate())  # of which some may end meanwhile
    with Team(4) as team:
        found = []
        zero = np.zeros(1)
        team.run([fail_not, lambda: found.append(1 / zero)])
        assert found[0][0] == np.inf
        own = set(threading.enumerate()) - before
        assert len(own) == 3
    for thread in own:
        thread.join(10)
        assert not thread.is_alive()
