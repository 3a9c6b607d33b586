"""Metrics: figures about predictions, gathered batch by batch over an epoch.

A metric's state is a small dictionary of float64 arrays, so that a checkpoint can hold it.
Crossentropies hand over probabilities, whether or not the model's output is logits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from nnctl.arguments import Component, OneOf
from nnctl.graph import Array
from nnctl.losses import Task

State = dict[str, Array]


@dataclass(eq=False)
class Metric(Component):
    """Base of the metrics that are means over examples.

    `per_example(y_true, y_pred, task)` gives one float64 value an example, `(n,)`.
    """

    higher_is_better: ClassVar[bool] = False
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "regression")

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        raise TypeError(f"{type(self).__name__} has no formula")

    def start(self) -> State:
        """The state before any example."""
        return {"total": np.zeros(()), "rows": np.zeros(())}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        """Adds a batch to the state."""
        state["total"] += self.per_example(y_true, y_pred, task).sum(dtype=np.float64)
        state["rows"] += len(y_true)

    def result(self, state: State) -> float:
        """The figure so far; NaN before any example."""
        return float(state["total"] / state["rows"]) if state["rows"] else float("nan")


@dataclass(eq=False)
class Accuracy(Metric):
    """The share of right predictions: the likeliest class, or a probability above 0.5.

    For several binary outputs, the share of right labels.
    """

    higher_is_better: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        if task == "multiclass":
            right = y_pred.argmax(axis=-1) == y_true
        else:
            right = (y_pred > 0.5) == (y_true > 0.5)
        return mean_per_example(right)


@dataclass(eq=False)
class MeanAbsoluteError(Metric):
    """`mean(|a - y|)` over examples and outputs."""

    tasks: ClassVar[tuple[Task, ...]] = ("binary", "regression")

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        return mean_per_example(np.abs(y_pred - y_true))


@dataclass(eq=False)
class MeanSquaredError(Metric):
    """`mean((a - y)^2)` over examples and outputs."""

    tasks: ClassVar[tuple[Task, ...]] = ("binary", "regression")

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        return mean_per_example(np.square(y_pred - y_true))


def mean_per_example(figures: Array) -> Array:
    """The mean over all axes but the first: `(n, …)` -> `(n,)`."""
    means: Array = figures.reshape(len(figures), -1).mean(axis=1)
    return means


METRICS: dict[str, Callable[..., Metric]] = {
    "accuracy": Accuracy,
    "mae": MeanAbsoluteError,
    "mse": MeanSquaredError,
}
AnyMetric = Annotated[Any, OneOf("metric", METRICS)]
