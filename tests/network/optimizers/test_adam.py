"""Adam is Kingma and Ba's algorithm, and its slots are their m and v but for a factor."""

import math

import numpy as np
import pytest

from nnctl.graph import Graph, Program
from nnctl.optimizers import Adam, AdamW
from nnctl.training.update import rates_of

STEPS, SIZE, RATE = 25, 4, 0.05
BETAS = [(0.9, 0.999), (0.5, 0.75), (0.0, 0.0)]
GRADIENTS = np.random.default_rng(2).standard_normal((STEPS, SIZE))
GRADIENTS[5:, 1] = 0  # a weight that has no derivative any more


def of_the_paper(beta_1, beta_2, epsilon, decay):
    """Algorithm 1 in the order of section 2, letter by letter; parameters, m and v."""
    theta, m, v = np.ones(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for t, g in enumerate(GRADIENTS, start=1):
        theta = theta - RATE * decay * theta
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha = RATE * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - alpha * m / (np.sqrt(v) + epsilon)
    return theta, m, v


@pytest.mark.parametrize("betas", BETAS, ids=str)
@pytest.mark.parametrize(("kind", "decay"), [(Adam, 0.0), (AdamW, 0.1)])
def test_it_is_the_papers_and_its_slots_are_multiples_of_m_and_v(kind, decay, betas):
    optimizer = kind(RATE, *betas, weight_decay=decay)
    graph = Graph()
    p, g = graph.leaf("p", (SIZE,)), graph.leaf("g", (SIZE,))
    old = tuple(graph.leaf(name, (SIZE,)) for name in optimizer.slots)
    *rates, decayed = [graph.leaf("rate", ()) for _ in rates_of(optimizer, RATE, 0)]
    after, new = optimizer.update(p - p * decayed, g, old, *rates)
    for leaf, value in zip([p, *old], [after, *new], strict=True):
        graph.assign(leaf, value)
    program = Program(graph, [g, *rates, decayed], np.float64)
    program[p][...] = 1
    for step, gradient in enumerate(GRADIENTS):
        program[g][...] = gradient
        numbers = rates_of(optimizer, RATE, step)
        for leaf, number in zip([*rates, decayed], numbers, strict=True):
            program[leaf][...] = number
        program.run()

    slots = dict(zip(optimizer.slots, old, strict=True))
    theta, m, v = of_the_paper(*betas, optimizer.epsilon, decay)
    np.testing.assert_allclose(program[p], theta, rtol=1e-12)
    np.testing.assert_allclose((1 - betas[0]) * program[slots["gradient_sum"]], m, rtol=1e-12)
    np.testing.assert_allclose((1 - betas[1]) * program[slots["square_sum"]], v, rtol=1e-12)
