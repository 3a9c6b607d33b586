"""What a study relies on, in each kind of storage that Optuna gives no heartbeats."""

import threading

import pytest

from nnctl.errors import NnctlError
from nnctl.tuning import study as module
from nnctl.tuning.heartbeats import NotedHeartbeats
from nnctl.tuning.storages.opening import open_storage, silence_optuna
from nnctl.tuning.trial import Outcome
from tests.servers import grpc_server, redis_server
from tests.tuning.test_study import DISCRETE, killed, run

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module", params=["journal", "redis", "grpc"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("storage")
    if request.param == "journal":
        yield str(folder / "study.log")
    else:
        with redis_server() if request.param == "redis" else grpc_server(folder / "g.db") as url:
            yield url


@pytest.fixture
def begin_there(begin, server):
    """Begins the study there, or goes on with it, as another process would."""
    begin(at=server).delete()
    return lambda *overrides: begin(*overrides, at=server)


@pytest.mark.slow
def test_a_study_that_is_killed_draws_the_same_as_a_whole_one_in_a_file(
    begin_there, begin, monkeypatch
):
    options = ("tune.trials=12",)
    whole = run(begin(*options))
    parts = run(begin_there(*options), most=5)
    (lost,) = killed(begin_there(*options), monkeypatch)
    study = begin_there(*options)
    rest = run(study)
    assert next(iter(rest)) == lost.number == 6
    assert rest[6] == lost.values
    assert parts | rest == whole
    assert [row.number for row in study.rows()] == list(range(1, 13))
    assert [row.value for row in study.rows()] == [row.value for row in begin_there().rows()]


@pytest.mark.slow
def test_processes_at_once_take_each_trial_once(begin_there):
    studies = [begin_there("tune.trials=12", "tune.sampler=random") for _ in range(3)]
    taken, failures = [], []

    def work(study):
        try:
            taken.extend(run(study))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(study,)) for study in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(taken) == list(range(1, 13))
    rows = studies[0].rows()
    assert [row.number for row in rows] == list(range(1, 13))
    assert len({row.values["optimizer.learning_rate"] for row in rows}) == 12


@pytest.mark.slow
def test_each_combination_is_tried_before_the_study_ends(begin_there):
    study = begin_there(*DISCRETE, "tune.search.epochs=[8, 9]", "tune.trials=40",
                        "tune.sampler=random")  # fmt: skip
    taken = run(study, Outcome("complete", 1.0))
    assert len({tuple(values.values()) for values in taken.values()}) == len(taken) == 6
    assert study.is_done()


@pytest.mark.slow
def test_a_trial_that_is_silent_is_run_again_and_counts_once(begin_there, monkeypatch):
    silent, study = begin_there(), begin_there()
    with monkeypatch.context() as patch:
        patch.setattr(module, "this_process", lambda: "elsewhere/1 2 3")
        task = silent.take()
    assert study.take().number == 2
    silent.heartbeats.beat(list(silent._running.values()))
    monkeypatch.setattr(NotedHeartbeats, "grace", -1)
    assert study.take() == task
    silent.heartbeats.beat(list(silent._running.values()))  # nobody minds
    assert silent.report(task.number, 1, 0.5)  # it is to stop
    study.end(task.number, Outcome("complete", 1.0, 10))
    assert silent.end(task.number, Outcome("complete", 2.0, 10)) is None
    assert [(row.number, row.value) for row in silent.rows()] == [(1, 1.0)]


@pytest.mark.slow
def test_a_process_that_ended_is_known_without_waiting(begin_there, monkeypatch):
    (lost,) = killed(begin_there(), monkeypatch)
    assert begin_there().take() == lost


@pytest.mark.slow
def test_a_study_that_another_command_removes_is_told_so(begin_there):
    study, other = begin_there(), begin_there()
    task = study.take()
    assert study.take().number == 2
    other.delete()
    study.report(task.number, 1, 0.5)  # some storages know the trial still
    for tried in (study.take, study.is_done, study.load, study.release):
        with pytest.raises(NnctlError, match='"searched" was removed from its storage meanwhile'):
            tried()


@pytest.mark.parametrize("kind", ["redis", "grpc"])
def test_a_server_that_went_away_is_an_error_and_no_traceback(kind, tmp_path):
    with redis_server() if kind == "redis" else grpc_server(tmp_path / "g.db") as url:
        pass
    failing = pytest.raises(NnctlError, match=r"the study's storage fails: .*connect")
    with failing as caught, silence_optuna(), open_storage(url) as storage:
        storage.own.get_all_studies()
    assert caught.value.problems[0].file == url
