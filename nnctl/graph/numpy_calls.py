"""The fastest NumPy calls for what operations do: chosen once, by shape, when a program is made.

Each function returns calls without arguments, which fill `out` from arrays that stay the same
objects. Constants are read-only arrays.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

# OpenBLAS copies and rearranges both matrices of a larger product first. That pays where each
# number is used often; a long narrow product takes up to twice the time of its blocks.
MULTIPLY_ADDS_UNPACKED = 1_000_000
MOST_BLOCKS, NARROW, FEWEST_ROWS = 64, 72, 64
# Of a product of twice so many, each thread may take some columns: that costs a tenth of the time.
MULTIPLY_ADDS_A_PIECE, COLUMNS_A_PIECE = 8_000_000, 128
SHORT_ROW = 32  # numbers, up to which the greatest of each is found faster down columns
ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
SPREAD = 1 << 16  # numbers that one is repeated to, at most

Array = np.ndarray[Any, np.dtype[Any]]
Call = Callable[[], Any]


class Pieces(tuple[Call, ...]):
    """Calls that do not wait for each other, as one: threads may share them. `whole` does without.

    Digits may differ between the two, but not by who makes which call.
    """

    whole: Call | None = None

    def __call__(self) -> None:
        for call in self:
            call()


def elementwise(ufunc: np.ufunc, out: Array, *arrays: Array) -> list[Call]:
    """`ufunc` of the arrays; of one number without axes, which is quicker to broadcast."""
    arrays = tuple(array.reshape(()) if array.size == 1 < out.size else array for array in arrays)
    if ufunc in (np.maximum, np.minimum):  # NumPy insists on the keyword of these two alone
        return [partial(ufunc, *(spread(array, out) for array in arrays), out=out)]
    return [partial(ufunc, *arrays, out)]  # by position: 0.2 µs less than `out=out`


def spread(array: Array, out: Array) -> Array:
    """A constant number repeated, as far as it is cheap, along the last axes of `out`.

    The greater of two arrays is found with vector instructions, that of an array and a number not.
    """
    if array.ndim or array.flags.writeable:
        return array
    axes = next((k for k in range(out.ndim) if math.prod(out.shape[k:]) <= SPREAD), out.ndim)
    return np.full(out.shape[axes:], array)


def aligned_zeros(shape: tuple[int, ...], dtype: np.typing.DTypeLike) -> Array:
    """Zeros that start at a multiple of `ALIGNMENT`; other vectors take longer to add."""
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.zeros(nbytes + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + nbytes].view(dtype).reshape(shape)


def product(out: Array, a: Array, b: Array) -> list[Call]:
    """`a @ b` of matrices: whole, or in blocks of the long side of `a`."""
    (rows, inner), columns = a.shape, b.shape[1]
    narrow = 1 < columns <= NARROW
    if narrow and a.flags.c_contiguous:
        count = blocks(rows, rows * inner * columns)
        parts = a.reshape(count, rows // count, inner), b, out.reshape(count, -1, columns)
        return [partial(np.matmul, *parts)] if count > 1 else [partial(a.dot, b, out)]
    if narrow and a.flags.f_contiguous and b.flags.c_contiguous:
        count = blocks(inner, rows * inner * columns)
        if count > 1:
            slabs = a.T.reshape(count, -1, rows).transpose(0, 2, 1)
            sums = np.empty((count, rows, columns), out.dtype)
            add = partial(np.ones(count, out.dtype).dot, sums.reshape(count, -1), out.reshape(-1))
            return [partial(np.matmul, slabs, b.reshape(count, -1, columns), sums), add]
    count = pieces(columns, rows * inner * columns)
    if count == 1:
        return [partial(a.dot, b, out)]  # called in 2/3 of np.matmul's time
    own = zip(np.split(b, count, 1), np.split(out, count, 1), strict=True)
    made = Pieces(partial(np.matmul, a, *each) for each in own)
    made.whole = partial(a.dot, b, out)
    return [made]


def pieces(columns: int, multiply_adds: int) -> int:
    """Into how many equal pieces of columns a product of that size is divided; 1 for none."""
    most = min(columns // COLUMNS_A_PIECE, multiply_adds // MULTIPLY_ADDS_A_PIECE)
    return next((count for count in (8, 4, 2) if count <= most and columns % count == 0), 1)


def blocks(rows: int, multiply_adds: int) -> int:
    """Into how many equal blocks of rows a product of that size is best divided; 1 for none."""
    fewest = max(1, -(-multiply_adds // MULTIPLY_ADDS_UNPACKED))
    for count in range(fewest, MOST_BLOCKS + 1):
        if rows % count == 0 and rows // count >= FEWEST_ROWS:
            return count
    return 1


def total(axes: Sequence[int], out: Array, x: Array) -> list[Call]:
    """The sum over the axes; on small matrices a product with ones, a fifth of `np.sum`'s time."""
    summed = math.prod(x.shape[axis] for axis in axes)
    if 0 < len(axes) < x.ndim and x.flags.c_contiguous and x.size:
        ones = np.ones(summed, x.dtype)
        if axes[-1] == len(axes) - 1:
            return [partial(ones.dot, x.reshape(summed, -1), out.reshape(-1))]
        if axes[0] == x.ndim - len(axes):
            return [partial(x.reshape(-1, summed).dot, ones, out.reshape(-1))]
    return [partial(np.add.reduce, x, tuple(axes), None, out, out.ndim == x.ndim)]


def greatest(axes: Sequence[int], out: Array, x: Array) -> list[Call]:
    """The greatest number along the axes; of short rows by way of their columns.

    NumPy begins anew at each row, which costs more than the few numbers in it.
    """
    if tuple(axes) == (x.ndim - 1,) and x.shape[-1] <= SHORT_ROW and x.flags.c_contiguous:
        rows = x.reshape(-1, x.shape[-1])
        columns = np.empty(rows.shape[::-1], x.dtype)
        down = partial(np.maximum.reduce, columns, 0, None, out.reshape(-1))
        return [partial(np.copyto, columns, rows.T), down]
    return [partial(np.maximum.reduce, x, tuple(axes), None, out, out.ndim == x.ndim)]
