"""The normal probability: against published values and the standard library's erfc."""

import math

import numpy as np
import pytest

from nnctl.error_function import normal_probability
from nnctl.graph import Graph, Program


def test_published_values():
    """Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.1."""
    z = np.array([0.0, 1.0, 2.0, 3.0])
    expected = [0.5, 0.841344746068543, 0.977249868051821, 0.998650101968370]
    np.testing.assert_allclose(normal_probability(z), expected, rtol=0, atol=5e-16)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 37.0), (np.float32, 12.0)])
def test_it_keeps_its_relative_accuracy_in_the_tail(dtype, limit):
    z = np.linspace(-limit, 8, 2001).astype(dtype)
    expected = np.array([0.5 * math.erfc(-float(v) / math.sqrt(2)) for v in z])
    epsilon = np.finfo(dtype).eps
    # Half a unit in z moves the tail by |z| times that much, relatively.
    allowed = (5 + np.abs(z) * np.abs(z)) * epsilon
    found = normal_probability(z)
    assert found.dtype == dtype
    assert (np.abs(found - expected) <= allowed * expected).all()


def test_complex_numbers_carry_the_derivative():
    z = np.linspace(-6, 6, 60)
    graph = Graph()
    leaf = graph.leaf("z", z.shape)
    probability = normal_probability(leaf)
    program = Program(graph, [probability], np.complex128)
    program[leaf][...] = z + 1e-20j
    program.run()
    step = program[probability].imag / 1e-20
    np.testing.assert_allclose(step, np.exp(-z * z / 2) / math.sqrt(2 * math.pi), rtol=1e-12)
