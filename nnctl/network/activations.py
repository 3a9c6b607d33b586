"""Activations: functions of the logits `z`, of any shape, in the course's notation.

Each is its formula, and runs on plain arrays as well as on traced values, elementwise except
`softmax`, which works along the last axis. Parameters after `z` are the arguments a config may
give. Where a formula names its derivative, that rule is shorter or more accurate than the derived
one; `gradcheck` proves it all the same.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from nnctl.graph import with_derivative
from nnctl.network.annotations import NonNegativeFloat, OneOf
from nnctl.network.error_function import END, scaled_normal_tail

SQRT_8_PI = math.sqrt(8 / math.pi)


def linear(z: Any) -> Any:
    """`a = z`: no activation."""
    return z


def relu(z: Any) -> Any:
    """`a = max(0, z)`; its slope at 0 is taken to be 0, as in Keras."""
    a = np.maximum(z, 0.0)
    # a is never negative, so that its sign is 1 where z is positive, else 0.
    return with_derivative(a, (z,), lambda da: da * np.sign(a), name="relu", rising=relu)


def sigmoid(z: Any) -> Any:
    """`a = 1 / (1 + exp(-z))`, written so that nothing overflows and both tails keep all digits."""
    # exp(-|z|) is never above 1. For z > 0 this is 1 / (1 + e), for z < 0 it is e / (1 + e).
    e = np.exp(np.minimum(z, -z))
    a = np.exp(np.minimum(z, 0.0)) / (e + 1)
    # a (1 - a), but for the digits that 1 - a would lose where a is almost 1.
    return with_derivative(a, (z,), lambda da: da * e / (e + 1) / (e + 1), name="sigmoid")


def tanh(z: Any) -> Any:
    """`a = tanh(z)`"""
    return np.tanh(z)


def leaky_relu(z: Any, negative_slope: NonNegativeFloat = 0.2) -> Any:
    """`a = z` where `z` is positive, else `negative_slope * z`."""
    a = np.maximum(z, 0.0) + np.minimum(z, 0.0) * negative_slope
    # 1 where z is positive, else `negative_slope`: values are traced, and cannot branch.
    slope = (z > 0) * (1 - negative_slope) + negative_slope
    return with_derivative(a, (z,), lambda da: da * slope, name="leaky_relu")


def elu(z: Any, alpha: NonNegativeFloat = 1.0) -> Any:
    """`a = z` where `z` is positive, else `alpha * (exp(z) - 1)` (Clevert et al. 2016)."""
    below = np.minimum(z, 0.0)
    a = np.maximum(z, 0.0) + np.expm1(below) * alpha
    slope = ((z > 0) * (1 - alpha) + alpha) * np.exp(below)
    return with_derivative(a, (z,), lambda da: da * slope, name="elu")


def gelu(z: Any, approximate: bool = False) -> Any:
    """`a = z * P(Z <= z)` for a standard normal `Z` (Hendrycks and Gimpel 2016).

    Written as `max(z, 0) - |z| P(Z > |z|)`, which keeps all digits of the negative tail.
    `approximate` takes `sigmoid(2u)` with `u = sqrt(2 / pi) * (z + 0.044715 z^3)` for the
    probability, which is the same as the usual form with tanh.
    """
    if approximate:
        return z * sigmoid((np.square(z) * (0.044715 * SQRT_8_PI) + SQRT_8_PI) * z)
    # |z|, up to where the tail is zero anyway: beyond it, its polynomials would overflow.
    w = np.minimum(np.maximum(z, -z), END)
    tail, falling = scaled_normal_tail(w), np.exp(np.square(w) * -0.5)

    def rule(da: Any) -> Any:
        above: Any = z > 0
        left = (tail - w * (1 / math.sqrt(2 * math.pi))) * falling  # for |z| what the slope lacks
        return da * (above * (1 - left) + (1 - above) * left)

    return with_derivative(np.maximum(z, 0.0) - w * tail * falling, (z,), rule, name="gelu")


def silu(z: Any) -> Any:
    """`a = z * sigmoid(z)`.

    The power is taken in two halves, which keep their digits where `exp(z)` is almost zero.
    """
    below = np.minimum(z, 0.0)
    half, q = np.exp(below * 0.5), np.exp(below - z)  # sigmoid(z) = half^2 / (half^2 + q)
    both = half * half + q

    def rule(da: Any) -> Any:
        return (z * (q / both) + 1) * half * half / both * da

    return with_derivative(z * half * half / both, (z,), rule, name="silu")


def softplus(z: Any) -> Any:
    """`a = log(1 + exp(z))`, written so that nothing overflows and both tails keep all digits."""
    a = np.maximum(z, 0.0) + np.log1p(np.exp(np.minimum(z, -z)))
    return with_derivative(a, (z,), lambda da: da * sigmoid(z), name="softplus")


def softmax(z: Any) -> Any:
    """`a_j = exp(z_j) / sum_k exp(z_k)` along the last axis, shifted by the greatest `z`."""
    # A shift of all z changes nothing, and with the greatest at 0 no power overflows.
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    a = e / e.sum(axis=-1, keepdims=True)
    return with_derivative(
        a, (z,), lambda da: a * (da - (da * a).sum(axis=-1, keepdims=True)), name="softmax"
    )


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": elu,
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "silu": silu,
    "softmax": softmax,
    "softplus": softplus,
    "tanh": tanh,
}
AnyActivation = Annotated[Any, OneOf("activation", ACTIVATIONS)]
