"""A study: who runs which trial, what is drawn, and what becomes of trials that are lost."""

import threading
from dataclasses import replace

import pytest

from nnctl.tuning import study as module
from nnctl.tuning.importance import importance_of
from nnctl.tuning.processes import this_machine
from nnctl.tuning.slots import STATES, SURPLUS
from nnctl.tuning.space import Space
from nnctl.tuning.storages.base import Storage
from nnctl.tuning.storages.databases import sql_storage
from nnctl.tuning.storages.opening import silence_optuna
from nnctl.tuning.trial import Outcome, best_of, direction_of
from tests.tables import with_tables

DISCRETE = ("tune.search={}", "tune.search.layers.0.units=[2, 3, 4]")
GONE = f"{this_machine()} 1 0"  # a process of this machine that is none any more


def figure(values):
    return abs(values["optimizer.learning_rate"] - 0.01) + values["layers.0.units"] / 1000


def run(study, outcome=None, most=100):
    """Takes and ends trials; the values of each, by its number."""
    taken = {}
    while len(taken) < most and (task := study.take()) is not None:
        taken[task.number] = dict(task.values)
        study.end(task.number, outcome or Outcome("complete", figure(task.values), 10, 0.5))
    return taken


def killed(study, monkeypatch, most=1):
    """Takes trials as a process that is killed then."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "this_process", lambda: GONE)
        return [study.take() for _ in range(most)]


@pytest.mark.slow
def test_trials_are_counted_from_1_and_are_as_many_as_asked_for(begin):
    study = begin()
    taken = run(study)
    assert list(taken) == list(range(1, 9))
    assert study.is_done() and study.take() is None
    assert [row.number for row in study.rows()] == list(taken)
    assert {row.state for row in study.rows()} == {"complete"}
    best = min(taken, key=lambda number: figure(taken[number]))
    assert best_of(study.rows(), study.direction).number == best
    assert best_of(study.rows(), study.direction).values == taken[best]


@pytest.mark.slow
def test_what_is_drawn_depends_on_the_seed_alone(begin):
    first, again = (run(begin(file=name)) for name in ("a.db", "b.db"))
    assert first == again
    assert run(begin("seed=4", file="c.db")) != first
    assert all(1e-4 <= each["optimizer.learning_rate"] <= 1e-1 for each in first.values())
    assert all(each["layers.0.units"] in range(2, 10) for each in first.values())
    assert len({each["optimizer.learning_rate"] for each in first.values()}) == len(first)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_study_that_is_killed_draws_on_as_if_it_had_not_been(sampler, begin, monkeypatch):
    options = (f"tune.sampler={{type: {sampler}}}", "tune.trials=12")
    whole = run(begin(*options, file="whole.db"))
    parts = run(begin(*options), most=5)
    (lost,) = killed(begin(*options), monkeypatch)
    study = begin(*options)
    rest = run(study)
    assert next(iter(rest)) == lost.number == 6
    assert rest[6] == lost.values
    assert parts | rest == whole
    assert [row.number for row in study.rows()] == list(range(1, 13))


@pytest.mark.slow
def test_a_trial_that_had_drawn_nothing_yet_is_repeated_all_the_same(begin, monkeypatch):
    whole = run(begin(file="whole.db"))
    study = begin()
    monkeypatch.setattr(module, "this_process", lambda: GONE)
    study._begin()
    monkeypatch.undo()
    assert run(begin()) == whole


@pytest.mark.slow
def test_a_trial_that_is_released_is_run_again(begin):
    study = begin()
    task = study.take()
    study.release()
    assert study.rows() == [] and not study.is_done()
    assert begin().take() == task


@pytest.mark.slow
def test_processes_on_one_storage_never_take_the_same_trial(begin):
    studies = [begin("tune.trials=12") for _ in range(3)]
    tasks = [study.take() for _ in range(4) for study in studies]
    assert [task.number for task in tasks] == list(range(1, 13))
    values = [tuple(task.values.values()) for task in tasks]
    assert len(set(values)) == 12
    assert [study.take() for study in studies] == [None, None, None]
    assert not studies[0].is_done()


@pytest.mark.slow
def test_of_two_that_repeat_a_lost_trial_one_gives_way(begin, monkeypatch):
    killed(begin(), monkeypatch)
    one, other = begin(), begin()
    begun = threading.Event()
    fast = one._begin

    def slow(first=None):
        if not begun.is_set():  # the other is faster between the look and the attempt
            begun.set()
            tasks.append(other.take())
        return fast(first)

    tasks = []
    monkeypatch.setattr(one, "_begin", slow)
    tasks.append(one.take())
    assert [task.number for task in tasks] == [1, 2]
    surplus = [t for t in one.load().get_trials() if SURPLUS in t.user_attrs]
    assert len(surplus) == 1


@pytest.mark.slow
def test_of_two_that_begin_the_last_trial_one_gives_way(begin, monkeypatch):
    one, other = begin("tune.trials=1"), begin("tune.trials=1")
    fast = one._begin

    def slow(first=None):
        tasks.append(other.take())
        return fast(first)

    tasks = []
    monkeypatch.setattr(one, "_begin", slow)
    assert one.take() is None
    assert [task.number for task in tasks] == [1]
    assert len(one.slots()) == 1


@pytest.mark.slow
def test_the_same_values_are_not_trained_twice(begin):
    told = []
    study = begin(*DISCRETE, "tune.trials=40", on_end=lambda row, weights: told.append(row))
    outcomes = {2: 0.5, 3: 0.25, 4: 0.75}
    trained = []
    while (task := study.take()) is not None:
        units = task.values["layers.0.units"]
        trained.append(units)
        study.end(task.number, Outcome("complete", outcomes[units], 7))
    assert sorted(trained) == [2, 3, 4]
    assert study.is_done()  # all combinations are tried, though more trials were asked for
    assert len(told) == len(study.rows()) >= 3
    for row in study.rows():
        assert row.value == outcomes[row.values["layers.0.units"]]
        assert (row.same_as is None) == (row.number in {t.number for t in told if not t.same_as})


@pytest.mark.slow
def test_values_that_another_process_trains_just_now_are_drawn_anew(begin):
    studies = [begin(*DISCRETE, "tune.trials=3") for _ in range(3)]
    values = [study.take().values["layers.0.units"] for study in studies]
    assert sorted(values) == [2, 3, 4]


@pytest.mark.slow
def test_brute_force_tries_each_combination_once(begin):
    study = begin(*DISCRETE, "tune.search.epochs={low: 1, high: 3}", "tune.sampler=brute_force",
                  "tune.trials=20")  # fmt: skip
    taken = run(study, Outcome("complete", 1.0))
    pairs = {tuple(values.values()) for values in taken.values()}
    assert len(pairs) == len(taken) == 9
    assert study.is_done()


@pytest.mark.slow
def test_a_trial_that_is_clearly_worse_is_stopped(begin):
    study = begin("tune.pruner={type: median, n_startup_trials: 2}")
    for value in (1.0, 2.0):
        task = study.take()
        assert not study.report(task.number, 1, value)
        study.end(task.number, Outcome("complete", value, 10))
    good, bad = study.take(), study.take()
    assert not study.report(good.number, 1, 1.4)
    assert study.report(bad.number, 1, 1.6)
    row = study.end(bad.number, Outcome("pruned", epochs=1))
    assert (row.state, row.value, row.epochs) == ("pruned", 1.6, 1)
    assert best_of(study.rows(), study.direction).value == 1.0


@pytest.mark.slow
def test_a_trial_that_failed_counts_and_is_not_repeated(begin):
    study = begin("tune.trials=2")
    task = study.take()
    row = study.end(task.number, Outcome("failed", epochs=3, reason="the loss is nan"))
    assert (row.state, row.reason, row.value) == ("failed", "the loss is nan", None)
    assert study.take().number == 2


@pytest.mark.slow
def test_what_was_taken_for_lost_does_not_count_twice(begin):
    slow, other = begin(), begin()
    task = slow.take()
    first = other.slots()[0].first
    other._tell(first.number, state=STATES["failed"])  # as signs of life had failed to come
    again = other.take()
    assert again == task
    other.end(again.number, Outcome("complete", 1.0, 10))
    assert slow.report(task.number, 1, 0.5)  # it is to stop
    assert slow.end(task.number, Outcome("complete", 2.0, 10)) is None
    assert [(row.number, row.value) for row in slow.rows()] == [(1, 1.0)]


@pytest.mark.slow
def test_a_trial_of_another_machine_is_lost_when_it_is_silent(read, tmp_path, monkeypatch):
    with silence_optuna():
        silent, study = (on_server(read(), tmp_path) for _ in range(2))
        with monkeypatch.context() as patch:
            patch.setattr(module, "this_process", lambda: "elsewhere/1 2 3")
            task = silent.take()
        assert study.take().number == 2
        monkeypatch.setattr(study.heartbeats.own, "grace_period", -1)
        assert study.take() == task
        for each in (silent, study):
            each.heartbeats.own.engine.dispose()


def on_server(config, folder):
    """The study in a storage that takes signs of life, as a server's does."""
    storage = Storage(sql_storage(f"sqlite:///{with_tables(folder / 'server.db')}"), ())
    study = module.Study(storage, config, Space.of(config), epochs=10)
    study.create()
    return study


