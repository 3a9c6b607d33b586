"""From config to data and model: shapes that fit, and problems in the config's places."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors import NnctlError

CONFIG = """\
data:
  train: images.npz
layers:
  - {type: dense, units: 3}
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    x = np.arange(6 * 4 * 4, dtype=np.float64).reshape(6, 4, 4)
    np.savez(tmp_path / "images.npz", x=x, y=np.arange(6) % 3)
    np.savez(tmp_path / "start.npz", **{"dense_1/kernel": np.ones((16, 3))})
    (tmp_path / "images.yaml").write_text(CONFIG)
    return tmp_path / "images.yaml"


def problem(path: Path, *overrides: str, **options):
    with pytest.raises(NnctlError) as caught:
        build(load(path, overrides=overrides), **options)
    (only,) = caught.value.problems
    return only


def test_rows_come_in_the_input_shape_and_the_dtype(config):
    built = build(load(config, overrides=["input_shape=[16]"]))
    assert built.train.x.shape == (6, 16)
    assert built.train.x.dtype == built.model.vector.dtype == np.float32
    assert built.train.y.tolist() == [0, 1, 2, 0, 1, 2]
    exact = build(load(config, overrides=["input_shape=[16]"]), dtype="float64")
    assert exact.train.x.dtype == exact.model.vector.dtype == np.float64


def test_an_input_shape_of_another_size_is_a_problem_of_that_key(config):
    found = problem(config, "input_shape=[3, 5]")
    assert (found.path, found.source) == ("input_shape", "--set input_shape=[3, 5]")
    assert "an example of the data has 16 values" in found.message


def test_an_output_that_is_no_vector_says_how_to_make_one(config):
    found = problem(config)
    assert (found.line, found.path) == (3, "layers")
    assert "shape (4, 3)" in found.message
    assert "input_shape be [16]" in found.fix


def test_start_weights_must_be_the_models(config):
    start = config.with_name("start.npz")
    found = problem(config, "input_shape=[16]", init_weights=start)
    assert (found.file, found.message) == (str(start), 'there is no array "dense_1/bias"')
    overrides = ["input_shape=[16]", "layers.0.use_bias=false"]
    built = build(load(config, overrides=overrides), init_weights=start)
    assert built.model.vector.tolist() == [1.0] * 48


IMAGES = """\
data: {train: images.npz}
layers:
  - {type: flatten}
  - {type: dense, units: 3}
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 1
"""


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (["input_shape=[6, 5, 3]"], "input_shape"),
        (["input_shape=[5, 3, 6]"], "input_shape"),
        (["layers.0={type: reshape, target_shape: [6, 5, 3]}"], "layers.0.target_shape"),
    ],
)
def test_axes_that_would_have_to_move_are_a_problem_of_the_shape(tmp_path, overrides, path):
    np.savez(tmp_path / "images.npz", x=np.ones((6, 3, 5, 6)), y=np.arange(6) % 3)
    (tmp_path / "images.yaml").write_text(IMAGES)
    found = problem(tmp_path / "images.yaml", *overrides)
    assert found.path == path and "x = x.transpose(0, " in found.fix
    assert "(3, 5, 6)" in found.message


@pytest.mark.parametrize("shape", ["[15, 6]", "[3, 30]", "[3, 5, 6, 1]", "[90]"])
def test_other_shapes_keep_the_order_of_the_axes(tmp_path, shape):
    np.savez(tmp_path / "images.npz", x=np.ones((6, 3, 5, 6)), y=np.arange(6) % 3)
    (tmp_path / "images.yaml").write_text(IMAGES)
    build(load(tmp_path / "images.yaml", overrides=[f"input_shape={shape}"]))
