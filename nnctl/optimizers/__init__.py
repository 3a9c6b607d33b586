"""The optimizers, and the names a config knows them by."""

from nnctl.optimizers.adagrad import Adagrad
from nnctl.optimizers.adam import Adam, AdamW
from nnctl.optimizers.base import Optimizer
from nnctl.optimizers.clip import clipped
from nnctl.optimizers.rmsprop import RMSprop
from nnctl.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "gradient_descent": SGD,
    "rmsprop": RMSprop,
    "sgd": SGD,
}

__all__ = ["OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "clipped"]
