"""The layers, and the names a config knows them by."""

from nnctl.layers.activation import Activation
from nnctl.layers.base import Layer
from nnctl.layers.dense import Dense
from nnctl.layers.dropout import Dropout

LAYERS: dict[str, type[Layer]] = {
    "activation": Activation,
    "dense": Dense,
    "dropout": Dropout,
}

__all__ = ["LAYERS", "Activation", "Dense", "Dropout", "Layer"]
