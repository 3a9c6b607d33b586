"""The layers, and the names a config knows them by."""

from nnctl.layers.activation import Activation
from nnctl.layers.base import Layer
from nnctl.layers.dense import Dense

LAYERS: dict[str, type[Layer]] = {
    "activation": Activation,
    "dense": Dense,
}

__all__ = ["LAYERS", "Activation", "Dense", "Layer"]
