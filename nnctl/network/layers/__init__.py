"""The layers, and the names a config knows them by.

A layer's module is loaded when its name or its class is first asked for: a model has few of them.
"""

from typing import TYPE_CHECKING, Any

from nnctl.network.layers.base import Layer
from nnctl.network.registry import Registry

if TYPE_CHECKING:
    from nnctl.network.layers.activation import Activation
    from nnctl.network.layers.augmentation import (
        RandomContrast,
        RandomFlip,
        RandomRotation,
        RandomTranslation,
        RandomZoom,
    )
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

LAYERS: Registry[type[Layer]] = Registry(
    __name__,
    {
        "activation": "activation.Activation",
        "average_pooling1d": "pooling.AveragePooling1D",
        "average_pooling2d": "pooling.AveragePooling2D",
        "batch_normalization": "normalization.BatchNormalization",
        "conv1d": "convolution.Conv1D",
        "conv2d": "convolution.Conv2D",
        "dense": "dense.Dense",
        "dropout": "dropout.Dropout",
        "flatten": "shaping.Flatten",
        "global_average_pooling1d": "pooling.GlobalAveragePooling1D",
        "global_average_pooling2d": "pooling.GlobalAveragePooling2D",
        "layer_normalization": "normalization.LayerNormalization",
        "max_pooling1d": "pooling.MaxPooling1D",
        "max_pooling2d": "pooling.MaxPooling2D",
        "random_contrast": "augmentation.RandomContrast",
        "random_flip": "augmentation.RandomFlip",
        "random_rotation": "augmentation.RandomRotation",
        "random_translation": "augmentation.RandomTranslation",
        "random_zoom": "augmentation.RandomZoom",
        "reshape": "shaping.Reshape",
    },
)

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
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Reshape",
]


def __getattr__(name: str) -> Any:
    return LAYERS.exported(name)
