"""What both ways of using JAX share: the network, its loss and its update."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.workloads import PREDICTED_AT_ONCE, Layer, Workload, initial_weights

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "linear": lambda z: z}


def applied(layer: Layer, a: Any, arrays: Any) -> Any:
    if layer.kind == "flatten":
        return a.reshape(len(a), -1)
    if layer.kind == "max_pooling2d":
        window = (1, layer.window, layer.window, 1)
        return jax.lax.reduce_window(a, -jnp.inf, jax.lax.max, window, window, "VALID")
    kernel, bias = next(arrays), next(arrays)
    if layer.kind == "dense":
        z = a @ kernel
    else:
        flat = layer.kind == "conv1d"
        names = ("NWC", "WIO", "NWC") if flat else ("NHWC", "HWIO", "NHWC")
        strides = (layer.stride,) * (1 if flat else 2)
        padding = "VALID" if flat else "SAME"
        z = jax.lax.conv_general_dilated(a, kernel, strides, padding, dimension_numbers=names)
    return ACTIVATIONS[layer.activation](z + bias)


def output(workload: Workload, arrays: list[Any], x: Any) -> Any:
    rest = iter(arrays)
    for layer in workload.layers:
        x = applied(layer, x, rest)
    return x


def start(workload: Workload) -> tuple[list[Any], Any, Callable[..., Any]]:
    """The arrays, the optimizer's state, and the function that makes one step of both."""
    rate = workload.adam or workload.sgd or 0.01
    tx = optax.adam(rate) if workload.adam else optax.sgd(rate)
    losses: Any = optax.softmax_cross_entropy_with_integer_labels
    if not workload.classes:
        losses = optax.sigmoid_binary_cross_entropy

    def loss_of(arrays: list[Any], x: Any, y: Any) -> Any:
        return losses(output(workload, arrays, x), y).mean()

    def step(arrays: list[Any], state: Any, x: Any, y: Any) -> tuple[list[Any], Any]:
        updates, state = tx.update(jax.grad(loss_of)(arrays, x, y), state, arrays)
        return optax.apply_updates(arrays, updates), state

    arrays = [jnp.asarray(array) for array in initial_weights(workload)]
    return arrays, tx.init(arrays), step


def order_of(x: np.ndarray, shuffle: bool, generator: np.random.Generator) -> np.ndarray:
    return generator.permutation(len(x)) if shuffle else np.arange(len(x))


def predictor(workload: Workload, now: list[Any], x: np.ndarray) -> Callable[[], np.ndarray]:
    forward = jax.jit(lambda arrays, part: output(workload, arrays, part))
    starts = range(0, len(x), PREDICTED_AT_ONCE)
    parts = [x[start : start + PREDICTED_AT_ONCE] for start in starts]
    # NumPy waits for a part only when all are under way.
    return lambda: np.concatenate([forward(now[0], part) for part in parts])
