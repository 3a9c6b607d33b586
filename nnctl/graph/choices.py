"""Matrices that are known by the places of their ones: a product with them is a choice of rows.

A row of such a matrix has a few numbers, always in the same columns, and some ones; all else is 0.
Times a kernel it is these numbers times their rows of the kernel, and the sum of the rows that the
ones choose: of a kernel of 100,000 rows, five or six.
"""

from functools import partial
from typing import Any

import numpy as np

from nnctl.graph import numpy_calls
from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call
from nnctl.graph.operations import Operation
from nnctl.graph.values import Value

MOST_ROWS_READY = 512  # of an identity matrix, which takes as many numbers a row


def with_ones(numbers: Value, ones: Value, places: Array, width: int) -> Value:
    """The matrix `(n, width)` of `numbers` `(n, k)` in the columns `places` `(k,)`, and of ones.

    `ones` `(n, m)`, integers, has the columns of a row's ones, no two of them alike; -1 for none.
    A product with it does not make it.
    """

    def calls(out: Array, numbers: Array, ones: Array) -> list[Call]:
        return [partial(out.fill, 0), partial(fill_in, out, numbers, ones, places)]

    op = Operation(
        Name.WITH_ONES,
        (places.tobytes(), width),
        (lambda d, y, numbers, ones: rows_at(d.transpose(), places).transpose(), None),
        calls,
        times=lambda kernel: choose_rows(numbers, ones, kernel, places),
    )
    return numbers.graph.record(op, (numbers, ones), (numbers.shape[0], width))


def fill_in(zeros: Array, numbers: Array, ones: Array, places: Array) -> None:
    """Puts into the zeros `(n, width)` of such a matrix what is other than 0."""
    zeros[:, places] = numbers
    marked, columns = np.nonzero(ones >= 0)
    zeros[marked, ones[marked, columns]] = 1


def choose_rows(numbers: Value, ones: Value, kernel: Value, places: Array) -> Value:
    """The matrix of `with_ones` times the `kernel` `(width, units)`: `(n, units)`."""
    op = Operation(
        Name.CHOOSE_ROWS,
        (places.tobytes(),),
        (
            lambda d, y, numbers, ones, kernel: d @ rows_at(kernel, places).transpose(),
            None,
            lambda d, y, numbers, ones, kernel: scatter_rows(numbers, ones, d, places, kernel),
        ),
        partial(choice_calls, places),
    )
    shape = (numbers.shape[0], kernel.shape[1])
    return numbers.graph.record(op, (numbers, ones, kernel), shape)


def scatter_rows(numbers: Value, ones: Value, d: Value, places: Array, kernel: Value) -> Value:
    """The transposed matrix of `with_ones` times `d` `(n, units)`, in the shape of the `kernel`."""
    # A row of the kernel has a part in each row of y that chose it, so its derivative is their sum.
    op = Operation(Name.SCATTER_ROWS, (places.tobytes(),), calls=partial(scatter_calls, places))
    return d.graph.record(op, (numbers, ones, d), kernel.shape)


def rows_at(x: Value, places: Array) -> Value:
    """The rows of the matrix at those places."""

    def calls(out: Array, array: Array) -> list[Call]:
        return [partial(array.take, places, 0, out, "clip")]

    op = Operation(Name.GATHER, (0, places.tobytes()), calls=calls)
    return x.graph.record(op, (x,), (len(places), *x.shape[1:]))


def choice_calls(
    places: Array, out: Array, numbers: Array, ones: Array, kernel: Array
) -> list[Call]:
    """The calls of `choose_rows`."""
    own = np.empty((len(places), kernel.shape[1]), out.dtype)
    chosen, known = np.empty_like(out), np.empty(ones.shape, out.dtype)
    calls: list[Call] = [
        partial(kernel.take, places, 0, own, "clip"),
        *numpy_calls.product(out, numbers, own),
        partial(np.greater_equal, ones, 0, known),
    ]
    for column, there in zip(ones.T, known.T, strict=True):
        calls += [
            partial(kernel.take, column, 0, chosen, "clip"),  # for -1 some row, times 0
            partial(np.multiply, chosen, there[:, None], chosen),
            partial(np.add, out, chosen, out),
        ]
    return calls


def scatter_calls(places: Array, out: Array, numbers: Array, ones: Array, d: Array) -> list[Call]:
    """The calls of `scatter_rows`."""
    own = np.empty((len(places), d.shape[1]), out.dtype)
    part, known = np.empty(d.shape, out.dtype), np.empty(ones.shape, out.dtype)
    calls: list[Call] = [
        partial(out.fill, 0),
        *numpy_calls.product(own, numbers.T, d),
        partial(out.__setitem__, places, own),
        partial(np.greater_equal, ones, 0, known),
    ]
    for column, there in zip(ones.T, known.T, strict=True):
        calls += [
            partial(np.multiply, d, there[:, None], part),
            partial(np.add.at, out, column, part),  # for -1 zeros, to the last row
        ]
    return calls


def one_hot(labels: Any, classes: int) -> Any:
    """The rows of the identity matrix for integer labels: `(…,)` -> `(…, classes)`."""

    def calls(out: Array, labels: Array) -> list[Call]:
        if classes > MOST_ROWS_READY:
            return [partial(np.equal, labels[..., None], np.arange(classes), out)]
        # The labels are known to be in range; to make sure, NumPy would fill a copy of `out` first.
        return [partial(np.eye(classes, dtype=out.dtype).take, labels, 0, out, "clip")]

    op = Operation(Name.ONE_HOT, (classes,), (None,), calls)
    return labels.graph.record(op, (labels,), (*labels.shape, classes))
