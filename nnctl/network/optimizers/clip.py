"""Clipping: gradients kept from being too long."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl.graph import Value
from nnctl.network.optimizers.base import Optimizer


def clip_gradients(optimizer: Optimizer, gradients: Sequence[Any]) -> list[Value]:
    """The gradients of all parameters as the optimizer wants them clipped, or as they are.

    `clipvalue` bounds each element, `clipnorm` the Euclidean norm of each array, and
    `global_clipnorm` that of all arrays together (Pascanu et al. 2013, algorithm 1).
    """
    if optimizer.clipvalue is not None:
        most = optimizer.clipvalue
        return [np.maximum(np.minimum(g, most), -most) for g in gradients]
    if optimizer.clipnorm is not None:
        most = optimizer.clipnorm
        # At most 3, a norm of 6 gives the factor 3 / 6, and one of 2 the factor 3 / 3: no branch.
        return [g * (most / np.maximum(norm([g]), most)) for g in gradients]
    if optimizer.global_clipnorm is not None:
        most = optimizer.global_clipnorm
        scale = most / np.maximum(norm(gradients), most)
        return [g * scale for g in gradients]
    return list(gradients)


def norm(arrays: Sequence[Any]) -> Any:
    """The Euclidean norm of all elements of some arrays."""
    total = sum((np.square(array).sum() for array in arrays[1:]), np.square(arrays[0]).sum())
    return np.sqrt(total)
