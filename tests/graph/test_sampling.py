"""Lookups between cells, against the definition cell by cell, and their derivative."""

import itertools
import math

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients
from nnctl.graph.sampling import Lookup, sample

SIZE = (4, 3)
SPREAD = 2.5  # times the image, that coordinates reach
LOOKUPS = [
    Lookup(way, fill, 7.5)
    for way in ("nearest", "bilinear")
    for fill in ("reflect", "wrap", "constant", "nearest")
]


def cell(image, row, column, lookup):
    """The number in a cell, wherever it is."""
    place = []
    for at, size in zip((row, column), image.shape[:2], strict=True):
        if lookup.fill_mode == "constant" and not 0 <= at < size:
            return np.full(image.shape[2], lookup.fill_value)
        mirrored = [*range(size), *reversed(range(size))]
        place.append(
            {
                "reflect": mirrored[at % (2 * size)],
                "wrap": at % size,
                "nearest": min(max(at, 0), size - 1),
                "constant": at,
            }[lookup.fill_mode]
        )
    return image[tuple(place)]


def found(image, row, column, lookup):
    """The number at a coordinate."""
    if lookup.interpolation == "nearest":
        return cell(image, *(math.floor(at + 0.5) for at in (row, column)), lookup)
    total = np.zeros(image.shape[2])
    for down, right in itertools.product((0, 1), repeat=2):
        at = math.floor(row) + down, math.floor(column) + right
        weight = (1 - abs(row - at[0])) * (1 - abs(column - at[1]))
        total += weight * cell(image, *at, lookup)
    return total


def traced(lookup, separable, channels, dtype):
    """A program that looks up, and derives by the images, with the arrays that it is given."""
    generator = np.random.default_rng(1)
    n, (h, w) = 2, SIZE
    shapes = [(n, h, 1), (n, 1, w)] if separable else [(n, h, w)] * 2
    arrays = [generator.standard_normal((n, h, w, channels))]
    arrays += [
        generator.uniform(-SPREAD * size, (1 + SPREAD) * size, shape)
        for size, shape in zip(SIZE, shapes, strict=True)
    ]
    weights = generator.standard_normal((n, h, w, channels))
    graph = Graph()
    leaves = [graph.leaf(name, a.shape) for name, a in zip("xrc", arrays, strict=True)]
    y = sample(*leaves, lookup)
    (d,) = gradients((y * graph.constant(weights)).sum(), leaves[:1])
    given = {leaf: a.astype(dtype) for leaf, a in zip(leaves, arrays, strict=True)}
    program = Program(graph, [y, d], dtype, given)
    program.run()
    return arrays, weights, program[y], program[d]


@pytest.mark.parametrize("channels", [1, 9])
@pytest.mark.parametrize("separable", [False, True])
@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: " ".join(lookup[:2]))
def test_each_place_has_what_stands_at_its_coordinates(lookup, separable, channels):
    (x, rows, columns), weights, y, d = traced(lookup, separable, channels, np.float64)
    rows, columns = np.broadcast_arrays(rows, columns)
    expected, slopes = np.empty_like(x), np.zeros_like(x)
    for place in np.ndindex(rows.shape):
        image = x[place[0]]
        expected[place] = found(image, rows[place], columns[place], lookup)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    # It is linear in the images, up to what stands outside: a slope is what a unit more gives.
    outside = Lookup(lookup.interpolation, lookup.fill_mode, 0.0)
    for at in np.ndindex(x.shape[:3]):
        unit = np.zeros_like(x[at[0]])
        unit[at[1:]] = 1
        places = zip(rows[at[0]].flat, columns[at[0]].flat, strict=True)
        moved = [found(unit, r, c, outside) for r, c in places]
        slopes[at] = (np.array(moved).reshape(*SIZE, channels) * weights[at[0]]).sum((0, 1))
    np.testing.assert_allclose(d, slopes, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: " ".join(lookup[:2]))
def test_complex_numbers_are_looked_up_alike(lookup):
    """As the complex step of gradcheck has it: coordinates are what their real parts say."""
    *_, y, _ = traced(lookup, False, 2, np.float64)
    *_, z, _ = traced(lookup, False, 2, np.complex128)
    np.testing.assert_array_equal(z, y)
