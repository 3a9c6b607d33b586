"""`runs` on what training writes, and on a thousand runs."""

import json
import shutil
import time

import pytest

from nnctl.errors import NnctlError
from nnctl.jobs.looking.listing import list_runs
from nnctl.jobs.train import train
from tests.runs.test_listing import CONFIG, put

YAML = """\
data: {train: t.csv, target: y, validation: 0.25}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: sgd
epochs: 1
"""


@pytest.fixture
def runs(tmp_path):
    """Three runs of a table, of which one was interrupted, and one of another table."""
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{k},{2 * k % 7}\n" for k in range(40)))
    (tmp_path / "c.yaml").write_text(YAML)
    folder = tmp_path / "runs"
    for number, rate in enumerate(("0.001", "0.01", "0.0001")):
        setting = f"optimizer.learning_rate={rate}"
        train(tmp_path / "c.yaml", output=folder / f"r{number}", overrides=[setting])
    results = json.loads((folder / "r2/results.json").read_text())
    (folder / "r2/results.json").write_text(json.dumps({**results, "status": "running"}))
    with (tmp_path / "t.csv").open("a") as file:
        file.write("1,1\n")
    train(tmp_path / "c.yaml", output=folder / "other")
    return folder


def test_runs_of_other_data_stand_apart_with_the_keys_that_differ(runs):
    listing = list_runs(runs)
    assert [sorted(run.path.name for run in group.runs) for group in listing.groups] in (
        [["other"], ["r0", "r1", "r2"]],
        [["r0", "r1", "r2"], ["other"]],
    )
    several = max(listing.groups, key=lambda group: len(group.runs))
    assert several.keys == ("optimizer.learning_rate",)
    assert [run.path.name for run in listing.unfinished] == ["r2"]
    found = {each["run"].rsplit("/")[-1]: each for each in listing.as_json()}
    assert found["r1"]["differs"] == {"optimizer.learning_rate": 0.01}
    assert found["r1"]["status"] == "finished" and found["r2"]["status"] == "broken off"
    assert found["other"]["differs"] == {} and found["other"]["epochs"] == 1


def test_the_best_come_first_and_some_can_be_chosen(runs):
    shutil.rmtree(runs / "other")
    (group,) = list_runs(runs, sort="loss").groups
    losses = [run.figures["val_loss"] for run in group.runs]
    assert losses == sorted(losses) and len(set(losses)) == 3
    (group,) = list_runs(runs, where=["optimizer=sgd", "optimizer.learning_rate=0.01"]).groups
    assert [run.path.name for run in group.runs] == ["r1"]
    assert list_runs(runs, where=["optimizer.type=adam"]).groups == ()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sort": "val_los"}, "no run here has that figure; there are: loss"),
        ({"where": ["epoch=3"]}, 'no run here has the key "epoch"'),
        ({"where": ["epochs"]}, "it must be KEY=VALUE"),
    ],
)
def test_what_no_run_has_is_told(given, says, runs):
    with pytest.raises(NnctlError, match=says):
        list_runs(runs, **given)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NnctlError, match="there is no such folder"):
        list_runs(tmp_path / "gone")


@pytest.mark.slow
def test_a_thousand_runs_take_half_a_second(tmp_path):
    for number in range(1000):
        layers = [{"type": "dense", "units": 1 + number % 3, "note": "x" * 3000}]
        put(tmp_path, f"r{number}", config={**CONFIG, "layers": layers}, status="finished")
    begun = time.process_time()
    listing = list_runs(tmp_path)
    assert time.process_time() - begun < 0.5
    assert [len(group.runs) for group in listing.groups] == [1000]
    assert listing.groups[0].keys == ("layers.0.units", "layers.1", "layers.1.units")[:1]
