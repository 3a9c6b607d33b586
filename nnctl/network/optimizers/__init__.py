"""The optimizers, and the names a config knows them by.

An optimizer's module is loaded when its name or its class is first asked for: a model has one.
"""

from typing import TYPE_CHECKING, Any

from nnctl.network.optimizers.base import Optimizer
from nnctl.network.optimizers.clip import clip_gradients
from nnctl.network.registry import Registry

if TYPE_CHECKING:
    from nnctl.network.optimizers.adagrad import Adagrad
    from nnctl.network.optimizers.adam import Adam, AdamW
    from nnctl.network.optimizers.rmsprop import RMSprop
    from nnctl.network.optimizers.sgd import SGD

OPTIMIZERS: Registry[type[Optimizer]] = Registry(
    __name__,
    {
        "adagrad": "adagrad.Adagrad",
        "adam": "adam.Adam",
        "adamw": "adam.AdamW",
        "gradient_descent": "sgd.SGD",
        "rmsprop": "rmsprop.RMSprop",
        "sgd": "sgd.SGD",
    },
)

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


def __getattr__(name: str) -> Any:
    return OPTIMIZERS.exported(name)
