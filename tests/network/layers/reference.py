"""What the layers compute, the slow way: loops over examples, places and channels.

Shapes are `(n, height, width, c)`; one dimension is a height of 1. Padding is by the rule in
TensorFlow's documentation, which is not how nnctl states it.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from nnctl.graph import Graph, Program, gradients
from nnctl.layers import Layer

Pair = tuple[int, int]


def padding_of(size: int, kernel: int, stride: int, dilation: int, padding: str) -> Pair:
    """The cells of padding before, and the number of windows."""
    reach = dilation * (kernel - 1) + 1
    if padding == "valid":
        return 0, math.ceil((size - reach + 1) / stride)
    if padding == "causal":
        return reach - 1, math.ceil(size / stride)
    left = size % stride or stride
    return max(reach - left, 0) // 2, math.ceil(size / stride)


def windows(
    sizes: Pair, kernel: Pair, strides: Pair, dilation: Pair, padding: str
) -> Iterator[tuple[Pair, list[tuple[Pair, Pair]]]]:
    """Each place of the output, with the cells it sees: `((i, j), (row, column))` of those inside,
    `(i, j)` being where in the window."""
    numbers = list(zip(sizes, kernel, strides, dilation, strict=True))
    (top, rows), (left, columns) = (padding_of(*axis, padding) for axis in numbers)
    for place in itertools.product(range(rows), range(columns)):
        seen = []
        for i, j in itertools.product(range(kernel[0]), range(kernel[1])):
            row = place[0] * strides[0] - top + i * dilation[0]
            column = place[1] * strides[1] - left + j * dilation[1]
            if 0 <= row < sizes[0] and 0 <= column < sizes[1]:
                seen.append(((i, j), (row, column)))
        yield place, seen


def output_shape(sizes: Pair, *options) -> Pair:
    return tuple(n + 1 for n in max(place for place, _ in windows(sizes, *options)))


def convolution(x, kernel, bias, d, *options):
    """The output, and the derivatives of `sum(d * output)` by `x`, `kernel` and `bias`.

    `d` is a function that gives the weights for a shape.
    """
    sizes = x.shape[1:3]
    z = np.zeros((len(x), *output_shape(sizes, *options), kernel.shape[-1]))
    d = d(z.shape)
    dx, dk = np.zeros_like(x), np.zeros_like(kernel)
    for place, seen in windows(sizes, *options):
        for n in range(len(x)):
            at = (n, *place)
            z[at] = bias
            for tap, cell in seen:
                z[at] += x[(n, *cell)] @ kernel[tap]
                dx[(n, *cell)] += kernel[tap] @ d[at]
                dk[tap] += np.outer(x[(n, *cell)], d[at])
    return z, dx, dk, d.sum((0, 1, 2))


def pooling(kind, x, d, *options):
    """The output, and the derivative of `sum(d * output)` by `x`."""
    sizes, channels = x.shape[1:3], x.shape[-1]
    y = np.zeros((len(x), *output_shape(sizes, *options), channels))
    d = d(y.shape)
    dx = np.zeros_like(x)
    for place, seen in windows(sizes, *options):
        for n, c in itertools.product(range(len(x)), range(channels)):
            at, cells = (n, *place, c), [(n, *cell, c) for _, cell in seen]
            values = [x[cell] for cell in cells]
            if kind == "max":
                y[at] = max(values)
                dx[cells[values.index(y[at])]] += d[at]  # the first of equals
            else:
                y[at] = sum(values) / len(values)
                for cell in cells:
                    dx[cell] += d[at] / len(cells)
    return y, dx


def derived(layer: Layer, x, d, arrays=(), *, dtype=np.float64, share=True, training=True):
    """What nnctl makes of a layer: its output, and the derivatives of `sum(d * output)` by `x` and
    by the layer's parameters, which have the values `arrays`."""
    shape = layer.build(x.shape[1:])
    graph = Graph(training=training)
    given = graph.leaf("x", x.shape)
    leaves = [graph.leaf(p.name, p.shape) for p in layer.parameters]
    graph.parameters.update(zip(layer.parameters, leaves, strict=True))
    y = layer.forward(graph, given)
    assert y.shape == (len(x), *shape)
    weights = graph.leaf("d", y.shape)
    learnt = [leaf for leaf, p in zip(leaves, layer.parameters, strict=True) if p.trainable]
    wanted = [y, *gradients((y * weights).sum(), [given, *learnt]), *graph.updates.values()]
    program = Program(graph, [given, weights, *leaves, *wanted], dtype, share=share)
    for leaf, array in zip([given, *leaves], [x, *arrays], strict=True):
        program[leaf][...] = array
    if weights in program:
        program[weights][...] = d(y.shape)
    program.run()
    return [program[value].copy() for value in wanted]
