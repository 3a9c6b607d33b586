"""Class weights: how much the examples of each class count in the loss."""

from collections.abc import Mapping

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import Array
from nnctl.training.step import Examples


def weigh_classes(
    data: Examples, class_weight: Mapping[int, float], one_hot: bool = False
) -> Examples:
    """The examples, each one's weight times that of its class; a class left out has weight 1.

    With `one_hot`, targets of several columns say the class by the greatest of them. Raises
    `ArgumentError` for several targets otherwise.
    """
    classes = classes_of(data, one_hot)
    # Weights are of the inputs' dtype, so that the step computes in one dtype throughout.
    weights = np.ones(len(data), data.x.dtype)
    for index, weight in class_weight.items():
        weights[classes == index] = weight
    return Examples(data.x, data.y, weights if data.weight is None else weights * data.weight)


def balanced_weights(data: Examples, one_hot: bool = False) -> dict[int, float]:
    """For each class `rows / (classes * rows of the class)`, over the classes that have rows."""
    counts = np.bincount(classes_of(data, one_hot).astype(np.intp))
    # A class may be known without rows that train (a fold has none of it): no division by zero.
    present = np.flatnonzero(counts).tolist()
    return {k: len(data) / (len(present) * int(counts[k])) for k in present}


def classes_of(data: Examples, one_hot: bool = False) -> Array:
    """The class of each example, `(n,)`. Raises `ArgumentError` for several targets."""
    labels = data.y.reshape(len(data), -1)
    if labels.shape[1] > 1 and one_hot:
        return np.asarray(labels.argmax(axis=1))
    if labels.shape[1] != 1:
        raise ArgumentError("class_weight is for one label an example", path="class_weight")
    return labels[:, 0]
