"""Class labels and the indices that stand for them."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import OUTPUT_UNITS, NnctlError, Problem, Setting
from nnctl.reading.table import Faults, LabelColumn, Table
from nnctl.reading.table import Label as Label
from nnctl.system import stated

Task = Literal["binary", "multiclass", "regression"]
MOST_SHARE = 0.8  # of the rows, from which on one class is so common that another is rare
LEAST_SHARE = 0.2  # of an even share, below which a class is rare
_SHOWN_LABELS = 10


class Classes(NamedTuple):
    """The labels of a target, sorted; a row's class index is its label's place among them."""

    labels: tuple[Label, ...]

    @classmethod
    def from_json(cls, name: str, value: Any) -> "Classes":
        """The classes that a file states as a list in the place `name`.

        Raises ValueError for none, and for labels that are not distinct or not of one kind.
        """
        labels = stated.items(name, value)
        if not labels:
            raise ValueError(f"{name} is empty")
        if all(isinstance(label, str) for label in labels):
            return cls(stated.texts(name, labels))
        for label in labels:
            if type(label) is not int and stated.finite(name, label).is_integer():
                raise ValueError(f"{name} holds {label}, a whole number with a point")
        if len(set(labels)) < len(labels):
            raise ValueError(f"{name} holds the same number twice")
        return cls(tuple(labels))

    def encode(self, table: Table, name: str, faults: Faults) -> NDArray[np.int64]:
        """The class index of each row of column `name`, (rows,); a fault for each unknown label.

        Missing labels are given -1 and no fault: they are the caller's to judge.
        """
        index = {label: place for place, label in enumerate(self.labels)}
        codes, labels = table.labels[name]
        places = np.array([*(index.get(label, -1) for label in labels), -1], dtype=np.int64)
        encoded = places[codes]
        wrong = np.flatnonzero((encoded < 0) & (codes >= 0))
        if not len(wrong):
            return encoded
        known = f"those are: {listed(self.labels)}"
        if len(wrong) > 1 and not (encoded >= 0).any():
            first = _written(labels[codes[wrong[0]]])
            message = f"of {len(wrong):,} rows none has a class that training knows; {known}"
            problem = table.problem(int(wrong[0]), name, f"{message}; here it is {first}")
            faults.once(name, problem._replace(setting=Setting("data.target")))
            return encoded
        unknown, firsts, counts = np.unique(codes[wrong], return_index=True, return_counts=True)
        for place in np.argsort(firsts, kind="stable").tolist():
            label, rows = _written(labels[unknown[place]]), int(counts[place])
            several = f" ({rows:,} rows)" if rows > 1 else ""
            message = f"{label} is not a class that training knows{several}; {known}"
            faults.once(f"{name} {label}", table.problem(int(wrong[firsts[place]]), name, message))
        return encoded


def used_labels(column: LabelColumn) -> list[Label]:
    """The sorted labels that rows of a column have: all numbers, or all text."""
    used = np.flatnonzero(np.bincount(column.codes[column.codes >= 0]))
    return sorted(column.labels[code] for code in used.tolist())


def find_classes(table: Table, name: str, task: Task, units: int) -> Classes:
    """The classes of a target column, for a model of `units` outputs.

    Whole numbers from 0 to units - 1 are class indices themselves; otherwise the sorted distinct
    labels are the classes. A binary target has two. Raises `NnctlError` for more classes than
    that, and for a single one.
    """
    distinct = used_labels(table.labels[name])
    size = 2 if task == "binary" else units
    if len(distinct) < 2:
        message = f"every row has the label {_written(distinct[0])}; there is nothing to tell apart"
        fix = "choose another target, or add rows of other classes"
        setting, place = Setting("data.target", name), f"column {name}"
        raise NnctlError(Problem(message, fix, table.file, path=place, setting=setting))
    if all(isinstance(label, int) and 0 <= label < size for label in distinct):
        return Classes(tuple(range(size)))
    if len(distinct) > size:
        raise NnctlError(_too_many(table, name, distinct, task, units))
    return Classes(tuple(distinct))


def _too_many(table: Table, name: str, distinct: list[Label], task: Task, units: int) -> Problem:
    holds = f"it holds {len(distinct):,} classes ({listed(distinct)})"
    key = "loss" if task == "binary" else OUTPUT_UNITS
    if task == "binary":
        message = f"{holds}; a binary loss tells two apart"
        fix = f"give the last layer {len(distinct)} units, with sparse_categorical_crossentropy"
    else:
        message = f"{holds}; the model has {units} output" + ("s" if units > 1 else "")
        fix = f"give the last layer {len(distinct)} units"
    if any(isinstance(label, float) for label in distinct):
        key = "loss"
        fix = "for a target that is a quantity, choose a regression loss: mean_squared_error"
    return Problem(message, fix, table.file, path=f"column {name}", setting=Setting(key))


def listed(labels: Sequence[Label]) -> str:
    """Labels for a message: all of them, or the first few and the last."""
    if len(labels) <= _SHOWN_LABELS:
        return ", ".join(map(str, labels))
    return ", ".join(map(str, labels[: _SHOWN_LABELS - 1])) + f", …, {labels[-1]}"


def _written(label: Label) -> str:
    return f'"{label}"' if isinstance(label, str) else str(label)


def metric_for_rare(task: Task, counts: Sequence[int]) -> str:
    """A metric that sees the rare class of those with so many rows, in sorted order.

    The f1 of two classes is the second's: where that is the common one it is high for a model
    that has learnt nothing.
    """
    return "auc" if task == "binary" and counts[0] < counts[1] else "f1"
