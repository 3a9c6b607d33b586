"""The nodes that are stepped through: those of the course, for each kind of layer."""

import pytest

from nnctl import Sequential
from nnctl.layers import BatchNormalization, Conv1D, Dense, Flatten, MaxPooling1D
from nnctl.network.losses import LOSSES
from nnctl.playground.nodes import nodes_of

MSE = {"type": "half_mean_squared_error"}


def named(model, loss=MSE, penalties=(), **of_place):
    """The name and formula of each node."""
    layers = []
    for place, (layer, name) in enumerate(zip(model.layers, model.layer_names, strict=True)):
        kind = name.rpartition("_")[0]
        activation = of_place.get(f"g{place}", "linear")
        first, bias = model.firsts[place] == place, getattr(layer, "use_bias", True)
        layer = {"type": kind, "name": name, "activation": {"type": activation}, "first": first}
        layers.append({**layer, "use_bias": bias, "penalties": penalties})
    return [(node["name"], node["how"]) for node in nodes_of(model, layers, loss)]


def test_a_neuron_has_the_nodes_of_the_course():
    model = Sequential([Dense(1)])
    model.build((1,))
    assert named(model) == [
        ("dense_1/kernel", "a parameter"), ("dense_1/bias", "a parameter"),
        ("dense_1/c", "w · x"), ("dense_1/a", "c + b"), ("J", "½ (a − y)²"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("use_bias", "activation", "wanted"),
    [
        (True, "relu", ["c", "z", "a"]),
        (False, "relu", ["z", "a"]),
        (False, "linear", ["a"]),
    ],
)
def test_what_is_no_step_of_its_own_is_no_node(use_bias, activation, wanted):
    model = Sequential([Dense(2, activation, use_bias=use_bias)])
    model.build((3,))
    names = [name.removeprefix("dense_1/") for name, _ in named(model, g0=activation)]
    assert names[1 + use_bias : -1] == wanted


def test_layers_follow_one_another_by_their_outputs():
    layers = [Conv1D(2, 3), MaxPooling1D(2), Flatten(), BatchNormalization(), Dense(1)]
    model = Sequential(layers)
    model.build((8, 1))
    found = dict(named(model))
    assert found["conv1d_1/c"] == "w · windows of x"
    assert found["max_pooling1d_1/a"] == "the greatest of each window of conv1d_1/a"
    assert found["batch_normalization_1/a"].startswith("γ (max_pooling1d_1/a − mean)")
    assert found["dense_1/c"] == "w · batch_normalization_1/a"
    assert not any(name.startswith("flatten") for name in found)


def test_a_shared_layer_has_its_parameters_once():
    layer = Dense(2)
    model = Sequential([layer, layer])
    model.build((2,))
    names = [name for name, _ in named(model)]
    assert names.count("dense_1/kernel") == 1 and names.count("dense_1/c") == 2


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_has_its_formula(name):
    model = Sequential([Dense(1)])
    model.build((1,))
    (*_, (last, how)) = named(model, {"type": name, "from_logits": True}, {"kernel": [0, 1]})
    assert last == "J" and "a" in how and how.endswith(", and what the regularizers add")
    assert ("a = sigmoid(z)" in how) == (name == "binary_crossentropy")
