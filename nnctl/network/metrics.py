"""Metrics: figures about predictions, gathered batch by batch over an epoch.

A metric's state is a small dictionary of arrays, so that a checkpoint can hold it. Crossentropies
hand over probabilities, whether or not the model's output is logits; classes may be given as
indices `(n,)` or as probabilities `(n, K)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnctl.graph import Array
from nnctl.network.annotations import PositiveInt
from nnctl.network.answers import is_yes, likeliest
from nnctl.network.arguments import Component
from nnctl.network.losses import Task

State = dict[str, Array]
CLASSIFICATION: tuple[Task, ...] = ("binary", "multiclass")
NUMBERS: tuple[Task, ...] = ("binary", "regression")


class Metric(Component):
    """Base of all metrics: a state that batches are added to, and the figure it gives."""

    higher_is_better: ClassVar[bool] = False
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "regression")
    judges_answers: ClassVar[bool] = False  # and not how probable they were
    needs: ClassVar[str] = ""  # what rows must have for the figure to be defined, if anything

    def start(self) -> State:
        """The state before any example."""
        return {}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        """Adds a batch to the state."""
        raise TypeError(f"{type(self).__name__} gathers nothing")

    def result(self, state: State) -> float:
        """The figure so far; NaN where it is not defined."""
        raise TypeError(f"{type(self).__name__} has no formula")


class MeanMetric(Metric):
    """Base of the metrics that are means over examples, of `per_example`, `(n,)`."""

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        raise TypeError(f"{type(self).__name__} has no formula")

    def start(self) -> State:
        return {"total": np.zeros(()), "rows": np.zeros(())}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        state["total"] += self.per_example(y_true, y_pred, task).sum(dtype=np.float64)
        state["rows"] += len(y_true)

    def result(self, state: State) -> float:
        return float(state["total"] / state["rows"]) if state["rows"] else float("nan")


class Accuracy(MeanMetric):
    """The share of right predictions: the likeliest class, or a probability above 0.5.

    For several binary outputs, the share of right labels.
    """

    higher_is_better: ClassVar[bool] = True
    judges_answers: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = CLASSIFICATION

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        if task == "multiclass":
            right = likeliest(y_pred) == class_indices(y_true, y_pred)
        else:
            right = is_yes(y_pred) == (y_true > 0.5)
        return means_by_example(right)


@dataclass(eq=False, repr=False)
class TopKAccuracy(MeanMetric):
    """The share of examples whose class is among the `k` likeliest."""

    k: PositiveInt = 5
    higher_is_better: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = ("multiclass",)

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        labels = class_indices(y_true, y_pred)
        # The class is among the k likeliest if fewer than k are likelier; ties count in its favour.
        own = np.take_along_axis(y_pred, labels[..., None], axis=-1)
        return means_by_example((y_pred > own).sum(axis=-1) < self.k)


class MAE(MeanMetric):
    """`mean(|a - y|)` over examples and outputs."""

    tasks: ClassVar[tuple[Task, ...]] = NUMBERS

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        return means_by_example(np.abs(y_pred - y_true))


class MSE(MeanMetric):
    """`mean((a - y)^2)` over examples and outputs."""

    tasks: ClassVar[tuple[Task, ...]] = NUMBERS

    def per_example(self, y_true: Array, y_pred: Array, task: Task) -> Array:
        return means_by_example(np.square(y_pred - y_true))


class RMSE(MSE):
    """The square root of `mean((a - y)^2)` over all examples and outputs."""

    def result(self, state: State) -> float:
        return float(np.sqrt(super().result(state)))


class R2(Metric):
    """The coefficient of determination, `1 - sum((a - y)^2) / sum((y - mean y)^2)`.

    The mean of that over the outputs. Without any spread in `y` it is not defined.
    """

    higher_is_better: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = NUMBERS
    needs: ClassVar[str] = "targets that differ from row to row"

    def start(self) -> State:
        return {"rows": np.zeros(()), **{name: np.zeros(1) for name in ("mean", "spread", "error")}}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        y = y_true.reshape(len(y_true), -1).astype(np.float64)
        rows, count = state["rows"], len(y)
        mean = y.mean(axis=0)
        # Means and sums of squares around them, put together as in Chan et al. 1983, equation 2.1.
        # E[y^2] - E[y]^2 would lose its digits where the mean is large beside the spread.
        apart = mean - state["mean"]
        state["spread"] = state["spread"] + np.square(y - mean).sum(axis=0)
        state["spread"] = state["spread"] + np.square(apart) * (rows * count / (rows + count))
        state["mean"] = state["mean"] + apart * (count / (rows + count))
        error = y_pred.reshape(len(y), -1) - y
        state["error"] = state["error"] + np.square(error).sum(axis=0)
        state["rows"] += count

    def result(self, state: State) -> float:
        if not (state["rows"] and state["spread"].all()):
            return float("nan")
        return float((1 - state["error"] / state["spread"]).mean())


class CountMetric(Metric):
    """Base of the metrics of counts: for each class its true positives, predictions and labels.

    For multiclass the mean over classes (macro average); for binary targets that of the second
    class, all outputs together. A class without any such count has 0.
    """

    higher_is_better: ClassVar[bool] = True
    judges_answers: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = CLASSIFICATION

    def figure(self, hits: Array, predicted: Array, labelled: Array) -> Array:
        raise TypeError(f"{type(self).__name__} has no formula")

    def start(self) -> State:
        return {name: np.zeros(1) for name in ("hits", "predicted", "labelled")}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        if task == "multiclass":
            classes = np.arange(y_pred.shape[-1])
            chosen = likeliest(y_pred).reshape(-1, 1) == classes
            labels = class_indices(y_true, y_pred).reshape(-1, 1) == classes
        else:
            chosen, labels = is_yes(y_pred).reshape(-1, 1), (y_true > 0.5).reshape(-1, 1)
        state["hits"] = state["hits"] + (chosen & labels).sum(axis=0)
        state["predicted"] = state["predicted"] + chosen.sum(axis=0)
        state["labelled"] = state["labelled"] + labels.sum(axis=0)

    def result(self, state: State) -> float:
        return float(self.figure(state["hits"], state["predicted"], state["labelled"]).mean())


class Precision(CountMetric):
    """Of what was predicted to be of a class, the share that is."""

    def figure(self, hits: Array, predicted: Array, labelled: Array) -> Array:
        return share(hits, predicted)


class Recall(CountMetric):
    """Of what is of a class, the share that was predicted to be."""

    def figure(self, hits: Array, predicted: Array, labelled: Array) -> Array:
        return share(hits, labelled)


class F1(CountMetric):
    """The harmonic mean of precision and recall."""

    def figure(self, hits: Array, predicted: Array, labelled: Array) -> Array:
        return share(2 * hits, predicted + labelled)


class AUC(Metric):
    """The area under the ROC curve, exact: the chance that a positive example scores higher than
    a negative one, ties counting half (Hanley and McNeil 1982).

    For multiclass the mean over classes, each against the rest; for several binary outputs all of
    them together. Without both positives and negatives it is not defined.
    """

    higher_is_better: ClassVar[bool] = True
    tasks: ClassVar[tuple[Task, ...]] = CLASSIFICATION
    needs: ClassVar[str] = "rows of every class"

    def start(self) -> State:
        return {"scores": np.zeros((0, 1)), "labels": np.zeros((0, 1), bool)}

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        if task == "multiclass":
            scores = y_pred.reshape(-1, y_pred.shape[-1])
            labels = class_indices(y_true, y_pred).reshape(-1, 1) == np.arange(scores.shape[1])
        else:
            scores, labels = y_pred.reshape(-1, 1), (y_true > 0.5).reshape(-1, 1)
        if not len(state["scores"]):
            # The predictions are in memory that the next batch is written to.
            state["scores"], state["labels"] = scores.copy(), labels
            return
        state["scores"] = np.concatenate([state["scores"], scores])
        state["labels"] = np.concatenate([state["labels"], labels])

    def result(self, state: State) -> float:
        columns = zip(state["scores"].T, state["labels"].T, strict=True)
        return float(np.mean([area(scores, labels) for scores, labels in columns]))


class Judging(Metric):
    """Base of the metrics that are another one, given targets and predictions in another form."""

    def __init__(self, metric: Metric):
        self.metric = metric

    def start(self) -> State:
        return self.metric.start()

    def result(self, state: State) -> float:
        return self.metric.result(state)


class OfClasses(Judging):
    """A metric of the first few units, where the others stand for no class."""

    def __init__(self, metric: Metric, classes: int):
        super().__init__(metric)
        self.classes = classes

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        given = y_true[..., : self.classes] if y_true.ndim == y_pred.ndim else y_true
        self.metric.add(state, given, y_pred[..., : self.classes], task)


class AtThreshold(Judging):
    """A metric of answers, where a probability above a threshold of one's own means yes.

    Of several outputs each may have its own.
    """

    def __init__(self, metric: Metric, threshold: float | Sequence[float]):
        super().__init__(metric)
        self.threshold = threshold

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        answers = is_yes(y_pred, self.threshold).astype(y_pred.dtype)
        self.metric.add(state, y_true, answers, task)


class InOwnUnit(Judging):
    """A metric of targets that the model knows as `(y - shift) / divisor`, in their own unit.

    `shift` and `divisor` have a value for each output, or are single numbers.
    """

    def __init__(self, metric: Metric, shift: Array, divisor: Array):
        super().__init__(metric)
        self.shift, self.divisor = shift, divisor

    def add(self, state: State, y_true: Array, y_pred: Array, task: Task) -> None:
        own_true, own_pred = (y * self.divisor + self.shift for y in (y_true, y_pred))
        self.metric.add(state, own_true, own_pred, task)


def need_of(figure: str) -> str:
    """What rows must have for a figure such as `val_auc` to be defined; "" where nothing."""
    return str(getattr(METRICS.get(figure.removeprefix("val_")), "needs", ""))


def area(scores: Array, labels: Array) -> float:
    """The area under the ROC curve of one column, from the ranks of the positives."""
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    # Scores .1 .4 .4 .8 with positives .4 and .8: the ranks are 2.5, the mean of 2 and 3, and 4.
    # Their sum 6.5, less 1 + 2 for the positives among themselves, is 3.5 of 2 * 2 pairs: .875.
    ordered = np.sort(scores)
    first = np.searchsorted(ordered, scores[labels], side="left")
    last = np.searchsorted(ordered, scores[labels], side="right")
    ranks = (first + last + 1) / 2
    return float((ranks.sum() - positives * (positives + 1) / 2) / (positives * negatives))


def share(part: Array, whole: Array) -> Array:
    """`part / whole`, 0 where the whole is 0."""
    # The counts are whole numbers, so that this changes no other than 0.
    shares: Array = part / np.maximum(whole, 1)
    return shares


def class_indices(y_true: Array, y_pred: Array) -> Array:
    """The class of each example, for labels given either way."""
    indices: Array = y_true.argmax(axis=-1) if y_true.ndim == y_pred.ndim else y_true
    return indices


def means_by_example(figures: Array) -> Array:
    """The mean over all axes but the first: `(n, …)` -> `(n,)`."""
    means: Array = figures.reshape(len(figures), -1).mean(axis=1)
    return means


METRICS: dict[str, Callable[..., Metric]] = {
    "accuracy": Accuracy,
    "auc": AUC,
    "f1": F1,
    "mae": MAE,
    "mse": MSE,
    "precision": Precision,
    "r2": R2,
    "recall": Recall,
    "rmse": RMSE,
    "top_k_accuracy": TopKAccuracy,
}


def higher_is_better(figure: str) -> bool:
    """Whether a figure such as `val_accuracy` is to rise."""
    metric = METRICS.get(figure.removeprefix("val_"))
    return metric is not None and bool(getattr(metric, "higher_is_better", False))
