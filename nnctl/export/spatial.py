"""Convolutions and poolings in ONNX.

ONNX has operators for them that take the channels first, and ONNX Runtime computes all but the
maximum in float32 alone. In float64 they are written as nnctl computes them: the cells of each
window are gathered by a table, then multiplied or summed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.export.activations import write_activation
from nnctl.export.writing import Tensor, Weights, Writer
from nnctl.graph import Array
from nnctl.network.layers.convolution import Convolution
from nnctl.network.layers.pooling import GlobalAveragePooling, Pooling
from nnctl.network.layers.windows import Windows, table_of


def convolution(writer: Writer, layer: Convolution, x: Tensor, weights: Weights) -> Tensor:
    if writer.dtype != np.float32:
        return gathered_convolution(writer, layer, x, weights)
    x = writer.channels_first(x)
    kernel = weights["kernel"]
    along = layer.windows(
        x.shape, layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate
    )
    inputs_first = np.moveaxis(kernel, (-1, -2), (0, 1))  # (filters, in, *kernel_size)
    names = [writer.constant("kernel", inputs_first)]
    if layer.use_bias:
        names.append(writer.constant("bias", weights["bias"]))
    z = writer.node("Conv", x.name, *names, **window_attributes(along))
    return write_activation(writer, layer.activation, replace(x, name=z))


def max_pooling(writer: Writer, layer: Pooling, x: Tensor, weights: Weights) -> Tensor:
    x = writer.channels_first(x)
    return replace(x, name=writer.node("MaxPool", x.name, **window_attributes(layer.along)))


def average_pooling(writer: Writer, layer: Pooling, x: Tensor, weights: Weights) -> Tensor:
    if writer.dtype != np.float32:
        return gathered_average(writer, layer, x)
    x = writer.channels_first(x)
    return replace(x, name=writer.node("AveragePool", x.name, **window_attributes(layer.along)))


def global_average_pooling(
    writer: Writer, layer: GlobalAveragePooling, x: Tensor, weights: Weights
) -> Tensor:
    if writer.dtype != np.float32:
        x = writer.channels_last(x)
        axes = writer.constant("axes", np.arange(1, len(x.shape), dtype=np.int64))
        name = writer.node("ReduceMean", x.name, axes, keepdims=int(layer.keepdims))
        return replace(x, name=name)
    x = writer.channels_first(x)
    name = writer.node("GlobalAveragePool", x.name)
    if layer.keepdims:
        return replace(x, name=name)
    return replace(x, name=writer.node("Flatten", name, axis=1), channels_first=False)


def window_attributes(along: Sequence[Windows]) -> dict[str, Any]:
    """ONNX's attributes for windows, without those that have its defaults."""
    padding = [[axis.before for axis in along], [padding_after(axis) for axis in along]]
    found = {"kernel_shape": [axis.kernel for axis in along]}
    if any(axis.stride > 1 for axis in along):
        found["strides"] = [axis.stride for axis in along]
    if any(axis.dilation > 1 for axis in along):
        found["dilations"] = [axis.dilation for axis in along]
    if any(padding[0] + padding[1]):
        found["pads"] = padding[0] + padding[1]
    return found


def padding_after(axis: Windows) -> int:
    """The cells of padding at the end, up to the last window's last cell."""
    return max(0, (axis.count - 1) * axis.stride + axis.reach - axis.size - axis.before)


def gathered_convolution(writer: Writer, layer: Convolution, x: Tensor, weights: Weights) -> Tensor:
    """Each window's cells times the kernel, in one product for all places."""
    x = writer.channels_last(x)
    kernel = weights["kernel"]
    filters = kernel.shape[-1]
    cells = gather_windows(writer, x, layer.table)
    rows = writer.reshape(cells, (*layer.places, kernel.size // filters))
    z = writer.node("MatMul", rows, writer.constant("kernel", kernel.reshape(-1, filters)))
    if layer.use_bias:
        z = writer.node("Add", z, writer.constant("bias", weights["bias"]))
    return write_activation(writer, layer.activation, replace(x, name=z))


def gathered_average(writer: Writer, layer: Pooling, x: Tensor) -> Tensor:
    """The sum of each window's cells, divided by how many of them are inside."""
    x = writer.channels_last(x)
    table = table_of(layer.along)
    axis = writer.constant("axis", np.array([2], np.int64))
    total = writer.node("ReduceSum", gather_windows(writer, x, table), axis, keepdims=0)
    counts = writer.constant("cells", (table >= 0).sum(1, dtype=np.float64)[:, None])
    mean = writer.node("Div", total, counts)
    places = (axis.count for axis in layer.along)
    return replace(x, name=writer.reshape(mean, (*places, x.shape[-1])))


def gather_windows(writer: Writer, x: Tensor, table: Array) -> str:
    """The cells of each window: `(rows, windows, cells of one, channels)`, zero outside."""
    channels = x.shape[-1]
    size = int(np.prod(x.shape[:-1]))
    cells = writer.reshape(x.name, (size, channels))
    if (table < 0).any():
        pads = writer.constant("pads", np.array([0, 0, 0, 0, 1, 0], np.int64))
        cells = writer.node("Pad", cells, pads)
        table = np.where(table < 0, size, table)
    return writer.node("Gather", cells, writer.constant("table", table.astype(np.int64)), axis=1)
