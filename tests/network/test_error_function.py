"""The tail of the normal distribution: against published values and 60 digits."""

import math

import numpy as np
import pytest

from nnctl.graph import Graph, Program
from nnctl.network.error_function import DENOMINATOR, END, NUMERATOR, scaled_normal_tail
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


def test_the_coefficients_are_those_of_the_function_that_meets_the_ratio_at_its_nodes():
    """Solved anew: `P(w) - R(w) Q(w) = 0` at each node, where `Q` begins with 1."""
    count = len(NUMERATOR) + len(DENOMINATOR) - 1
    low, high = -1.0, (END - 4) / (END + 4)
    rows = []
    for k in range(count):
        t = (low + high) / 2 + (high - low) / 2 * math.cos(math.pi * (2 * k + 1) / (2 * count))
        w = exact(4 * (1 + t) / (1 - t))
        ratio = reference.normal_tail(w) * (w * w / 2).exp()
        of_numerator = [w**j for j in range(len(NUMERATOR))]
        of_denominator = [-ratio * w**j for j in range(1, len(DENOMINATOR))]
        rows.append([*of_numerator, *of_denominator, ratio])
    found = [float(x) for x in solved(rows)]
    np.testing.assert_allclose(found, [*NUMERATOR, *DENOMINATOR[1:]], rtol=1e-9)


def solved(rows):
    """The solution of linear equations, each a row that ends with its right side (Gauss)."""
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(len(rows)):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[-1] / row[k] for k, row in enumerate(rows)]


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
