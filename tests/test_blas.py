"""Products: whole or in blocks, they are the same."""

import numpy as np
import pytest

from nnctl import blas

SHAPES = [(5, 3, 4), (32, 784, 25), (6272, 72, 16), (72, 6272, 16), (4099, 40, 20), (300, 70, 100)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_make_up_the_product(generator, shape, transposed, dtype):
    rows, inner, columns = shape
    a = generator.standard_normal((inner, rows) if transposed else (rows, inner)).astype(dtype)
    b = generator.standard_normal((inner, columns)).astype(dtype)
    a, out = a.T if transposed else a, np.full((rows, columns), np.nan, dtype)
    for call in blas.product(a, b, out):
        call()
    exact = a.astype(np.complex128) @ b.astype(np.complex128)
    error = np.abs(out - exact).max()
    assert error <= 20 * np.finfo(dtype).eps * np.sqrt(inner) * np.abs(exact).max()


@pytest.mark.parametrize(
    ("rows", "multiply_adds", "count"),
    [
        (6272, 900_000, 1),
        (6272, 7_225_344, 8),
        (6273, 7_225_344, 9),
        (6271, 7_225_344, 1),
        (256, 7_000_000, 1),
        (6272, 20_000_000, 1),
        (0, 0, 1),
    ],
)
def test_blocks_are_equal_and_neither_too_small_nor_too_many(rows, multiply_adds, count):
    assert blas.blocks(rows, multiply_adds) == count
    assert rows % count == 0
