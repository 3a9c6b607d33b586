"""Regularizers: what large weights cost is added to the loss. Each is loaded when asked for."""

from collections.abc import Callable
from typing import Annotated, Any

from nnctl.network.annotations import OneOf
from nnctl.network.registry import Registry

REGULARIZERS: Registry[Callable[..., Any]] = Registry(
    __package__, {"l1": "penalties.L1", "l1_l2": "penalties.L1L2", "l2": "penalties.L2"}
)
Regularizer = Annotated[Any, OneOf("regularizer", REGULARIZERS)]
