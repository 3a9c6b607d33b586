"""How a model's inputs and targets are made of a file's columns: it travels with the weights."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from nnctl.data.arrays import ArrayReader
from nnctl.data.checks import (
    no_rows,
    note_missing,
    note_not_binary,
    note_overflow,
    note_text_target,
    numeric_features,
)
from nnctl.data.classes import Classes, Task
from nnctl.data.scaling import Scaling
from nnctl.data.source import Source
from nnctl.data.table import Faults, Table
from nnctl.errors import NnctlError, Problem

Array = NDArray[Any]


@dataclass(frozen=True)
class Examples:
    """Rows as a model takes them.

    `x` (rows, *shape) is in the run's dtype. `y` holds class indices, int64 (rows,), for
    multiclass targets; else numbers of the run's dtype, (rows, targets), 0 and 1 for binary ones.
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Batch:
    """A stretch of rows of a file: inputs, targets where asked for, and columns kept as written."""

    x: Array
    y: Array | None
    kept: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Preprocessing:
    """From the columns of any file to what the model is given.

    `features` and `targets` are column names; `shape` is that of one example; `arrays` the
    names of the two arrays of a model trained from `.npz`, whose columns count by position, else
    None; `classes` those of a single class target, else None.
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    shape: tuple[int, ...]
    task: Task
    dtype: str
    scaling: Scaling
    classes: Classes | None = None
    arrays: tuple[str, str] | None = None

    def batches(
        self, source: Source, *, targets: bool = False, keep: Sequence[str] = ()
    ) -> Iterator[Batch]:
        """The rows of an open source, stretch by stretch, in memory that does not grow with it.

        Columns other than those needed are passed over. Raises `NnctlError` for columns that are
        missing and, after the stretches before them, for faulty rows.
        """
        names, target_names = self.places(source, targets=targets, keep=keep)
        for table in source.tables([*names, *target_names], keep, streaming=True):
            faults = Faults(table.file)
            x = self.inputs(table, names, faults)
            y = self.outputs(table, target_names, faults) if targets else None
            faults.check()
            yield Batch(x, y, table.verbatim)

    def examples(self, source: Source) -> Examples:
        """All rows of an open source, with their targets.

        Raises `NnctlError` as `batches` does, for the whole file at once, and for one without rows.
        """
        names, target_names = self.places(source, targets=True)
        faults = Faults(source.file)
        xs: list[Array] = []
        ys: list[Array] = []
        for table in source.tables([*names, *target_names]):
            xs.append(self.inputs(table, names, faults))
            ys.append(self.outputs(table, target_names, faults))
        faults.check()
        if not xs:
            raise NnctlError(no_rows(source.file))
        return Examples(joined(xs), joined(ys))

    def places(
        self, source: Source, *, targets: bool = True, keep: Sequence[str] = ()
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names that `source` has for the features and for the targets, in order.

        Raises `NnctlError` where it lacks some.
        """
        wanted = self.targets if targets else ()
        if isinstance(source, ArrayReader):
            return self._array_places(source, targets=targets)
        source.require(keep)
        if self.arrays is None:
            source.require([*self.features, *wanted])
            return self.features, wanted
        source.require(wanted)
        taken = {*self.targets, *keep}
        names = tuple(name for name in source.names if name not in taken)
        if len(names) < len(self.features):
            raise NnctlError(self._width_problem(source.file, len(names)))
        return names[: len(self.features)], wanted

    def inputs(self, table: Table, names: Sequence[str], faults: Faults) -> Array:
        """What the model is given for rows of `names`, (rows, *shape); faults for missing values.

        Scaled in double precision, then rounded to the run's dtype.
        """
        raw = numeric_features(table, names, faults)
        if raw.shape[1] < len(names):
            return np.zeros((len(raw), *self.shape), dtype=self.dtype)
        out = np.empty(raw.shape, dtype=self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            out[...] = self.scaling.apply(raw)
        note_overflow(table, names, raw, out, faults)
        return out.reshape(len(out), *self.shape)

    def outputs(self, table: Table, names: Sequence[str], faults: Faults) -> Array:
        """The targets of rows, as `Examples.y`; faults for missing values and unknown labels."""
        note_missing(table, names, faults)
        if self.classes is not None:
            indices = self.classes.encode(table, names[0], faults)
            return indices if self.task == "multiclass" else indices[:, None].astype(self.dtype)
        for name in names:
            note_text_target(table, name, faults)
        if any(name in table.text for name in names):
            return np.zeros((len(table), len(names)), dtype=self.dtype)
        values = table.columns(names)
        if self.task == "binary":
            note_not_binary(table, names, values, faults)
        with np.errstate(over="ignore"):
            made = values.astype(self.dtype)
        note_overflow(table, names, values, made, faults)
        return made

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        return {
            "features": list(self.features),
            "targets": list(self.targets),
            "shape": list(self.shape),
            "task": self.task,
            "dtype": self.dtype,
            "scaling": self.scaling.to_json(),
            "classes": None if self.classes is None else list(self.classes.labels),
            "arrays": None if self.arrays is None else list(self.arrays),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], file: str | None = None) -> "Preprocessing":
        """Raises `NnctlError`, naming `file`, for anything that `to_json` does not give."""
        try:
            return _from_json(data)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            message = f"what it says about the preparation of data is damaged ({error!r})"
            raise NnctlError(Problem(message, "train the model again", file)) from None

    def _array_places(
        self, source: ArrayReader, *, targets: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if len(source.feature_names) != len(self.features):
            raise NnctlError(self._width_problem(source.file, len(source.feature_names)))
        if not targets:
            return source.feature_names, ()
        if len(source.target_names) != len(self.targets):
            message = f"it has {len(source.target_names)} targets, the model {len(self.targets)}"
            raise NnctlError(Problem(message, None, source.file))
        return source.feature_names, source.target_names

    def _width_problem(self, file: str, found: int) -> Problem:
        message = f"it has {found:,} features an example; the model takes {len(self.features):,}"
        return Problem(f"{message}, by position", None, file)


def _from_json(data: dict[str, Any]) -> Preprocessing:
    if data["task"] not in get_args(Task):
        raise ValueError("unknown task")
    if data["dtype"] not in ("float32", "float64"):
        raise ValueError("unknown dtype")
    classes, arrays = data["classes"], data["arrays"]
    made = Preprocessing(
        tuple(map(str, data["features"])),
        tuple(map(str, data["targets"])),
        tuple(map(int, data["shape"])),
        data["task"],
        data["dtype"],
        Scaling.from_json(data["scaling"]),
        None if classes is None else Classes(tuple(classes)),
        None if arrays is None else (str(arrays[0]), str(arrays[1])),
    )
    sizes = {made.scaling.shift.size, made.scaling.divisor.size} - {1}
    if math.prod(made.shape) != len(made.features) or sizes - {len(made.features)}:
        raise ValueError("sizes differ")
    return made


def joined(parts: list[Array]) -> Array:
    """The rows of all `parts`, which are let go of one by one; `parts` is left empty."""
    rows = sum(len(part) for part in parts)
    whole = np.empty((rows, *parts[0].shape[1:]), dtype=parts[0].dtype)
    start = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        whole[start : start + len(part)] = part
        start += len(part)
    return whole
