"""The course's round-off example: the same network trained from logits and from probabilities."""

from decimal import Decimal

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.layers import Dense
from nnctl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnctl.optimizers import Adam
from tests.accuracy import reference
from tests.accuracy.bounds import computed, exact

KINDS = {"sigmoid": (1, BinaryCrossentropy), "softmax": (3, SparseCategoricalCrossentropy)}


def clusters(classes):
    """Points in clusters that lie well apart, so that a network becomes sure of all of them."""
    generator = np.random.default_rng(1)
    labels = np.arange(150) % max(2, classes)
    angles = 2 * np.pi * labels / max(2, classes)
    centres = 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return centres + generator.standard_normal((150, 2)) / 2, labels


def trained(units, output, loss):
    """The course's 25-15 network, in float32."""
    layers = [Dense(25, "sigmoid"), Dense(15, "sigmoid"), Dense(units, output)]
    model = Sequential(layers, seed=2, dtype="float32")
    model.compile(Adam(0.01), loss)
    x, y = clusters(units)
    model.fit(x, y, epochs=400, verbose=0)
    return model


def digits_of(model, units):
    """The right digits of each example's loss, against 60 digits from the same logits."""
    x, y = clusters(units)
    twin = with_linear_output(model, units)
    targets = model.loss.targets(y, (len(y), units), np.float32)
    found, _ = computed(model.loss, targets, model(x))
    right = []
    for row, label in zip(twin(x), y, strict=True):
        if units == 1:
            z = exact(row[0])
            right.append(reference.softplus(-z if label else z))
        else:
            wanted = [Decimal(int(k == label)) for k in range(units)]
            right.append(reference.crossentropy(wanted, [exact(v) for v in row]))
    errors = [float(abs(exact(a) - b) / b) for a, b in zip(found, right, strict=True)]
    return -np.log10(np.maximum(errors, 1e-8))


def with_linear_output(model, units):
    """A network with the same weights whose output is linear."""
    layers = [Dense(25, "sigmoid"), Dense(15, "sigmoid"), Dense(units)]
    twin = Sequential(layers, dtype="float32")
    twin.build((2,))
    twin.set_weights(model.get_weights())
    return twin


@pytest.mark.slow
@pytest.mark.parametrize("output", KINDS)
def test_training_from_probabilities_loses_digits_that_logits_keep(output):
    units, loss = KINDS[output]
    logits = digits_of(trained(units, "linear", loss(from_logits=True)), units)
    probabilities = digits_of(trained(units, output, loss()), units)
    assert logits.min() > 6
    assert np.median(probabilities) < np.median(logits) - 2
    assert probabilities.min() < 4


def test_beyond_the_clip_an_example_teaches_nothing():
    """A confident wrong answer: from probabilities its slope is zero, from logits it is 1."""
    z, y = np.array([[20.0]], np.float32), np.array([[0.0]])
    model = Sequential([Dense(1, "sigmoid", weights={"kernel": [[1.0]], "bias": [0.0]})])
    model.build((1,))
    _, by_probability = computed(BinaryCrossentropy(), y, model(z))
    _, by_logit = computed(BinaryCrossentropy(from_logits=True), y, z)
    assert (by_probability.item(), by_logit.item()) == (0.0, 1.0)
