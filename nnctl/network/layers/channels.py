"""Arithmetic with one number a channel, on values whose last axis is their channels.

On a last axis of few channels NumPy is several times slower than on long rows. So values are taken
as rows of all channels of a whole line of places, and vectors repeated to that length.
"""

import math

from nnctl.graph import Shape, Value
from nnctl.graph.operations import broadcast


def rows_of(x: Value) -> Value:
    """`x` `(n, …, w, c)` as rows `(…, w * c)`; `(n, c)` as it is."""
    return x.reshape(-1, math.prod(x.shape[-2:])) if x.ndim > 2 else x


def repeat(vector: Value, shape: Shape) -> Value:
    """A vector `(c,)` for the rows of a value of that shape: `(w * c,)`."""
    if len(shape) < 3:
        return vector
    # (a, b) for 3 places of 2 channels: (a, b, a, b, a, b).
    return broadcast(vector, shape[-2:]).reshape(math.prod(shape[-2:]))


def mean(rows: Value, shape: Shape) -> Value:
    """The mean of each channel `(c,)` over the rows of a value of that shape."""
    # First one mean for each place of a line, over all lines; then over the places. Lines are all
    # of one length, so that the mean of means is the mean.
    lines = rows.mean(0)
    return lines if len(shape) < 3 else lines.reshape(*shape[-2:]).mean(0)


def plus(x: Value, bias: Value) -> Value:
    """`x + bias`, with one number a channel."""
    return (rows_of(x) + repeat(bias, x.shape)).reshape(*x.shape)
