"""The course: its listings run, and its worked examples give its numbers."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.activations import sigmoid, softmax
from nnctl.layers import Dense
from nnctl.losses import BinaryCrossentropy, HalfMeanSquaredError, SparseCategoricalCrossentropy
from nnctl.optimizers import SGD, Adam


@pytest.fixture
def digits():
    generator = np.random.default_rng(0)
    return generator.random((40, 20)), generator.integers(0, 10, 40)


def test_three_sigmoid_layers_and_binary_crossentropy(digits):
    X, y = digits[0], digits[1] % 2
    model = Sequential(
        [
            Dense(units=25, activation="sigmoid"),
            Dense(units=15, activation="sigmoid"),
            Dense(units=1, activation="sigmoid"),
        ]
    )
    model.compile(loss=BinaryCrossentropy())
    model.fit(X, y, epochs=3, verbose=0)
    assert ((model(X) > 0) & (model(X) < 1)).all()


def test_softmax_output_and_its_better_form_with_logits(digits):
    X, Y = digits

    def hidden():
        return [Dense(units=25, activation="relu"), Dense(units=15, activation="relu")]

    first = Sequential([*hidden(), Dense(units=10, activation="softmax")])
    first.compile(loss=SparseCategoricalCrossentropy())
    first.fit(X, Y, epochs=3, verbose=0)
    model = Sequential([*hidden(), Dense(units=10, activation="linear")])
    model.compile(
        optimizer=Adam(learning_rate=1e-3), loss=SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit(X, Y, epochs=3, verbose=0)
    logits = model(X)
    f_x = softmax(logits)
    np.testing.assert_allclose(f_x.sum(axis=1), 1, rtol=1e-6)


def test_logistic_regression_with_logits(digits):
    X, Y = digits[0], digits[1] % 2
    model = Sequential(
        [
            Dense(units=25, activation="sigmoid"),
            Dense(units=15, activation="sigmoid"),
            Dense(units=1, activation="linear"),
        ]
    )
    model.compile(optimizer="adam", loss=BinaryCrossentropy(from_logits=True))
    model.fit(X, Y, epochs=3, verbose=0)
    logit = model(X)
    f_x = sigmoid(logit)
    assert ((f_x > 0) & (f_x < 1)).all()


def gradients_of(model, x, y):
    """J and its derivatives by each parameter, through one step of gradient descent."""
    model.compile(SGD(1.0), HalfMeanSquaredError())
    batch = model.examples([[x]], [[y]])
    before = model.named_arrays()
    loss = float(model.evaluate([[x]], [[y]]))
    model.fit(batch.x, batch.y, epochs=1, verbose=0)
    after = model.named_arrays()
    return loss, {name: float((before[name] - after[name]).item()) for name in before}


def test_back_propagation_through_one_neuron():
    """c = wx = -4, a = c + b = 4, d = a - y = 2, J = d^2 / 2 = 2.

    From the right: dJ/da = d = 2, so dJ/db = 2 and dJ/dw = d x = -4.
    """
    layer = Dense(1, weights={"kernel": [[2.0]], "bias": [8.0]})
    loss, slopes = gradients_of(Sequential([layer], dtype="float64"), x=-2.0, y=2.0)
    assert (loss, slopes) == (2.0, {"dense_1/kernel": -4.0, "dense_1/bias": 2.0})


def test_back_propagation_through_two_layers():
    """z1 = 2, a1 = 2, a2 = 3 * 2 + 1 = 7, J = (7 - 5)^2 / 2 = 2.

    From the right: dJ/da2 = 2, so dJ/db2 = 2 and dJ/dw2 = 2 a1 = 4; dJ/da1 = 2 w2 = 6, which ReLU
    passes on, so dJ/db1 = 6 and dJ/dw1 = 6 x = 6.
    """
    layers = [
        Dense(1, "relu", weights={"kernel": [[2.0]], "bias": [0.0]}),
        Dense(1, weights={"kernel": [[3.0]], "bias": [1.0]}),
    ]
    loss, slopes = gradients_of(Sequential(layers, dtype="float64"), x=1.0, y=5.0)
    assert loss == 2.0
    assert slopes == {
        "dense_1/kernel": 6.0, "dense_1/bias": 6.0, "dense_2/kernel": 4.0, "dense_2/bias": 2.0,
    }  # fmt: skip
