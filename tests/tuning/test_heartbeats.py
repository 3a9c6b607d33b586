"""Signs of life, where a storage has a table for them and where they are noted."""

import threading
from types import SimpleNamespace

import pytest
from optuna.exceptions import UpdateFinishedTrialError

from nnctl.tuning import heartbeats
from nnctl.tuning.heartbeats import DatabaseHeartbeats, NotedHeartbeats
from nnctl.tuning.slots import ALIVE

TRIAL = SimpleNamespace(_trial_id=1)


def test_signs_of_life_go_on_until_the_end():
    class Storage:
        beats = 0
        enough = threading.Event()

        def record_heartbeat(self, trial_id):
            self.beats += 1
            if self.beats == 1:
                raise ConnectionError
            if self.beats == 3:
                self.enough.set()

    storage, before = Storage(), threading.enumerate()
    signs = DatabaseHeartbeats(storage, lambda: [TRIAL], (ConnectionError,), 0.01)
    with signs.keep_beating():
        assert storage.enough.wait(10)
    assert set(threading.enumerate()) <= set(before)


class Notes:
    """A storage of notes, of trials that may have ended."""

    def __init__(self):
        self.notes, self.ended = [], set()

    def set_trial_user_attr(self, trial_id, key, value):
        if trial_id in self.ended:
            raise UpdateFinishedTrialError
        self.notes.append((trial_id, key, value))


def test_each_note_is_another_and_trials_that_ended_get_none():
    storage = Notes()
    storage.ended.add(7)
    signs = NotedHeartbeats(storage, list, ())
    for _ in range(2):
        signs.beat([SimpleNamespace(_trial_id=7), TRIAL])
    assert [note[:2] for note in storage.notes] == [(1, ALIVE)] * 2
    assert storage.notes[0] != storage.notes[1]


@pytest.fixture
def clock(monkeypatch):
    """The seconds that have passed, for a test to set."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(heartbeats.time, "monotonic", lambda: now.seconds)
    return now


def trial(number, note=None):
    notes = {} if note is None else {ALIVE: note}
    return SimpleNamespace(number=number, user_attrs=notes)


def test_silent_is_whose_note_stays_the_same_for_long_enough(clock):
    signs = NotedHeartbeats(Notes(), list, ())
    told = []
    for _ in range(4):
        clock.seconds += signs.grace / 2 - 1
        silent = signs.silent_trials(1, [trial(3, note=clock.seconds), trial(4, note=8), trial(5)])
        told.append([each.number for each in silent])
    assert told == [[], [], [], [4, 5]]  # whatever was before it was first looked at


def test_a_sign_that_comes_late_begins_the_count_anew(clock):
    signs = NotedHeartbeats(Notes(), list, ())
    for note in (1, 2):
        signs.silent_trials(1, [trial(3, note)])
        clock.seconds += 10 * signs.grace
    assert signs.silent_trials(1, [trial(3, 3)]) == []
    clock.seconds += signs.grace + 1
    assert [each.number for each in signs.silent_trials(1, [trial(3, 3)])] == [3]
    signs.silent_trials(1, [])
    assert signs.silent_trials(1, [trial(3, 3)]) == []
