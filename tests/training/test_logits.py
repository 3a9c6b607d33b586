"""The logits of a model, however its last layer and its loss have them."""

import numpy as np
import pytest

from nnctl.network.annotations import OneOf
from nnctl.network.layers import LAYERS
from nnctl.training.logits import Logits
from nnctl.training.sequential import Sequential

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(70, 4)).astype(np.float32)
BINARY, SPARSE = "binary_crossentropy", "sparse_categorical_crossentropy"
# The last layers, the loss, whether that takes logits, and how logits are had.
CASES = [
    ([("dense", 1, "sigmoid")], BINARY, False, "input"),
    ([("dense", 3, "softmax")], SPARSE, False, "input"),
    ([("dense", 2, "linear"), ("activation", None, "sigmoid")], BINARY, False, "input"),
    ([("dense", 1, "linear")], BINARY, True, "output"),
    ([("dense", 3, "sigmoid")], SPARSE, True, "output"),  # which the loss takes for logits
    ([("dense", 3, "sigmoid")], SPARSE, False, "log"),
    ([("dense", 2, "softmax")], BINARY, False, "log"),
]


def model_of(layers, loss, from_logits, scale=1.0):
    made = [{"type": "dense", "units": 5, "activation": "tanh"}]
    for kind, units, activation in layers:
        made.append({"type": kind, "activation": activation, **({"units": units} if units else {})})
    model = Sequential([OneOf("layer", LAYERS).make(each) for each in made], seed=3)
    model.compile("sgd", {"type": loss, "from_logits": from_logits})
    model.build((4,))
    arrays = {name: array * scale for name, array in model.named_arrays().items()}
    model.load_arrays(arrays)
    return model


def all_of(logits):
    return np.concatenate([block.copy() for _, block in logits.blocks(X)])


@pytest.mark.parametrize(("layers", "loss", "from_logits", "taken"), CASES)
def test_squashed_they_are_the_predictions(layers, loss, from_logits, taken):
    model = model_of(layers, loss, from_logits)
    logits = Logits(model)
    assert logits.taken == taken
    z = all_of(logits)
    expected = np.asarray(model.loss.output_activation(model.predict(X)))
    if loss == SPARSE and taken == "log":
        expected = expected / expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(logits.squash(z), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("layers", "loss"), [(each[0], each[1]) for each in CASES[:2]])
def test_where_a_probability_is_one_they_still_tell_how_sure(layers, loss):
    model = model_of(layers, loss, False, scale=60.0)
    p, z = model.predict(X), all_of(Logits(model))
    assert (p.max(axis=1) == 1).sum() > 10  # which no logarithm could be taken back from
    assert len(np.unique(z.max(axis=1)[p.max(axis=1) == 1])) > 10


def test_they_follow_the_weights_of_the_model():
    model = model_of(*CASES[0][:3])
    logits = Logits(model)
    before = all_of(logits)
    model.vector *= 2
    assert not np.allclose(all_of(logits), before)
