"""The optimizers, and the names a config knows them by."""

from typing import Annotated, Any

from nnctl.arguments import OneOf
from nnctl.optimizers.adam import Adam
from nnctl.optimizers.base import Optimizer
from nnctl.optimizers.rmsprop import RMSprop
from nnctl.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "gradient_descent": SGD,
    "rmsprop": RMSprop,
    "sgd": SGD,
}
AnyOptimizer = Annotated[Any, OneOf("optimizer", OPTIMIZERS)]

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AnyOptimizer", "Optimizer", "RMSprop"]
