"""`diff` of runs, of their replays, and of what has been changed."""

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.jobs.looking.difference import difference
from nnctl.jobs.train import train
from nnctl.system.npz import read_arrays, write_arrays
from tests.jobs.looking.test_listing import YAML


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{k},{2 * k % 7}\n" for k in range(40)))
    (tmp_path / "c.yaml").write_text(YAML)
    train(tmp_path / "c.yaml", output=tmp_path / "one")
    return tmp_path


def test_a_run_and_its_replay_are_the_same_bytes(runs):
    train(runs / "one/config.yaml", output=runs / "two")
    found = difference(runs / "one", runs / "two/weights.npz")
    assert (found.same_bytes, found.arrays) == (True, ())
    assert found.config == found.data == found.versions == found.figures == {}


def test_config_data_and_the_arrays_are_told(runs):
    with (runs / "t.csv").open("a") as file:
        file.write("1,1\n")
    train(runs / "c.yaml", output=runs / "two", overrides=["seed=1", "layers.0.use_bias=false"])
    found = difference(runs / "one", runs / "two")
    assert found.config == {"seed": (0, 1), "layers.0.use_bias": (True, False)}
    assert list(found.data) == ["train"] and len(set(found.data["train"])) == 2
    assert found.same_bytes is False
    assert found.arrays == ("dense_1/kernel", "dense_1/bias", "training_rows", "metadata")
    assert set(found.figures) == {"loss", "mae", "val_loss", "val_mae"}
    assert found.as_json()["config"]["seed"] == [0, 1]


def test_one_number_that_differs_is_found(runs):
    train(runs / "one/config.yaml", output=runs / "two")
    arrays = read_arrays(runs / "two/weights.npz")
    arrays["dense_1/bias"] = np.nextafter(arrays["dense_1/bias"], np.float32(1))
    with (runs / "two/weights.npz").open("wb") as file:
        write_arrays(file, arrays)
    assert difference(runs / "one", runs / "two").arrays == ("dense_1/bias",)


def test_a_run_without_weights_or_results_is_compared_as_far_as_can_be(runs):
    train(runs / "one/config.yaml", output=runs / "two", overrides=["epochs=2"])
    (runs / "two/weights.npz").unlink()
    (runs / "two/results.json").unlink()
    found = difference(runs / "one", runs / "two")
    assert found.same_bytes is None and found.config == {"epochs": (1, 2)}


def test_what_is_no_run_is_told(runs):
    with pytest.raises(NnctlError, match="there is no such run folder"):
        difference(runs / "one", runs / "gone")
    with pytest.raises(NnctlError, match="not a run folder"):
        difference(runs / "t.csv", runs / "one")
