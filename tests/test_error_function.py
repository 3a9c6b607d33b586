"""The tail of the normal distribution: against published values and 60 digits."""

import math

import numpy as np
import pytest

from nnctl.error_function import END, scaled_normal_tail
from nnctl.graph import Graph, Program
from tests.accuracy import reference
from tests.accuracy.bounds import DTYPES, exact


def normal_tail(w):
    return scaled_normal_tail(w) * np.exp(np.square(w) * -0.5)


def test_published_values():
    """Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.1."""
    w = np.array([0.0, 1.0, 2.0, 3.0])
    expected = [0.5, 0.841344746068543, 0.977249868051821, 0.998650101968370]
    np.testing.assert_allclose(1 - normal_tail(w), expected, rtol=0, atol=5e-16)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_scaled_tail_keeps_its_digits(dtype):
    """To 4 units near 0; further out the power that it is multiplied with loses more than it."""
    w = np.concatenate([np.linspace(0, 3, 200), np.linspace(3, END, 150)]).astype(dtype)
    found = scaled_normal_tail(w)
    assert found.dtype == dtype
    for v, ratio in zip(w, found, strict=True):
        right = float(reference.normal_tail(exact(v)) * (exact(v) ** 2 / 2).exp())
        assert abs(float(ratio) - right) <= (4 + v / 4) * float(np.spacing(dtype(right))), v


def test_beyond_the_end_the_tail_is_zero():
    assert normal_tail(END) == 0
    assert reference.normal_tail(exact(END)) < exact(np.finfo(np.float64).smallest_subnormal) / 2


def test_complex_numbers_carry_the_derivative():
    w = np.linspace(0, 6, 60)
    graph = Graph()
    leaf = graph.leaf("w", w.shape)
    tail = normal_tail(leaf)
    program = Program(graph, [tail], np.complex128)
    program[leaf][...] = w + 1e-20j
    program.run()
    step = program[tail].imag / 1e-20
    np.testing.assert_allclose(step, -np.exp(-w * w / 2) / math.sqrt(2 * math.pi), rtol=1e-12)
