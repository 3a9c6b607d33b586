"""The output of a model that predicts what several do on the average.

It is an output as the loss takes it: of models with logits, those of the mean probability. So a
loss and its metrics judge several models as they judge one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnctl.graph import Array
from nnctl.network.activations import linear, sigmoid, softmax


def joint_output(
    activation: Callable[[Any], Any], outputs: Array, counted: Array | None = None
) -> Array:
    """The output whose prediction is the mean of those of `outputs` `(models, n, …)`: `(n, …)`.

    `activation` turns an output into a prediction; `counted` `(models, n)` says which of the models
    have a say in a row, at least one in each. Computed in float64, given in the outputs' dtype.
    """
    wide = outputs.astype(np.float64)
    said = None if counted is None else counted.reshape(*counted.shape, *[1] * (wide.ndim - 2))
    with np.errstate(all="ignore"):  # of parameters that went astray outputs have any size
        return JOINT[activation](wide, said).astype(outputs.dtype)


def mean_of_numbers(outputs: Array, said: Array | None) -> Array:
    """The mean itself."""
    if said is None:
        return sum_over_models(outputs) / len(outputs)
    mean: Array = sum_over_models(np.where(said, outputs, 0)) / said.sum(axis=0)
    return mean


def sum_over_models(values: Array) -> Array:
    """The sum over the first axis, one after another.

    NumPy's own sum pairs numbers where a row is alone: its last digits would depend on how many
    rows come together.
    """
    total: Array = values[0].copy()
    for each in values[1:]:
        total += each
    return total


def logit_of_mean(outputs: Array, said: Array | None) -> Array:
    """`log(p / (1 - p))` for the mean `p` of the sigmoids, of which neither tail loses digits."""
    yes = log_of_mean(-np.logaddexp(0, -outputs), said)
    no = log_of_mean(-np.logaddexp(0, outputs), said)
    return yes - no


def logits_of_mean(outputs: Array, said: Array | None) -> Array:
    """`log(p)` for the mean `p` of the softmaxes: probabilities are logits of themselves."""
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_of_mean(logs, said)


def log_of_mean(logs: Array, said: Array | None) -> Array:
    """`log(mean(exp(logs)))` over the first axis."""
    if said is not None:
        logs = np.where(said, logs, -np.inf)
    most = logs.max(axis=0)
    most = np.where(np.isneginf(most), 0, most)
    count = len(logs) if said is None else said.sum(axis=0)
    log: Array = most + np.log(sum_over_models(np.exp(logs - most)) / count)
    return log


JOINT: dict[Callable[[Any], Any], Callable[[Array, Array | None], Array]] = {
    linear: mean_of_numbers,
    sigmoid: logit_of_mean,
    softmax: logits_of_mean,
}
