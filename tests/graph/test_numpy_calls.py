"""However an operation is lowered, it computes the same."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnctl.graph import numpy_calls

SHAPES = [(5, 3, 4), (32, 784, 25), (6272, 72, 16), (72, 6272, 16), (4099, 40, 20), (300, 70, 100)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_make_up_the_product(generator, shape, transposed, dtype):
    rows, inner, columns = shape
    a = generator.standard_normal((inner, rows) if transposed else (rows, inner)).astype(dtype)
    b = generator.standard_normal((inner, columns)).astype(dtype)
    a, out = a.T if transposed else a, np.full((rows, columns), np.nan, dtype)
    for call in numpy_calls.product(out, a, b):
        call()
    exact = a.astype(np.complex128) @ b.astype(np.complex128)
    error = np.abs(out - exact).max()
    assert error <= 20 * np.finfo(dtype).eps * np.sqrt(inner) * np.abs(exact).max()


@pytest.mark.slow
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_pieces_make_up_a_large_product(generator, transposed, dtype):
    a = generator.normal(size=(125, 512)).astype(dtype)
    b = generator.normal(size=(512, 512)).astype(dtype)
    b = b.T if transposed else b
    out = np.full((125, 512), np.nan, dtype)
    (call,) = numpy_calls.product(out, a, b)
    assert isinstance(call, numpy_calls.Pieces) and len(call) == 4
    for piece in reversed(call):  # none needs another
        piece()
    assert_allclose(out, a @ b, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-4)
    found = out.tobytes()
    call()
    assert out.tobytes() == found


@pytest.mark.parametrize(
    "columns, multiply_adds, count",
    [
        (512, 15_999_999, 1),
        (512, 16_000_000, 2),
        (512, 33_554_432, 4),
        (255, 10**9, 1),  # a piece of 128 columns and one of 127
        (257, 10**9, 1),
        (384, 10**9, 2),
        (2048, 10**9, 8),
    ],
)
def test_pieces_are_equal_and_neither_too_small_nor_too_narrow(columns, multiply_adds, count):
    assert numpy_calls.pieces(columns, multiply_adds) == count


@pytest.mark.parametrize(
    ("rows", "multiply_adds", "count"),
    [
        (6272, 900_000, 1),
        (6272, 7_225_344, 8),
        (6273, 7_225_344, 9),
        (6271, 7_225_344, 1),
        (256, 7_000_000, 1),
        (6272, 20_000_000, 28),
        (5000, 39_200_000, 40),
        (6272, 200_000_000, 1),
        (0, 0, 1),
    ],
)
def test_blocks_are_equal_and_neither_too_small_nor_too_many(rows, multiply_adds, count):
    assert numpy_calls.blocks(rows, multiply_adds) == count
    assert rows % count == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (2, 40_000, 2), (70_000, 2), (0, 3)], ids=str)
def test_a_constant_is_repeated_and_nothing_else(generator, shape, ufunc, dtype):
    array, out = generator.standard_normal(shape).astype(dtype), np.full(shape, np.nan, dtype)
    number = np.asarray(0.25, dtype)
    for constant in (False, True):
        number.flags.writeable = not constant
        operand = numpy_calls.spread(number, out)
        assert (operand is number) == (not constant)
        assert operand.size <= numpy_calls.SPREAD
        for call in numpy_calls.elementwise(ufunc, out, array, number):
            call()
        assert_array_equal(out, ufunc(array, dtype(0.25)))


@pytest.mark.parametrize("shape", [(1, 1), (32, 10), (4, 7, 3), (6, 200)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_and_maxima_are_numpys(generator, shape, keepdims):
    array = generator.standard_normal(shape)
    for x in (array, np.asfortranarray(array)):
        for axes in ((0,), (len(shape) - 1,), tuple(range(len(shape)))):
            for lowered, numpy in ((numpy_calls.total, np.sum), (numpy_calls.greatest, np.max)):
                expected = numpy(x, axis=axes, keepdims=keepdims)
                out = np.full(expected.shape, np.nan)
                for call in lowered(axes, out, x):
                    call()
                assert_allclose(out, expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 5)], ids=str)
def test_memory_starts_at_a_cache_line(shape, dtype):
    for _ in range(5):
        array = numpy_calls.aligned_zeros(shape, dtype)
        assert not array.size or array.ctypes.data % numpy_calls.ALIGNMENT == 0
        assert_array_equal(array, np.zeros(shape, dtype), strict=True)
