"""A choice of rows is the product with the matrix whose ones choose them; derivatives, too."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients
from nnctl.graph.choices import with_ones

WIDTH, UNITS = 9, 3
PLACES = np.array([7, 2])
ONES = [[0, 5], [4, -1], [0, 8], [-1, -1], [4, 5]]  # rows without ones, and ones of several rows


def matrix(numbers, ones):
    made = np.zeros((len(numbers), WIDTH), numbers.dtype)
    made[:, PLACES] = numbers
    for row, columns in zip(made, ones, strict=True):
        row[[column for column in columns if column >= 0]] = 1
    return made


class Traced:
    """the matrix times a kernel, with all arrays at hand."""

    def __init__(self, ones, numbers=2, dtype=np.float64, seed=0):
        draws = np.random.default_rng(seed)
        self.ones = np.array(ones, np.intp)
        self.places = PLACES[:numbers]
        self.numbers = draws.normal(size=(len(ones), 2))[:, :numbers].astype(dtype)
        self.kernel = draws.normal(size=(WIDTH, UNITS)).astype(dtype)
        self.weights = draws.normal(size=(len(ones), UNITS)).astype(dtype)
        graph = Graph()
        leaves = (
            graph.leaf("numbers", self.numbers.shape),
            graph.leaf("ones", self.ones.shape, "integer"),
            graph.leaf("kernel", self.kernel.shape),
            graph.leaf("weights", self.weights.shape),
        )
        arrays = (self.numbers, self.ones, self.kernel, self.weights)
        self.given = dict(zip(leaves, arrays, strict=True))
        self.x = with_ones(leaves[0], leaves[1], self.places, WIDTH)
        self.y = self.x @ leaves[2]
        loss = (self.y * leaves[3]).sum()
        self.by_numbers, self.by_kernel = gradients(loss, [leaves[0], leaves[2]])
        self.graph, self.dtype = graph, dtype

    def values(self, *wanted):
        program = Program(self.graph, wanted, self.dtype, self.given)
        for _ in range(2):  # what a run leaves behind is nothing to the next
            program.run()
        return [program[value].copy() for value in wanted], program


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_product_with_the_matrix(dtype):
    traced = Traced(ONES, dtype=dtype)
    x = matrix(traced.numbers, ONES)
    (y, by_numbers, by_kernel), _ = traced.values(traced.y, traced.by_numbers, traced.by_kernel)
    close = 1e-5 if dtype is np.float32 else 1e-14
    np.testing.assert_allclose(y, x @ traced.kernel, rtol=close, atol=close)
    np.testing.assert_allclose(by_kernel, x.T @ traced.weights, rtol=close, atol=close)
    whole = traced.weights @ traced.kernel.T
    np.testing.assert_allclose(by_numbers, whole[:, PLACES], rtol=close, atol=close)


@pytest.mark.parametrize("numbers", [0, 2])
@pytest.mark.parametrize("ones", [[[-1]] * 4, [[WIDTH - 1], [-1], [0], [-1]], [[3]], [[]] * 3])
def test_rows_may_lack_numbers_or_ones(ones, numbers):
    traced = Traced(ones, numbers)
    x = np.zeros((len(ones), WIDTH))
    x[:, traced.places] = traced.numbers
    for row, columns in zip(x, ones, strict=True):
        row[[column for column in columns if column >= 0]] = 1
    (made, y, by_kernel), _ = traced.values(traced.x, traced.y, traced.by_kernel)
    assert made.tolist() == x.tolist()
    np.testing.assert_allclose(y, x @ traced.kernel, atol=1e-14)
    np.testing.assert_allclose(by_kernel, x.T @ traced.weights, atol=1e-14)


def test_the_matrix_is_made_only_where_it_is_read():
    traced = Traced(ONES)
    _, program = traced.values(traced.y, traced.by_kernel)
    assert traced.x not in program
    doubled = traced.x * 2
    (made, twice), program = traced.values(traced.x, doubled)
    assert made.tolist() == matrix(traced.numbers, ONES).tolist()
    assert twice.tolist() == (2 * made).tolist()


def test_its_product_after_another_operation_is_that_of_matrices():
    traced = Traced(ONES)
    kernel = next(leaf for leaf in traced.given if leaf.name == "kernel")
    (y,), program = traced.values((traced.x * 2) @ kernel)
    assert "matmul" in [named.value.name for named in program.calls]
    np.testing.assert_allclose(y, 2 * matrix(traced.numbers, ONES) @ traced.kernel, atol=1e-14)


def test_matrices_with_other_places_are_other_values():
    graph = Graph()
    numbers, ones = graph.leaf("numbers", (4, 1)), graph.leaf("ones", (4, 1), "integer")
    first, same, place, width = (
        with_ones(numbers, ones, np.array([place]), width)
        for place, width in ((1, 5), (1, 5), (2, 5), (1, 6))
    )
    assert first is same
    assert len({first, place, width}) == 3
