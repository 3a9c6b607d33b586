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


def test_an_output_of_windows_that_is_no_vector_wants_them_flat(config):
    conv = "{type: conv1d, filters: 2, kernel_size: 2}"
    found = problem(config, f"layers=[{conv}, {{type: dense, units: 3}}]")
    assert found.fix.startswith("put flatten before layers.1")
    build(load(config, overrides=[f"layers=[{conv}, flatten, {{type: dense, units: 3}}]"]))


CONV2D = "layers=[{type: conv2d, filters: 2, kernel_size: 2}, flatten, {type: dense, units: 3}]"


def test_where_the_data_have_the_shape_that_is_needed_none_is_to_be_written(config):
    x = np.arange(6 * 8 * 2, dtype=np.float64).reshape(6, 4, 2, 2)
    np.savez(config.with_name("pictures.npz"), x=x, y=np.arange(6) % 3)
    found = problem(config, CONV2D, "data.train=pictures.npz", "input_shape=[16]")
    assert (found.path, found.fix) == ("input_shape", "leave it out")
    assert "rank 3 (height, width, channels), not (16,); an example of the data" in found.message
    build(load(config, overrides=[CONV2D, "data.train=pictures.npz"]))
    lacking = problem(config, CONV2D)  # its channel alone
    assert lacking.fix.startswith("set input_shape: [4, 4, 1]")
    np.savez(config.with_name("wide.npz"), x=x.reshape(6, 8, 2), y=np.arange(6) % 3)
    lacking = problem(config, CONV2D, "data.train=wide.npz")
    assert lacking.fix.startswith("set input_shape: [8, 2, 1]")


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("layers.0.weights={bias: [1, 1e39, 0]}", "layers.0.weights.bias"),
        ("layers.0.bias_initializer={type: constant, value: 1e39}", "layers.0.bias_initializer"),
        (
            "layers.0.kernel_initializer={type: random_normal, stddev: 1e39}",
            "layers.0.kernel_initializer",
        ),
    ],
)
def test_start_values_are_within_the_dtype(config, setting, path):
    found = problem(config, "input_shape=[16]", setting)
    assert found.path == path
    assert found.fix == "choose smaller ones, or dtype: float64"
    build(load(config, overrides=["input_shape=[16]", setting, "dtype=float64"]))


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
