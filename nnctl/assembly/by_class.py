"""Figures of single classes and labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.assembly.comparison import Confusion
from nnctl.data.classes import Label
from nnctl.graph import Array


@dataclass(frozen=True)
class ClassFigures:
    """Precision, recall and F1 of a class or label, None where there is nothing to divide by.

    `hits`, `missed` and `alarms` count rows that are of the class and predicted so, not predicted
    so, and predicted so without being; `others` are the rest.
    """

    label: Label
    hits: int
    missed: int
    alarms: int
    others: int

    @property
    def support(self) -> int:
        """The rows that are of the class."""
        return self.hits + self.missed

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"label": self.label, "rows": self.support, **figures}

    @property
    def precision(self) -> float | None:
        return ratio(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float | None:
        return ratio(self.hits, self.support)

    @property
    def f1(self) -> float | None:
        return ratio(2 * self.hits, 2 * self.hits + self.alarms + self.missed)


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def class_figures(confusion: Confusion) -> list[ClassFigures]:
    """The figures of each class."""
    count, rows = len(confusion.classes), confusion.rows
    right = confusion.truth == confusion.guess
    hits, labelled, predicted = (
        np.bincount(places, own, count).astype(np.intp)
        for places, own in (
            (confusion.truth, rows * right),
            (confusion.truth, rows),
            (confusion.guess, rows),
        )
    )
    others = rows.sum() - labelled - predicted + hits
    columns = np.stack([hits, labelled - hits, predicted - hits, others], axis=1).tolist()
    named = zip(confusion.classes, columns, strict=True)
    return [ClassFigures(label, *column) for label, column in named]


def label_counts(truth: Array, said: Array) -> Array:
    """Of labels (rows, labels) those found, missed, falsely said and rightly not: (labels, 4)."""
    counts = [(truth & said), (truth & ~said), (~truth & said), (~truth & ~said)]
    return np.stack([count.sum(axis=0) for count in counts], axis=1)
