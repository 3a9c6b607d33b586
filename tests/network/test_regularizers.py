"""Regularizers: their value, their gradient at zero, and that they count in every loss."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.graph import Graph, Program, gradients
from nnctl.layers import Dense
from nnctl.network.regularizers import REGULARIZERS
from nnctl.optimizers import SGD

W = np.array([[1.0, -2.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    ("name", "options", "value", "slope"),
    [
        ("l1", {}, 0.06, 0.01 * np.sign(W)),
        ("l2", {}, 0.14, 0.02 * W),
        ("l1_l2", {}, 0.2, 0.01 * np.sign(W) + 0.02 * W),
        ("l1_l2", {"l1": 0.5, "l2": 0.0}, 3.0, 0.5 * np.sign(W)),
    ],
)
def test_values_and_slopes(name, options, value, slope):
    graph = Graph()
    w = graph.leaf("w", W.shape)
    penalty = REGULARIZERS[name](**options)(w)
    program = Program(graph, [penalty, *gradients(penalty, [w])], np.float64, {w: W})
    program.run()
    assert float(program[penalty]) == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(program[gradients(penalty, [w])[0]], slope, atol=1e-18)


def test_the_penalty_counts_in_the_loss_of_training_validation_and_evaluation():
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((7, 3)), generator.standard_normal((7, 1))
    model = Sequential([Dense(1, kernel_regularizer={"type": "l2", "l2": 0.5})], dtype="float64")
    model.compile(SGD(1e-12), "mean_squared_error")  # so slow that the weights stay
    history = model.fit(x, y, batch_size=3, verbose=0, validation_data=(x, y)).history
    kernel, _ = model.get_weights()
    expected = float(np.square(model(x) - y).mean() + 0.5 * np.square(kernel).sum())
    assert history["loss"] == pytest.approx([expected])
    assert history["val_loss"] == pytest.approx([expected])
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected)
