"""From target columns to what a loss is given, and back to the targets' own unit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np

from nnctl.data.checks import (
    note_missing,
    note_no_distribution,
    note_not_binary,
    note_overflow,
    note_text_target,
)
from nnctl.data.classes import Classes, Task
from nnctl.data.reading.array_types import Array
from nnctl.data.reading.table import Faults, Table
from nnctl.data.scaling import UNSCALED, Scaling


class Targets(NamedTuple):
    """What is made of the target columns `names`.

    `classes` are those of a single column of classes, or of one-hot columns their names; None for
    numbers and for several yes-no columns. `scaling` is that of a regression's targets; `dtype`
    the run's.
    """

    names: tuple[str, ...]
    task: Task
    dtype: str
    classes: Classes | None = None
    scaling: Scaling = UNSCALED

    @property
    def are_one_hot(self) -> bool:
        """Whether each class has a column of its own."""
        return self.task == "multiclass" and len(self.names) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns to be read as labels: a single one of classes."""
        return self.names if self.classes is not None and not self.are_one_hot else ()

    @property
    def text(self) -> tuple[str, ...]:
        """The columns to be read as text, whatever they hold: their classes are text."""
        known = self.classes.labels if self.classes and self.labels else ()
        return self.names if any(isinstance(label, str) for label in known) else ()

    def of(self, table: Table, names: Sequence[str], faults: Faults) -> Array:
        """The targets of the rows of `table`, which calls the columns `names`.

        Class indices, int64 (rows,), for one column of multiclass targets; else numbers of the
        run's dtype, (rows, columns), 0 and 1 for binary ones. Faults are noted for missing values
        and for labels or numbers that the task has no use for.
        """
        note_missing(table, names, faults)
        if self.classes is not None and self.labels:
            indices = self.classes.encode(table, names[0], faults)
            return indices if self.task == "multiclass" else indices[:, None].astype(self.dtype)
        for name in names:
            note_text_target(table, name, faults)
        if any(name in table.text for name in names):
            return np.zeros((len(table), len(names)), dtype=self.dtype)
        values = table.columns(names)
        if self.task == "binary":
            note_not_binary(table, names, values, faults)
        if self.are_one_hot:
            note_no_distribution(table, names, values, faults)
        with np.errstate(over="ignore", invalid="ignore"):
            made = self.scaling.apply(values).astype(self.dtype)
        note_overflow(table, names, values, made, faults)
        return made

    def in_own_unit(self, predictions: Array) -> Array:
        """Predictions of the scaled targets as those of the targets themselves, in their dtype."""
        with np.errstate(over="ignore"):
            return self.scaling.invert(predictions).astype(predictions.dtype, copy=False)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        return {
            "targets": list(self.names),
            "task": self.task,
            "classes": None if self.classes is None else list(self.classes.labels),
            "target_scaling": self.scaling.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Targets":
        """Raises KeyError, TypeError or ValueError for anything `to_json` does not give."""
        if data["task"] not in get_args(Task):
            raise ValueError("unknown task")
        classes, scaling = data["classes"], data.get("target_scaling")
        made = cls(
            tuple(map(str, data["targets"])),
            data["task"],
            data["dtype"],
            None if classes is None else Classes(tuple(classes)),
            UNSCALED if scaling is None else Scaling.from_json(scaling),
        )
        labels = [] if classes is None else classes
        if any(type(label) not in (int, float, str) for label in labels):
            raise ValueError("a class is neither a number nor text")
        if len(set(labels)) < len(labels) or classes == []:
            raise ValueError("the classes are not distinct")
        if {made.scaling.shift.size, made.scaling.divisor.size} - {1, len(made.names)}:
            raise ValueError("sizes differ")
        return made
