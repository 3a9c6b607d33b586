"""The layers, and the names a config knows them by."""

from nnctl.network.layers.activation import Activation
from nnctl.network.layers.base import Layer
from nnctl.network.layers.convolution import Conv1D, Conv2D
from nnctl.network.layers.dense import Dense
from nnctl.network.layers.dropout import Dropout
from nnctl.network.layers.normalization import BatchNormalization, LayerNormalization
from nnctl.network.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from nnctl.network.layers.shaping import Flatten, Reshape

LAYERS: dict[str, type[Layer]] = {
    "activation": Activation,
    "average_pooling1d": AveragePooling1D,
    "average_pooling2d": AveragePooling2D,
    "batch_normalization": BatchNormalization,
    "conv1d": Conv1D,
    "conv2d": Conv2D,
    "dense": Dense,
    "dropout": Dropout,
    "flatten": Flatten,
    "global_average_pooling1d": GlobalAveragePooling1D,
    "global_average_pooling2d": GlobalAveragePooling2D,
    "layer_normalization": LayerNormalization,
    "max_pooling1d": MaxPooling1D,
    "max_pooling2d": MaxPooling2D,
    "reshape": Reshape,
}

__all__ = [
    "LAYERS",
    "Activation",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "Layer",
    "LayerNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "Reshape",
]
