"""From target columns to what a loss is given, and back to the targets' own unit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np

from nnctl.data.checks import (
    WIDER,
    note_missing,
    note_no_distribution,
    note_not_binary,
    note_overflow,
    note_text_target,
)
from nnctl.data.classes import Classes, Label, Task
from nnctl.data.inputs import DTYPES
from nnctl.encoding.scaling import UNSCALED, Scaling
from nnctl.reading.array_types import Array
from nnctl.reading.table import Faults, Table
from nnctl.system import stated


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
        note_overflow(table, names, values, made, faults, WIDER)
        return made

    def in_own_unit(self, predictions: Array) -> Array:
        """Predictions of the scaled targets as those of the targets themselves, in their dtype.

        Of several numbers for a target, side by side, each is one of it.
        """
        each = predictions.shape[-1] // len(self.names) if predictions.ndim > 1 else 1
        if each > 1:
            apart = predictions.reshape(len(predictions), -1, each)
            own = [self.in_own_unit(apart[..., k]) for k in range(each)]
            return np.stack(own, axis=-1).reshape(predictions.shape)
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
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        names = stated.texts("targets", data["targets"])
        task: Any = stated.choice("task", data["task"], get_args(Task))
        made = cls(names, task, stated.choice("dtype", data["dtype"], DTYPES))
        if not names:
            raise ValueError("there are no targets")
        classes = data["classes"]
        if (classes is not None) != (
            task == "multiclass" or (task == "binary" and len(names) == 1)
        ):
            raise stated.unfit(f"the task is {task}, and classes", classes)
        if classes is not None:
            found = Classes.from_json("classes", classes)
            made._check_classes(found.labels)
            made = made._replace(classes=found)
        if (scaling := data.get("target_scaling")) is not None:
            own = Scaling.from_json("target_scaling", scaling, len(names))
            made = made._replace(scaling=own)
        if task != "regression" and made.scaling.type != "none":
            raise ValueError(f"the task is {task}, and the targets are scaled")
        return made

    def _check_classes(self, labels: tuple[Label, ...]) -> None:
        """Raises ValueError for labels that are not those of such targets."""
        if self.are_one_hot and labels != self.names:
            raise ValueError("classes are not called as their columns")
        if not self.are_one_hot and list(labels) != sorted(labels):
            raise ValueError("classes are not sorted")
        if len(labels) < 2 or (self.task == "binary" and len(labels) > 2):
            raise ValueError(f"the task is {self.task}, and there are {len(labels)} classes")
