"""What holds for every optimizer in the registry, and one step of each worked out by hand."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.training.update import rates_of


def descended(optimizer, loss_of, start, steps, dtype=np.float64):
    """The parameters after so many steps on `loss_of(p)`."""
    graph = Graph(training=True)
    p = graph.leaf("p", start.shape)
    old = tuple(graph.leaf(name, start.shape) for name in optimizer.slots)
    rates = [graph.leaf("rate", ()) for _ in rates_of(optimizer, 0.0, 0)]
    (g,) = gradients(loss_of(p), [p])
    *own, decay = rates
    after, new = optimizer.update(p - p * decay, g, old, *own)
    graph.assign(p, after)
    for leaf, value in zip(old, new, strict=True):
        graph.assign(leaf, value)
    program = Program(graph, [*rates], dtype)
    program[p][...] = start
    for leaf, value in zip(old, optimizer.slots.values(), strict=True):
        program[leaf][...] = value
    for step in range(steps):
        for rate, number in zip(
            rates, rates_of(optimizer, optimizer.learning_rate, step), strict=True
        ):
            program[rate][...] = number
        program.run()
    return program[p].copy()


def parabola(p):
    return np.square(p).sum()


def rosenbrock(p):
    x, y = (p * np.array([1.0, 0.0])).sum(), (p * np.array([0.0, 1.0])).sum()
    return np.square(1 - x) + np.square(y - np.square(x)) * 100


RATES = {
    "adagrad": 0.5,
    "adam": 0.05,
    "adamw": 0.05,
    "rmsprop": 0.02,
    "sgd": 0.1,
    "gradient_descent": 0.1,
}
START = np.array([1.5, -2.0, 0.5])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_parabola_is_descended_to_its_bottom(name):
    end = descended(OPTIMIZERS[name](RATES[name]), parabola, START, 400)
    assert np.abs(end).max() < 0.05


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rosenbrocks_valley_is_found(name):
    start = np.array([-1.0, 1.5])
    rate = 0.001 if OPTIMIZERS[name] is OPTIMIZERS["sgd"] else RATES[name] / 5
    end = descended(OPTIMIZERS[name](rate, weight_decay=0.0), rosenbrock, start, 600)

    def value(p):
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2

    assert value(end) < 0.35 * value(start)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_dtype_is_kept_and_settings_are_left_alone(name, dtype):
    optimizer = OPTIMIZERS[name](RATES[name])
    before = repr(optimizer)
    assert descended(optimizer, parabola, START, 3, dtype).dtype == dtype
    assert repr(optimizer) == before


# One step from p = 2 on J = p^2 / 4, whose derivative there is g = 1.
STEPS = {
    ("sgd", ()): 2 - 0.1,
    # v = -0.1, and Nesterov's step looks ahead: 0.9 v - 0.1 = -0.19.
    ("sgd", (("momentum", 0.9),)): 2 - 0.1,
    ("sgd", (("momentum", 0.9), ("nesterov", True))): 2 - 0.19,
    ("sgd", (("weight_decay", 0.5),)): 2 - 2 * 0.1 * 0.5 - 0.1,
    # m = 0.1 g and v = 0.001 g^2, both corrected to 1: a step of the rate.
    ("adam", ()): 2 - 0.1 * np.sqrt(0.001) / 0.1 * 0.1 / (np.sqrt(0.001) + 1e-7),
    ("adamw", ()): 2 - 2 * 0.1 * 0.004 - 0.1 * np.sqrt(0.001) / (np.sqrt(0.001) + 1e-7),
    # v = 0.1: a step of 0.1 / sqrt(0.1).
    ("rmsprop", ()): 2 - 0.1 / np.sqrt(0.1 + 1e-7),
    # mean = 0.1, so the variance is 0.1 - 0.01.
    ("rmsprop", (("centered", True),)): 2 - 0.1 / np.sqrt(0.1 - 0.01 + 1e-7),
    # The accumulator starts at 0.1 and is 1.1 now.
    ("adagrad", ()): 2 - 0.1 / np.sqrt(1.1 + 1e-7),
}


@pytest.mark.parametrize(("case", "expected"), STEPS.items(), ids=str)
def test_one_step_by_hand(case, expected):
    name, options = case
    optimizer = OPTIMIZERS[name](0.1, **dict(options))
    end = descended(optimizer, lambda p: np.square(p).sum() * 0.25, np.array([2.0]), 1)
    assert float(end[0]) == pytest.approx(expected, rel=1e-14)
