"""Class labels and the indices that stand for them."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.reading.table import Faults, Table
from nnctl.errors import NnctlError, Problem

Label = int | float | str
Task = Literal["binary", "multiclass", "regression"]
_SHOWN_LABELS = 10
AT_ONCE = 1 << 20  # rows


class Classes(NamedTuple):
    """The labels of a target, sorted; a row's class index is its label's place among them."""

    labels: tuple[Label, ...]

    def encode(self, table: Table, name: str, faults: Faults) -> NDArray[np.int64]:
        """The class index of each row of column `name`, (rows,); faults for unknown labels.

        Missing labels are given -1 and no fault: they are the caller's to judge.
        """
        index = {label: place for place, label in enumerate(self.labels)}
        encoded = np.empty(len(table), dtype=np.int64)
        shown, unknown = faults.room, 0
        for start in range(0, len(table), AT_ONCE):
            distinct, codes = distinct_labels(table, name, slice(start, start + AT_ONCE))
            places = np.array([index.get(label, -1) for label in distinct] + [-1], dtype=np.int64)
            found = encoded[start : start + AT_ONCE] = places[codes]
            wrong = np.flatnonzero((found < 0) & (codes >= 0))
            for row in wrong[: max(0, shown - unknown)].tolist():
                told = f"{_written(distinct[codes[row]])} is not a class that training knows"
                message = f"{told}; those are: {listed(self.labels)}"
                faults.add(table.problem(start + row, name, message))
            unknown += len(wrong)
        faults.skip(max(0, unknown - shown))
        return encoded


def distinct_labels(
    table: Table, name: str, rows: slice = slice(None)
) -> tuple[list[Label], NDArray[np.int64]]:
    """The sorted distinct labels of some rows of a column, and the place of each row's, or -1.

    Whole numbers are given as int, others as float, text as str.
    """
    if name in table.text:
        column = table.text[name].rows(rows)
        used = np.flatnonzero(np.bincount(column.codes[column.codes >= 0]))
        present = sorted({column.labels[code] for code in used.tolist()})
        places = {label: place for place, label in enumerate(present)}
        order = np.array([places.get(label, -1) for label in column.labels] + [-1], dtype=np.int64)
        return list(present), order[column.codes]
    values = table.columns([name])[rows, 0]
    known = ~np.isnan(values)
    # Not np.unique: it imports numpy.ma, a tenth of the time until training starts.
    ordered = np.sort(values[known])
    distinct = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    codes = np.full(len(values), -1, dtype=np.int64)
    codes[known] = np.searchsorted(distinct, values[known])
    return [int(v) if v.is_integer() else v for v in distinct.tolist()], codes


def all_labels(table: Table, name: str) -> list[Label]:
    """The sorted distinct labels of a column."""
    found: set[Label] = set()
    for start in range(0, len(table), AT_ONCE):
        found.update(distinct_labels(table, name, slice(start, start + AT_ONCE))[0])
    return sorted(found)  # of one kind, numbers or text


def find_classes(table: Table, name: str, task: Task, units: int) -> Classes:
    """The classes of a target column, for a model of `units` outputs.

    Whole numbers from 0 to units - 1 are class indices themselves; otherwise the sorted distinct
    labels are the classes. A binary target has two. Raises `NnctlError` for more classes than
    that, and for a single text label or number where two are needed.
    """
    distinct = all_labels(table, name)
    size = 2 if task == "binary" else units
    if all(isinstance(label, int) and 0 <= label < size for label in distinct):
        return Classes(tuple(range(size)))
    if len(distinct) > size:
        raise NnctlError(_too_many(table, name, distinct, task, units))
    if task == "binary" and len(distinct) < 2:
        message = f"every row has the label {_written(distinct[0])}; a binary target needs two"
        raise NnctlError(Problem(message, None, table.file, path=f"column {name}"))
    return Classes(tuple(distinct))


def _too_many(table: Table, name: str, distinct: list[Label], task: Task, units: int) -> Problem:
    holds = f"it holds {len(distinct):,} classes ({listed(distinct)})"
    if task == "binary":
        message = f"{holds}; a binary loss tells two apart"
        fix = f"give the last layer {len(distinct)} units, with sparse_categorical_crossentropy"
    else:
        message = f"{holds}; the model has {units} output" + ("s" if units > 1 else "")
        fix = f"give the last layer {len(distinct)} units"
    if any(isinstance(label, float) for label in distinct):
        fix = "for a target that is a quantity, choose a regression loss: mean_squared_error"
    return Problem(message, fix, table.file, path=f"column {name}")


def listed(labels: list[Label] | tuple[Label, ...]) -> str:
    """Labels for a message: all of them, or the first few and the last."""
    if len(labels) <= _SHOWN_LABELS:
        return ", ".join(map(str, labels))
    return ", ".join(map(str, labels[: _SHOWN_LABELS - 1])) + f", …, {labels[-1]}"


def _written(label: Label) -> str:
    return f'"{label}"' if isinstance(label, str) else str(label)
