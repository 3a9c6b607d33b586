"""A trained model from its file alone: the same outputs, and damage that is named."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.jobs.train import train
from nnctl.system.npz import read_arrays, write_arrays
from tests.formats.mutations import sealed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train(ROOT / "configs/softmax-regression.yaml", output=folder, epochs=2).folder


def test_it_computes_what_the_model_did_before_it_was_saved(run):
    trained = load_trained(run)
    built = build(load(run / "config.yaml"), init_weights=run)
    expected = built.model.predict(built.train.x)
    np.testing.assert_array_equal(trained.model.predict(built.train.x), expected, strict=True)
    assert trained.preprocessing.targets.names == ("species",)


def test_a_checkpoint_is_not_taken_for_weights(run):
    with pytest.raises(NnctlError, match="this is a checkpoint"):
        load_trained(run / "checkpoint.npz")


@pytest.mark.parametrize("key", ["config", "input_shape", "preprocessing"])
def test_metadata_that_lacks_a_part_is_damaged(run, key, tmp_path):
    arrays = read_arrays(run / "weights.npz")
    metadata = json.loads(str(arrays["metadata"]))
    del metadata[key]
    with (tmp_path / "w.npz").open("wb") as file:
        write_arrays(file, {**arrays, "metadata": np.array(sealed(metadata))})
    with pytest.raises(NnctlError, match=f"metadata is damaged .*{key}"):
        load_trained(tmp_path / "w.npz")
