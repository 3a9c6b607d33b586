"""The layers as a config names them: what loads, and what is said of what does not."""

import numpy as np
import pytest

from nnctl.config import load, make
from nnctl.errors import NnctlError
from nnctl.jobs.summary import flops_by_layer
from nnctl.jobs.train import train
from nnctl.layers import Conv1D, Conv2D
from nnctl.network.layers import LAYERS
from nnctl.runs.weights import load_weights
from nnctl.training.sequential import Sequential

CONFIG = """\
data: {train: data.npz, target: y}
layers:
  - {type: conv2d, filters: 4, kernel_size: [3, 2], padding: same, activation: relu}
  - batch_normalization
  - {type: max_pooling2d, pool_size: [2, 1], strides: 2}
  - {type: average_pooling2d, pool_size: 2, strides: 1, padding: same}
  - layer_normalization
  - {type: reshape, target_shape: [-1, 4]}
  - {type: conv1d, filters: 3, kernel_size: 3, padding: causal, dilation_rate: 2}
  - {type: max_pooling1d}
  - {type: average_pooling1d, pool_size: [2]}
  - flatten
  - {type: dense, units: 2}
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 2
"""


@pytest.fixture
def config(tmp_path, monkeypatch, generator):
    monkeypatch.chdir(tmp_path)
    x, y = generator.standard_normal((40, 6, 8, 1)), generator.integers(0, 2, 40)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    path = tmp_path / "all.yaml"
    path.write_text(CONFIG)
    return path


def test_a_config_of_all_layers_trains_and_keeps_its_statistics(config):
    arrays = load_weights(train(config).weights).arrays
    assert arrays["conv2d_1/kernel"].shape == (3, 2, 1, 4)
    assert arrays["conv1d_1/kernel"].shape == (3, 4, 3)
    names = {name for name in arrays if name.startswith("batch_normalization_1/")}
    assert {name.rpartition("/")[2] for name in names} == {
        "gamma", "beta", "moving_mean", "moving_variance",
    }  # fmt: skip
    assert (arrays["batch_normalization_1/moving_mean"] != 0).any()


def test_what_a_config_says_is_what_the_layer_has(config):
    layers = [make(entry) for entry in load(config).layers]
    assert (layers[0].kernel_size, layers[0].strides) == ((3, 2), 1)
    assert (layers[2].pool_size, layers[2].strides) == ((2, 1), 2)
    assert layers[5].target_shape == (-1, 4)
    assert layers[8].pool_size == (2,)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("layers.0.kernel_size=0", "kernel_size is 0; it must be a whole number at least 1, or a"),
        ("layers.0.kernel_size=[3,0]", "kernel_size is [3, 0]; it must be a whole number at"),
        ("layers.0.kernel_size=[1,2,3]", "or a list of 2 whole numbers at least 1"),
        ("layers.0.kernel_size=2.5", "kernel_size is 2.5"),
        ("layers.0.padding=causal", 'padding is "causal"; it must be "valid" or "same"'),
        ("layers.6.strides=2", "strides 2 and dilation_rate 2 exclude each other"),
        ("layers.1.momentum=2", "momentum is 2; it must be a number in [0, 1]"),
        ("layers.5.target_shape=[-2]", "must be a list of whole numbers at least -1"),
        ("layers.2.pool_size=two", 'pool_size is "two"'),
    ],
)
def test_wrong_values_are_named_with_what_is_allowed(config, override, message):
    with pytest.raises(NnctlError) as caught:
        load(config, overrides=[override])
    problems = caught.value.problems
    assert any(message in problem.message for problem in problems), problems
    layer = ".".join(override.split(".")[:2])
    assert all(problem.path.startswith(layer) for problem in problems)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_knows_the_name_it_is_registered_by(name):
    layer = object.__new__(LAYERS[name])
    assert layer.type_name == name


def test_flops_of_convolutions_are_those_of_their_products():
    model = Sequential([Conv2D(4, (3, 2), padding="same", use_bias=False), Conv2D(5, 3, strides=2)])
    model.build((8, 9, 2))
    products = {"conv2d_1": 8 * 9 * 6 * 2 * 4, "conv2d_2": 3 * 4 * 9 * 4 * 5}
    counted = flops_by_layer(model)
    for name, multiply_adds in products.items():
        assert 2 * multiply_adds <= counted[name] < 2.5 * multiply_adds
    causal = Sequential([Conv1D(64, 5, padding="causal")])
    causal.build((40, 32))
    assert flops_by_layer(causal)["conv1d_1"] == pytest.approx(2 * 40 * 5 * 32 * 64, rel=0.05)