@pytest.mark.slow
def test_higher_is_better_for_metrics_that_rise(read):
    assert direction_of(read("metrics=[r2]", "tune.monitor=r2")) == "maximize"
    assert direction_of(read("metrics=[mae]", "tune.monitor=mae")) == "minimize"
    assert direction_of(read("tune.direction=maximize")) == "maximize"


@pytest.mark.slow
def test_of_equal_trials_the_first_is_the_best(begin):
    study = begin("tune.trials=4")
    run(study, Outcome("complete", 1.0))
    rows = study.rows()
    assert best_of(rows, "minimize").number == best_of(rows, "maximize").number == 1
    rows[2] = replace(rows[2], value=2.0)
    assert best_of(rows, "maximize").number == 3
    assert best_of([], "minimize") is None


@pytest.mark.slow
def test_the_key_that_decides_is_the_important_one(begin):
    study = begin("tune.sampler=random", "tune.trials=25")
    while (task := study.take()) is not None:
        study.end(
            task.number, Outcome("complete", abs(task.values["optimizer.learning_rate"] - 1e-3))
        )
    shares = importance_of(study)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["optimizer.learning_rate"] > 0.8
    assert next(iter(shares)) == "optimizer.learning_rate"


@pytest.mark.slow
def test_of_few_trials_no_importance_is_told(begin):
    study = begin("tune.trials=9")
    run(study)
    assert importance_of(study) == {}
