"""Whose turn it is, and who makes way for whom, without a process that trains."""

from types import SimpleNamespace

import pytest

from nnctl.jobs.members import course
from nnctl.jobs.members.course import FURTHER, SHARE_OF_TIME, SHORTEST_TURN, Course
from nnctl.jobs.members.standing import Standing, epochs_left
from nnctl.jobs.members.turns import EnsemblePlan, TurnEnd
from nnctl.jobs.processes import Worker
from nnctl.training.callbacks import EpochEnd
from nnctl.training.monitors import EarlyStopping


def standing(member, done=0, *, of=100, patience=None, wait=0, ended=None):
    stopping = None if patience is None else EarlyStopping(patience=patience)
    if stopping is not None:
        stopping.wait = wait
    epochs = int(done)
    return Standing(
        member, of, 10, 100, False, (), {"loss": [1.0] * epochs}, [0.1] * epochs, [1.0] * epochs,
        share=done - epochs, ended=ended, stopping=stopping,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("standings", "left"),
    [
        # No early stopping: what is left of the epochs.
        ([standing(1, 30.5), standing(2)], {1: 69.5, 2: 100}),
        # At least the patience is left, and as many as the others are known to take on average.
        ([standing(1, 40, patience=10), standing(2, patience=10)], {1: 10, 2: 30}),
        # What has ended is known to the end, and has nothing left.
        ([standing(1, 60, patience=10, ended="stopped"), standing(2, patience=10)], {2: 35}),
        # Whose patience is nearly spent may end soon.
        ([standing(1, 40, patience=10, wait=9), standing(2, 40, patience=10)], {1: 5.5, 2: 10}),
        # No more than the epochs of the config.
        ([standing(1, 95, patience=10), standing(2, patience=10)], {1: 5, 2: 55}),
        # One that could stop after any epoch has that one to train.
        ([standing(1, 3, patience=0), standing(2, patience=0)], {1: 1, 2: 2.5}),
    ],
)
def test_how_far_members_are_from_their_ends(standings, left):
    assert epochs_left(standings) == left


def test_epochs_without_a_better_figure_bring_a_member_nearer_to_its_end():
    first = standing(1, patience=10)
    ends = []
    for epoch, loss in enumerate([3.0, 2.0, 2.5, 2.5, 1.0], start=1):
        first.note(EpochEnd(epoch, 100, {"val_loss": loss}, 0.1, 1.0, 100))
        ends.append(first.end)
    assert ends == [11, 12, 12, 12, 15]


class Line:
    """A line that remembers what was sent."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Gives a course of members in two processes, of which the other one waits; and a clock."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(course, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def make(*standings, processes=2):
        plan = EnsemblePlan("config.yaml", tmp_path, None, processes)
        made = Course(plan, None, standings, [], tmp_path / "history.csv")
        made._crew = [Worker(None, Line()) for _ in range(processes - 1)]
        return made, clock

    return make


def take_turns(made):
    """Each process takes the turn that it is given; that of this one."""
    made.hand_out()
    return made._next_turn().member


def test_the_member_with_most_to_do_has_the_next_turn(begun):
    made, _ = begun(standing(1, 50), standing(2, 20), standing(3, 60), standing(4, 20))
    assert [made._next_turn().member for _ in range(4)] == [2, 4, 1, 3]
    assert made._next_turn() is None


def test_a_member_that_has_not_begun_has_the_next_turn(begun):
    made, _ = begun(standing(1, 20), standing(2, 10, patience=30), standing(3, patience=10))
    assert [made._next_turn().member for _ in range(3)] == [3, 1, 2]


def test_a_member_makes_way_for_one_that_has_not_begun(begun):
    made, clock = begun(standing(1, 1), standing(2, 3), standing(3))
    for each in made.standings[:2]:
        each.is_busy, each.since = True, clock.now
    clock.now += SHORTEST_TURN * 0.5
    made._make_way()
    assert not any(each.makes_way for each in made.standings)
    clock.now += SHORTEST_TURN * 0.6
    made._make_way()
    assert [each.makes_way for each in made.standings] == [False, True, False]


def test_a_member_makes_way_for_one_that_is_much_further_from_its_end(begun):
    made, clock = begun(*(standing(member, 0.5) for member in (1, 2, 3)))
    here = made.standings[take_turns(made) - 1]
    (elsewhere,) = {1, 2} - {here.member}
    needed = 100 * (1 - 1 / FURTHER)
    for epoch in range(1, 100):
        clock.now += 1
        logs = {"loss": 1.0}
        made.seen(here, EpochEnd(epoch, 100, logs, 0.1, 1.0, 100))
        assert made.order_for(here) == (None if epoch <= needed else "interrupted")
        assert made.order_for(made.standings[elsewhere - 1]) is None
        if here.makes_way:
            break
    else:
        raise AssertionError("it never made way")
    made._take_end(TurnEnd(here.member, "interrupted", here.watch))
    assert not here.makes_way
    assert here.ended is None
    assert made._next_turn().member == 3


def test_a_process_elsewhere_is_told_once_that_its_member_makes_way(begun):
    made, clock = begun(standing(1, 10), standing(2, 90), standing(3, 5))
    made.hand_out()
    (worker,) = made._crew
    assert worker.line.sent.pop().member == 3
    worker.task.is_busy = False
    worker.task = made.standings[1]
    worker.task.is_busy = True
    worker.task.since = clock.now
    for _ in range(3):
        clock.now += 1
        made._make_way()
        made._pass_orders()
    assert worker.line.sent == ["interrupted"]


@pytest.mark.parametrize(
    ("far", "lasted", "so_far", "makes_way"),
    [
        (41, 1.0, 1.0, True),
        (39, 1.0, 1.0, False),  # the other is not much further from its end
        (41, SHORTEST_TURN / 2, 1.0, False),  # it has only just begun
        (41, 1.0, 2.0 * SHARE_OF_TIME, False),  # for so long a training, too
        (41, 3.0, 2.0 * SHARE_OF_TIME, True),
    ],
)
def test_when_a_member_makes_way(begun, far, lasted, so_far, makes_way):
    made, clock = begun(standing(1, 80), standing(2, 100 - far))
    made._began = clock.now - so_far
    first = made.standings[0]
    first.is_busy, first.since = True, clock.now - lasted
    made._looked = 0.0
    made._make_way()
    assert first.makes_way == makes_way
    assert not made.standings[1].makes_way


def test_nobody_makes_way_where_there_is_one_process(begun):
    made, clock = begun(standing(1, 90), standing(2), processes=1)
    made.standings[0].is_busy = True
    clock.now += 100
    made._make_way()
    assert not made.standings[0].makes_way


def test_one_member_at_a_time_makes_way(begun):
    made, clock = begun(*(standing(k, done) for k, done in ((1, 90), (2, 95), (3, 0))), processes=3)
    for each in made.standings[:2]:
        each.is_busy = True
    for share in (0.0, 0.5, 0.9):
        clock.now += 1
        made._make_way()
        made.standings[0].share = 8 + share  # it is nearer to its end than the other by now
    assert [each.makes_way for each in made.standings] == [False, True, False]


def test_what_a_user_orders_comes_before_making_way(begun):
    made, _ = begun(standing(1), standing(2))
    first = made.standings[0]
    first.makes_way = True
    first.stop("stopped")
    assert made.order_for(first) == "stopped"
    made.standings[1].stop("interrupted")
    assert made.order_for(first) == "interrupted"
