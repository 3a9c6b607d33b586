"""Layers in ONNX: for each the operator that other tools know it by."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.export.activations import write_activation
from nnctl.export.spatial import average_pooling, convolution, global_average_pooling, max_pooling
from nnctl.export.writing import ELEMENTS, Tensor, Weights, Writer
from nnctl.graph import Shape
from nnctl.network.layers import (
    Activation,
    AveragePooling1D,
    AveragePooling2D,
    BatchNormalization,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    Layer,
    LayerNormalization,
    MaxPooling1D,
    MaxPooling2D,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Reshape,
)
from nnctl.network.layers.normalization import Normalization


def write_layer(writer: Writer, layer: Layer, x: Tensor, shape: Shape, weights: Weights) -> Tensor:
    """The layer's output for `x`, as evaluation computes it; `shape` is that of one example.

    `weights` are its arrays by their own names. Raises `NnctlError` for a layer without converter.
    """
    converter = CONVERTERS.get(type(layer))
    if converter is None:
        message = f"{writer.scope}: ONNX export does not know {layer.type_name} layers"
        raise NnctlError(Problem(message))
    return replace(converter(writer, layer, x, weights), shape=shape)


def dense(writer: Writer, layer: Dense, x: Tensor, weights: Weights) -> Tensor:
    x = writer.channels_last(x)
    names = [writer.constant(name, weights[name]) for name in ("kernel", "bias") if name in weights]
    if len(x.shape) == 1:
        z = writer.node("Gemm", x.name, *names)
    else:
        z = writer.node("MatMul", x.name, names[0])
        z = writer.node("Add", z, names[1]) if layer.use_bias else z
    return write_activation(writer, layer.activation, replace(x, name=z))


def activation(writer: Writer, layer: Activation, x: Tensor, weights: Weights) -> Tensor:
    return write_activation(writer, layer.activation, x)


def pass_through(writer: Writer, layer: Layer, x: Tensor, weights: Weights) -> Tensor:
    return x


def flatten(writer: Writer, layer: Flatten, x: Tensor, weights: Weights) -> Tensor:
    if len(x.shape) == 1:
        return x
    x = writer.channels_last(x)
    return replace(x, name=writer.node("Flatten", x.name, axis=1))


def reshape(writer: Writer, layer: Reshape, x: Tensor, weights: Weights) -> Tensor:
    if layer.shape == x.shape:
        return x
    x = writer.channels_last(x)
    return replace(x, name=writer.reshape(x.name, layer.shape))


def gamma_and_beta(writer: Writer, layer: Normalization, x: Tensor, weights: Weights) -> list[str]:
    """The names of both; what the layer was told to do without is written as ones and zeros."""
    channels = x.shape[-1]
    gamma = weights["gamma"] if layer.scale else np.ones(channels)
    beta = weights["beta"] if layer.center else np.zeros(channels)
    return [writer.constant("gamma", gamma), writer.constant("beta", beta)]


def batch_normalization(
    writer: Writer, layer: BatchNormalization, x: Tensor, weights: Weights
) -> Tensor:
    x = writer.channels_first(x)
    names = gamma_and_beta(writer, layer, x, weights)
    names += [writer.constant(name, weights[name]) for name in ("moving_mean", "moving_variance")]
    name = writer.node("BatchNormalization", x.name, *names, epsilon=float(layer.epsilon))
    return replace(x, name=name)


def layer_normalization(
    writer: Writer, layer: LayerNormalization, x: Tensor, weights: Weights
) -> Tensor:
    x = writer.channels_last(x)
    names = gamma_and_beta(writer, layer, x, weights)
    inside = ELEMENTS[writer.dtype.name]  # of mean and variance; float32 unless it is said
    name = writer.node(
        "LayerNormalization", x.name, *names, epsilon=float(layer.epsilon), stash_type=inside
    )
    return replace(x, name=name)


CONVERTERS: dict[type[Layer], Callable[[Writer, Any, Tensor, Weights], Tensor]] = {
    Activation: activation,
    AveragePooling1D: average_pooling,
    AveragePooling2D: average_pooling,
    BatchNormalization: batch_normalization,
    Conv1D: convolution,
    Conv2D: convolution,
    Dense: dense,
    Dropout: pass_through,
    Flatten: flatten,
    GlobalAveragePooling1D: global_average_pooling,
    GlobalAveragePooling2D: global_average_pooling,
    LayerNormalization: layer_normalization,
    MaxPooling1D: max_pooling,
    MaxPooling2D: max_pooling,
    RandomContrast: pass_through,
    RandomFlip: pass_through,
    RandomRotation: pass_through,
    RandomTranslation: pass_through,
    RandomZoom: pass_through,
    Reshape: reshape,
}
