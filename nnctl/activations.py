"""Activations: functions of the logits `z`, of any shape, in the course's notation.

Each is its formula, and runs on plain arrays as well as on traced values, elementwise except
`softmax`, which works along the last axis. Parameters after `z` are the arguments a config may
give. Where a formula names its derivative, that rule is shorter or more accurate than the derived
one; `gradcheck` proves it all the same.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from nnctl.arguments import OneOf
from nnctl.graph import with_derivative


def linear(z: Any) -> Any:
    """`a = z`: no activation."""
    return z


def relu(z: Any) -> Any:
    """`a = max(0, z)`; its slope at 0 is taken to be 0, as in Keras."""
    a = np.maximum(z, 0.0)
    return with_derivative(a, (z,), lambda da: da * np.sign(a))


def sigmoid(z: Any) -> Any:
    """`a = 1 / (1 + exp(-z))`, written so that nothing overflows and both tails keep all digits."""
    e = np.exp(np.minimum(z, -z))
    a = np.exp(np.minimum(z, 0.0)) / (e + 1)
    return with_derivative(a, (z,), lambda da: da * e / (e + 1) / (e + 1))


def softmax(z: Any) -> Any:
    """`a_j = exp(z_j) / sum_k exp(z_k)` along the last axis, shifted by the greatest `z`."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    a = e / e.sum(axis=-1, keepdims=True)
    return with_derivative(a, (z,), lambda da: a * (da - (da * a).sum(axis=-1, keepdims=True)))


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
}
Activation = Annotated[Any, OneOf("activation", ACTIVATIONS)]
