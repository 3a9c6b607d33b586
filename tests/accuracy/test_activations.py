"""Activations and their derivatives in float32 and float64, over logits up to 10,000."""

from functools import partial

import numpy as np
import pytest

from nnctl.activations import softmax
from nnctl.graph import Graph, Program, gradients
from nnctl.network.activations import ACTIVATIONS
from tests.accuracy import reference
from tests.accuracy.bounds import DTYPES, UNITS, exact, excess, half_unit, half_units, logits

# Where a slope is a difference: around the minimum of gelu and silu its root lies.
CANCELS = {"gelu": (-2, -0.4), "silu": (-3, -0.6)}
STEPS = ("linear", "relu", "leaky_relu")  # slopes that no rounding of the input changes
CHECKED = [name for name in reference.ACTIVATIONS if name != "gelu approximate"]


def activation_of(name):
    first, *approximate = name.split()
    return partial(ACTIVATIONS[first], approximate=True) if approximate else ACTIVATIONS[first]


def computed(name, z):
    """The activation of an array and its slope, as a program computes them."""
    graph = Graph()
    leaf = graph.leaf("z", z.shape)
    a = activation_of(name)(leaf)
    (slope,) = gradients(a.sum(), [leaf])
    program = Program(graph, [a, slope], z.dtype, {leaf: z})
    program.run()
    return program[a], program[slope]


def worst(function, z, found, stepwise=False):
    """The greatest excess of all points, and where it is."""
    errors = []
    for v, number in zip(z, found, strict=True):
        right, h = function(exact(v)), half_unit(v)
        near = [right if stepwise else function(exact(v) + step) for step in (h, -h)]
        effect = max(abs(other - right) for other in near)
        errors.append((excess(number, right, effect, z.dtype.type), float(v)))
    return max(errors)


def test_every_activation_has_a_reference():
    names = {name.split()[0] for name in reference.ACTIVATIONS}
    assert names | {"softmax"} == set(ACTIVATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CHECKED)
def test_values_keep_their_digits(name, dtype):
    z = logits(dtype)
    traced, _ = computed(name, z)
    assert traced.tobytes() == activation_of(name)(z).tobytes()
    error, where = worst(reference.ACTIVATIONS[name][0], z, traced)
    assert error <= UNITS, where


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in CHECKED if name != "tanh"])
def test_slopes_keep_their_digits(name, dtype):
    low, high = CANCELS.get(name, (0, 0))
    z = logits(dtype)
    z = z[(z <= low) | (z >= high)]
    error, where = worst(reference.ACTIVATIONS[name][1], z, computed(name, z)[1], name in STEPS)
    assert error <= UNITS, where


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["tanh", "gelu", "silu", "gelu approximate"])
def test_slopes_that_are_differences_keep_the_digits_of_their_terms(name, dtype):
    """The terms are of size 1: `1 - a^2` for tanh, `p + z * density` for gelu."""
    z = logits(dtype)
    right = np.array([float(reference.ACTIVATIONS[name][1](exact(v))) for v in z])
    np.testing.assert_allclose(computed(name, z)[1], right, rtol=0, atol=6 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_approximate_gelu_is_accurate_up_to_the_rounding_of_its_polynomial(dtype):
    """Of `2u`, which the tail is a power of, no more than 4 roundings are lost."""
    z, epsilon = logits(dtype), np.finfo(dtype).eps
    found, _ = computed("gelu approximate", z)
    for v, a in zip(z, found, strict=True):
        right = float(reference.ACTIVATIONS["gelu approximate"][0](exact(v)))
        inner = abs(float(reference.approximate_gelu_inner(exact(v))))
        lost = abs(float(v)) * np.finfo(dtype).smallest_subnormal
        assert abs(a - right) <= (4 + 2 * inner) * epsilon * abs(right) + lost, v


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1e-3, 1, 30, 300, 1e4])
def test_softmax_keeps_its_digits(scale, dtype):
    z = np.random.default_rng(4).uniform(-scale, scale, (30, 5)).astype(dtype)
    z[0] = z[0, 0]
    for row, found in zip(z, softmax(z), strict=True):
        right = reference.softmax([exact(v) for v in row])
        for k, a in enumerate(right):
            effect = sum(a * abs((j == k) - right[j]) for j in range(5)) * half_units(row)
            assert excess(found[k], a, effect, dtype) <= UNITS
