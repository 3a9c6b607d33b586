"""`playground`: the training is that of `train`, a run is taken as it is, and nothing is left."""

import base64
import json
import re
import time
from contextlib import chdir, contextmanager
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import ArgumentError, ExitStatus, NnctlError
from nnctl.jobs.playground import playground
from nnctl.jobs.train import train
from nnctl.training.callbacks import EpochLines

TABLE = "a,b,y\n" + "".join(f"{k % 5},{k * k % 7},{'no' if k % 3 else 'yes'}\n" for k in range(40))
CONFIG = """\
name: small
data: {train: table.csv, validation: 0.25, target: y}
layers: [{type: dense, units: 3, activation: tanh}, {type: dense, units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.1}
epochs: 12
batch_size: 8
early_stopping: {monitor: val_loss, patience: 3}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "small.yaml").write_text(CONFIG)
    with chdir(tmp_path):
        yield Path("small.yaml")


def contents_in(path: Path) -> list[dict]:
    """What a page is given, its vectors as arrays."""
    text = re.search(r'id="contents">(.*?)</script>', path.read_text(encoding="utf-8"))[1]
    models = json.loads(text)
    for model in models:
        given = model["frames"]["vectors"]
        data = np.frombuffer(base64.b64decode(given["bytes"]), given["type"])
        model["vectors"] = data.reshape(given["shape"])
    return models


def test_a_config_is_trained_as_train_does_and_leaves_the_page_alone(config):
    result = playground([config])
    assert (result.path, result.status) == (Path("small.html"), ExitStatus.DONE)
    assert sorted(path.name for path in Path().iterdir()) == [
        "small.html",
        "small.yaml",
        "table.csv",
    ]
    (model,) = contents_in(result.path)
    assert len(model["vectors"]) == dict(result.frames)["small"] > 10
    assert result.size == len(result.path.read_bytes())
    run = train(config).folder
    # A run is called as its folder is: two of a config are told apart, and have pages of their own.
    (of_run,) = contents_in(playground([run.rename("tried")]).path)
    assert (of_run["name"], Path("tried.html").exists()) == ("tried", True)
    run = Path("tried")
    assert np.array_equal(model["vectors"][-1], of_run["vectors"][0])
    assert model["history"] == of_run["history"]
    assert len(of_run["vectors"]) == 1 and len(model["history"]["loss"]) < 12
    # Weights that were put back are of the epoch that they are of.
    best = json.loads((run / "results.json").read_text())["best_epoch"]
    assert model["frames"]["steps"][-1] == of_run["frames"]["steps"][0] == best * 4
    assert f"those of epoch {best}" in model["notes"][0]


def test_several_share_a_page_and_options_hold_for_all(config):
    result = playground([config, config], epochs=2, seed=5, overrides=["layers.0.units=1"])
    assert result.path == Path("small-small.html")
    assert [name for name, _ in result.frames] == ["small (1)", "small (2)"]
    for model in contents_in(result.path):
        assert (len(model["history"]["loss"]), model["layers"][0]["units"]) == (2, 1)


def test_two_hundred_frames_of_a_small_network_take_less_than_two_megabytes(config):
    layers = "[{type: dense, units: 8}, {type: dense, units: 8}, {type: dense, units: 1}]"
    overrides = [f"layers={layers}", "early_stopping=null"]
    result = playground([config], epochs=300, overrides=overrides)
    assert 150 < dict(result.frames)["small"] <= 200
    assert result.size < 2_000_000 / 5
    (model,) = contents_in(result.path)
    steps = model["frames"]["steps"]
    assert steps[:10] == list(range(10)) and steps[-1] == 1200


def test_each_training_is_displayed_as_it_goes(config):
    lines = [[], []]
    left = iter(lines)

    @contextmanager
    def display():
        yield [EpochLines(next(left).append)]

    playground([config, config], epochs=2, display=display)
    assert [[line.partition("  ")[0] for line in own] for own in lines] == [
        ["epoch 1/2", "epoch 2/2"]
    ] * 2


def test_a_training_that_diverges_is_shown_as_far_as_it_came(config):
    overrides = ["loss=mean_squared_error", "layers.1.activation=linear"]
    overrides += ["optimizer={type: sgd, learning_rate: 1e6}", "layers.0.activation=linear"]
    Path("table.csv").write_text(TABLE.replace("no", "0").replace("yes", "1"))
    result = playground([config], overrides=[*overrides, "early_stopping=null"])
    assert result.status is ExitStatus.NO and "the loss is" in result.problems[0].message
    (model,) = contents_in(result.path)
    assert len(model["vectors"]) > 1 and model["notes"][0].startswith("The training diverged: the")


@pytest.mark.slow
def test_a_member_of_an_ensemble_is_shown_by_its_number(config):
    run = train(config, ensemble=2, epochs=3).folder
    for member in (1, 2):
        (model,) = contents_in(playground([run], member=member).path)
        with np.load(run / "weights.npz") as arrays:
            kernel = arrays[f"member_{member}/dense_1/kernel"]
        at = model["layers"][0]["arrays"]["kernel"]["at"]
        assert np.array_equal(model["vectors"][0][at : at + kernel.size], kernel.ravel())


def test_a_run_whose_rows_have_changed_is_refused(config):
    run = train(config, epochs=1).folder
    Path("table.csv").write_text(TABLE.replace("no", "yes", 1))
    with pytest.raises(NnctlError) as caught:
        playground([run])
    (problem,) = caught.value.problems
    assert "has changed since the run" in problem.message and "back" in problem.fix
    assert not list(Path().glob("*.html"))


@pytest.mark.parametrize("given", ["table.csv", "gone.yaml"])
def test_what_is_no_config_is_refused(config, given):
    with pytest.raises(NnctlError):
        playground([Path(given)])
    assert not list(Path().glob("*.html"))


@pytest.mark.parametrize("option", [{"epochs": 3}, {"seed": 1}, {"overrides": ["epochs=3"]}])
def test_what_would_train_a_run_anew_is_refused(config, option):
    run = train(config, epochs=1).folder
    with pytest.raises(ArgumentError, match="is shown as it is"):
        playground([run], **option)


def test_weights_that_lie_in_no_run_are_refused(config):
    run = train(config, epochs=1).folder
    (run / "weights.npz").rename("weights.npz")
    with pytest.raises(NnctlError) as caught:
        playground([Path("weights.npz")])
    assert "lie in no run" in caught.value.problems[0].message


@pytest.mark.slow
def test_the_two_moons_are_ready_in_five_seconds(tmp_path):
    began = time.perf_counter()
    moons = Path(__file__).parents[2] / "configs/moons.yaml"
    result = playground([moons], output=tmp_path / "moons.html")
    assert time.perf_counter() - began < 5
    assert result.size < 2_000_000 and dict(result.frames)["moons"] > 100
