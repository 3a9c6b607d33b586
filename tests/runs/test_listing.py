"""What runs are, told from their results alone."""

import json
import os

import pytest

from nnctl.runs.listing import by_dotted_key, differing_keys, run_at, runs_in
from nnctl.runs.lock import writing

CONFIG = {
    "name": "a",
    "data": {"train": "/x/t.csv", "validation": 0.2, "target": None},
    "layers": [{"type": "dense", "units": 3}, {"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "metrics": ["mae", "r2"],
}


def put(folder, name, time=0, **results):
    path = folder / name
    path.mkdir()
    (path / "config.yaml").write_text("")
    (path / "checkpoint.npz").write_bytes(b"no archive")  # which nothing here reads
    (path / "results.json").write_text(json.dumps(results))
    os.utime(path / "results.json", (time, time))
    return path


def test_a_config_has_dotted_keys_as_set_takes_them():
    assert by_dotted_key({**CONFIG, "optimizer": {"type": "adam", "beta_1": 0.9}}) == {
        "name": "a",
        "data.train": "/x/t.csv",
        "data.validation": 0.2,
        "layers.0": "dense",
        "layers.0.units": 3,
        "layers.1": "dense",
        "layers.1.units": 1,
        "loss": "mean_squared_error",
        "metrics": ["mae", "r2"],
        "optimizer": "adam",
        "optimizer.beta_1": 0.9,
    }


def test_keys_that_differ_are_told_but_not_what_names_runs_and_files():
    other = json.loads(json.dumps(CONFIG)) | {"name": "b"}
    other["layers"][1]["units"] = 2
    other["data"] |= {"train": "/y/t.csv", "target": "y", "validation": 0.3}
    found = differing_keys([by_dotted_key(CONFIG), by_dotted_key(CONFIG), by_dotted_key(other)])
    assert found == ["data.validation", "layers.1.units", "data.target"]


def test_runs_come_newest_first_and_nothing_else_does(tmp_path):
    put(tmp_path, "old", 1, status="finished", epochs=3, train={"loss": 1, "mae": None})
    put(tmp_path, "new", 2, status="stopped", epochs=4, test={"loss": 0.5})
    (tmp_path / "no-run").mkdir()
    (tmp_path / "file").write_text("")
    new, old = runs_in(tmp_path)
    assert (new.path.name, new.status, new.epochs, new.figures) == (
        "new",
        "stopped",
        4,
        {"test_loss": 0.5},
    )
    assert (old.path.name, old.figures) == ("old", {"loss": 1.0})


def test_a_run_is_running_while_a_process_holds_it(tmp_path):
    path = put(tmp_path, "run", status="running")
    with writing(path):
        assert run_at(path).status == "running"
    assert run_at(path).status == "broken off"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"status": "finished", "config": 3, "data": [1], "train": 7}']
)
def test_results_of_any_kind_are_taken(text, tmp_path):
    path = put(tmp_path, "run")
    (path / "results.json").write_text(text)
    run = run_at(path)
    assert (run.settings, run.figures, run.data, run.epochs) == ({}, {}, {}, None)
