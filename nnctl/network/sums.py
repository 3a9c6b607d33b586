"""Metrics as functions of sums over rows, so that they can be had of any choice of rows.

What `rows_of` gives is added up over rows, and `figure_of` makes the metric of the sums.
"""

from collections.abc import Sequence

import numpy as np

from nnctl.graph import Array
from nnctl.network.answers import is_yes, likeliest
from nnctl.network.losses import Task
from nnctl.network.metrics import (
    AUC,
    R2,
    RMSE,
    AtThreshold,
    CountMetric,
    InOwnUnit,
    Judging,
    MeanMetric,
    Metric,
    OfClasses,
    class_indices,
)

MOST_CLASSES = 100  # of which each has sums of its own


class RowSums:
    """The numbers of each row that a metric is a function of the sums of.

    Told of blocks of targets and predictions as a metric is. A count of more than `MOST_CLASSES`
    classes has none. Raises `TypeError` for a metric of a kind that it does not know.
    """

    def __init__(self, metric: Metric, task: Task):
        self._metric, self._task = metric, task
        self._origin: Array | None = None

    def rows_of(self, y_true: Array, y_pred: Array) -> Array | None:
        """The numbers of some rows, (rows, numbers), in float64, if there are any."""
        found = self._rows(self._metric, y_true, y_pred)
        return None if found is None else found.astype(np.float64)

    def _rows(self, metric: Metric, y_true: Array, y_pred: Array) -> Array | None:
        if isinstance(metric, InOwnUnit):
            own = [y * metric.divisor + metric.shift for y in (y_true, y_pred)]
            return self._rows(metric.metric, *own)
        if isinstance(metric, OfClasses):
            given = y_true[..., : metric.classes] if y_true.ndim == y_pred.ndim else y_true
            return self._rows(metric.metric, given, y_pred[..., : metric.classes])
        if isinstance(metric, AtThreshold):
            said = is_yes(y_pred, metric.threshold).astype(y_pred.dtype)
            return self._rows(metric.metric, y_true, said)
        if isinstance(metric, MeanMetric):
            own_rows = metric.per_example(y_true, y_pred, self._task)
            return np.stack([own_rows, np.ones_like(own_rows)], axis=1)
        if isinstance(metric, CountMetric):
            return self._counts(y_true, y_pred)
        if isinstance(metric, R2):
            return self._squares(y_true, y_pred)
        raise TypeError(f"no sums of rows are known of {type(metric).__name__}")

    def _counts(self, y_true: Array, y_pred: Array) -> Array | None:
        """Hits, predictions and labels of each class; of yes and no, those of yes."""
        if self._task != "multiclass":
            said, labels = is_yes(y_pred), y_true > 0.5
            parts = [said & labels, said, labels]
            return np.stack([each.reshape(len(each), -1).sum(axis=1) for each in parts], axis=1)
        classes = y_pred.shape[-1]
        if classes > MOST_CLASSES:
            return None
        places = np.arange(classes)
        said = likeliest(y_pred)[:, None] == places
        labels = class_indices(y_true, y_pred)[:, None] == places
        return np.concatenate([said & labels, said, labels], axis=1)

    def _squares(self, y_true: Array, y_pred: Array) -> Array:
        """The squared error, and the target and its square, of each output."""
        y = y_true.reshape(len(y_true), -1).astype(np.float64)
        if self._origin is None:
            self._origin = y.mean(axis=0)  # near which squares keep their digits
        error = y_pred.reshape(len(y), -1) - y
        apart = y - self._origin
        return np.concatenate(
            [np.square(error), apart, np.square(apart), np.ones((len(y), 1))], axis=1
        )

    def figure_of(self, sums: Array) -> Array:
        """The metric for each of several sums, (choices, numbers) -> (choices,)."""
        metric = self._metric
        while isinstance(metric, Judging):
            metric = metric.metric
        with np.errstate(all="ignore"):
            if isinstance(metric, MeanMetric):
                mean: Array = sums[:, 0] / sums[:, 1]
                return np.sqrt(mean) if isinstance(metric, RMSE) else mean
            if isinstance(metric, CountMetric):
                found: Array = metric.figure(*np.split(sums, 3, axis=1)).mean(axis=1)
                return found
            rows, outputs = sums[:, -1:], (sums.shape[1] - 1) // 3
            error, total, square = np.split(sums[:, :-1], [outputs, 2 * outputs], axis=1)
            figures: Array = (1 - error / (square - np.square(total) / rows)).mean(axis=1)
            return figures


class AreaSums:
    """The same for the area under the ROC curve, whose scores must all be known first.

    A row's part of it is the share of the other side's rows that it is on the right side of
    (DeLong, DeLong and Clarke-Pearson 1988).
    """

    def __init__(self, scores: Array, labels: Array, columns: int):
        self._areas = []
        found = []
        for score, label in zip(scores.T, labels.T, strict=True):
            placed = np.empty(len(score))
            for side, sign in ((label, 1.0), (~label, -1.0)):
                others = np.sort(sign * score[~side])
                below = np.searchsorted(others, sign * score[side], side="left")
                to = np.searchsorted(others, sign * score[side], side="right")
                placed[side] = (below + to) / (2 * max(1, len(others)))
            found += [label, label * placed, ~label, ~label * placed]
            self._areas.append(placed[label].mean() if label.any() else np.nan)
        every = np.stack(found, axis=1).astype(np.float64)
        # Of several outputs that are judged together, a row has one of each.
        self.rows = every.reshape(-1, columns, every.shape[1]).sum(axis=1)

    @classmethod
    def of(
        cls, metric: Metric, y_true: Array, scores: Sequence[Array], task: Task
    ) -> "AreaSums | None":
        """Those of all rows, of whose `scores` there are blocks; None for too many classes."""
        y_pred = np.concatenate(scores)
        if isinstance(metric, OfClasses):
            y_true = y_true[..., : metric.classes] if y_true.ndim == y_pred.ndim else y_true
            y_pred = y_pred[..., : metric.classes]
        if task != "multiclass":
            flat = y_pred.reshape(-1, 1), y_true.reshape(-1, 1) > 0.5
            return cls(*flat, len(flat[0]) // len(y_pred))
        classes = y_pred.shape[-1]
        if classes > MOST_CLASSES:
            return None
        return cls(y_pred, class_indices(y_true, y_pred)[:, None] == np.arange(classes), 1)

    def figure_of(self, sums: Array) -> Array:
        """The area for each of several sums, (choices, numbers) -> (choices,)."""
        with np.errstate(all="ignore"):
            found = [
                part[:, 1] / part[:, 0] + part[:, 3] / part[:, 2] - area
                for part, area in zip(
                    np.split(sums, len(self._areas), axis=1), self._areas, strict=True
                )
            ]
        mean: Array = np.clip(np.mean(found, axis=0), 0, 1)
        return mean


def area_of(metric: Metric) -> bool:
    """Whether a metric is an area, in whatever form it is given targets."""
    while isinstance(metric, Judging):
        metric = metric.metric
    return isinstance(metric, AUC)
