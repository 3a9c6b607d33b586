"""Examples from `.npz` files: an array of features, and one of targets."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.table import Faults, Table, TextColumn
from nnctl.errors import NnctlError, Problem
from nnctl.npz import read_arrays

FEATURES = "x"
TARGET = "y"
_CHUNK = 1 << 20  # numbers handed on at a time
_NUMBERS = "biuf"


class ArrayReader:
    """The arrays of an `.npz` file as a table whose columns are named by position.

    `shape` is that of one example. `feature_names` are `x_0, x_1, …` in the order of a flattened
    example; `target_names` are `y`, or `y_0, y_1, …` for targets of shape (rows, k), or nothing
    where `target` is None. Raises `NnctlError` for arrays that are missing, do not match in
    rows, or hold anything but numbers (targets may hold text).
    """

    def __init__(self, path: str | Path, features: str = FEATURES, target: str | None = TARGET):
        self.file = str(path)
        wanted = [features] if target is None else [features, target]
        arrays = read_arrays(path, wanted)
        x = arrays[features]
        problems = [_kind_problem(features, x, _NUMBERS)]
        self._targets: NDArray[Any] | None = None
        if target is not None:
            y = arrays[target]
            problems += [_kind_problem(target, y, _NUMBERS + "U"), _shape_problem(target, y, x)]
            self._targets = y.reshape(len(y), -1) if y.ndim and len(y) else y.reshape(0, 1)
        if found := [problem.located(file=self.file) for problem in problems if problem]:
            raise NnctlError(found)
        self.shape: tuple[int, ...] = x.shape[1:] or (1,)
        self._x = x.reshape(len(x), int(np.prod(self.shape)))
        self.feature_names = tuple(f"{FEATURES}_{place}" for place in range(self._x.shape[1]))
        self.target_names = _target_names(self._targets)
        self.names = self.feature_names + self.target_names

    def __enter__(self) -> "ArrayReader":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tables(
        self, wanted: Sequence[str], verbatim: Sequence[str] = (), *, streaming: bool = False
    ) -> Iterator[Table]:
        """The rows from the first to the last, some megabytes of them at a time.

        `wanted` are names of `names`. Raises `NnctlError` for infinite numbers, and for
        `verbatim` columns, which arrays do not have.
        """
        if verbatim:
            message = f'there is no column "{verbatim[0]}": an .npz file has no named columns'
            raise NnctlError(Problem(message, "use a CSV file", self.file))
        faults = Faults(self.file)
        rows = max(1, _CHUNK // max(1, self._x.shape[1]))
        for start in range(0, len(self._x), rows):
            table = self._table(start, start + rows, set(wanted))
            _check_finite(table, faults)
            if streaming:
                faults.check()
            if not faults.count:
                yield table
        faults.check()

    def _table(self, start: int, stop: int, wanted: set[str]) -> Table:
        """The rows `start` to `stop`; features come together, targets where one is wanted."""
        blocks = [self._x[start:stop]]
        names = self.feature_names
        text: dict[str, TextColumn] = {}
        if self._targets is not None and wanted.intersection(self.target_names):
            targets = self._targets[start:stop]
            if targets.dtype.kind == "U":
                text = {
                    name: _text_column(targets[:, place])
                    for place, name in enumerate(self.target_names)
                }
            else:
                blocks.append(targets)
                names += self.target_names
        numbers = np.concatenate(blocks, axis=1, dtype=np.float64, casting="unsafe")
        return Table(self.file, names, numbers, text, first_row=start)


def _target_names(targets: NDArray[Any] | None) -> tuple[str, ...]:
    if targets is None:
        return ()
    width = targets.shape[1]
    return (TARGET,) if width == 1 else tuple(f"{TARGET}_{place}" for place in range(width))


def _kind_problem(name: str, array: NDArray[Any], kinds: str) -> Problem | None:
    if array.ndim == 0:
        return Problem(f'array "{name}" is a single value; it must have a row for each example')
    if array.dtype.kind not in kinds:
        return Problem(f'array "{name}" is of type {array.dtype}; numbers are needed')
    return None


def _shape_problem(name: str, y: NDArray[Any], x: NDArray[Any]) -> Problem | None:
    if y.ndim > 2:
        return Problem(f'array "{name}" has shape {y.shape}; targets are (rows,) or (rows, k)')
    if y.ndim and x.ndim and len(y) != len(x):
        return Problem(f'array "{name}" has {len(y):,} rows, the features have {len(x):,}')
    return None


def _text_column(labels: NDArray[Any]) -> TextColumn:
    distinct, codes = np.unique(labels, return_inverse=True)
    return TextColumn(codes.astype(np.int32), tuple(map(str, distinct)))


def _check_finite(table: Table, faults: Faults) -> None:
    infinite = np.argwhere(np.isinf(table.numbers))
    shown = faults.room
    for row, column in infinite[:shown].tolist():
        value = table.numbers[row, column]
        message = f"{value} is not a finite number"
        faults.add(table.problem(row, table.number_names[column], message))
    faults.skip(len(infinite[shown:]))
