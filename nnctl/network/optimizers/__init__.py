"""The optimizers, and the names a config knows them by."""

from nnctl.network.optimizers.adagrad import Adagrad
from nnctl.network.optimizers.adam import Adam, AdamW
from nnctl.network.optimizers.base import Optimizer
from nnctl.network.optimizers.clip import clip_gradients
from nnctl.network.optimizers.rmsprop import RMSprop
from nnctl.network.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "gradient_descent": SGD,
    "rmsprop": RMSprop,
    "sgd": SGD,
}

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "clip_gradients",
]
