"""Examples from arrays: one of features, one of targets, and maybe one of weights."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.labels import array_labels, distinct_values
from nnctl.reading.storage import StoredArray
from nnctl.reading.table import DateFormat, Faults, LabelColumn, Table, TextColumn

FEATURES = "x"
TARGET = "y"
NUMBERS_AT_ONCE = 1 << 20  # numbers handed on at a time
_NUMBERS = "biuf"

NamedArray = tuple[str, NDArray[Any]]
NamedFeatures = tuple[str, NDArray[Any] | StoredArray]


class ArrayReader:
    """Arrays as a table whose columns are named by position.

    Each array comes with the name that messages call it by; that of the features may lie on the
    disk, and is then `stored` (rows, columns). `shape` is that of one example.
    `feature_names` are `x_0, x_1, …` in the order of a flattened example; `target_names` are `y`,
    or `y_0, y_1, …` for targets of shape (rows, k), or nothing without targets; the weights are
    a column of their own name. Raises `NnctlError` for arrays that do not match in rows, or hold
    anything but numbers (targets may hold text). `notes` are what a user should know of what was
    left out.
    """

    notes: tuple[Problem, ...] = ()

    def __init__(
        self,
        file: str,
        features: NamedFeatures,
        targets: NamedArray | None = None,
        weights: NamedArray | None = None,
    ):
        self.file = file
        problems = [_kind_problem(*features, _NUMBERS), _empty_problem(*features)]
        x = features[1]
        if targets is not None:
            problems += [_kind_problem(*targets, _NUMBERS + "U"), _shape_problem(targets, x, 2)]
        if weights is not None:
            problems += [_kind_problem(*weights, _NUMBERS), _shape_problem(weights, x, 1)]
        if found := [problem.located(file=file) for problem in problems if problem]:
            raise NnctlError(found)
        self.shape: tuple[int, ...] = x.shape[1:] or (1,)
        self._x = x.reshape(len(x), int(np.prod(self.shape)))
        self.stored = self._x if isinstance(self._x, StoredArray) else None
        self._targets = None if targets is None else _columns(targets[1])
        self._weights = None if weights is None else _columns(weights[1])
        self.feature_names = tuple(f"{FEATURES}_{place}" for place in range(self._x.shape[1]))
        self.target_names = _target_names(self._targets)
        self.weight_name = None if weights is None else weights[0]
        own = () if weights is None else (weights[0],)
        check_names(file, {"the weight": own}, (*self.feature_names, *self.target_names))

    def require_columns(self, weight: str | None, group: str | None) -> None:
        """Raises `NnctlError` where there is no weight or no group that a config names."""
        if group is not None:
            message = "the data are arrays, whose rows have no column of groups"
            setting = Setting("data.group", fix="remove it, or train from a table")
            raise NnctlError(Problem(message, None, self.file, setting=setting))
        if weight is not None and self.weight_name is None:
            message, setting = f'there is no array "{weight}"', Setting("data.sample_weight")
            raise NnctlError(Problem(message, None, self.file, setting=setting))

    @property
    def lacks_targets(self) -> bool:
        """Whether a target of some row is missing."""
        y = self._targets
        return y is not None and y.dtype.kind == "f" and bool(np.isnan(y).any())

    def __enter__(self) -> "ArrayReader":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tables(
        self,
        wanted: Sequence[str],
        verbatim: Sequence[str] = (),
        *,
        text: Collection[str] = (),
        numbers: Collection[str] = (),
        labels: Collection[str] = (),
        dates: Mapping[str, DateFormat] = MappingProxyType({}),
        told_by: str = "",
        streaming: bool = False,
    ) -> Iterator[Table]:
        """The rows from the first to the last, some megabytes of them at a time.

        Numbers come as numbers, and text as text, whatever is told of them; targets that
        are among `labels` as labels. Raises `NnctlError` for
        infinite numbers, and for `verbatim` columns, which arrays do not have.
        """
        if verbatim:
            message = f'there is no column "{verbatim[0]}": arrays have no named columns'
            raise NnctlError(Problem(message, "use a CSV file", self.file))
        faults = Faults(self.file)
        rows = max(1, NUMBERS_AT_ONCE // max(1, self._x.shape[1]))
        for start in range(0, len(self._x), rows):
            table = self._table(start, start + rows, set(wanted), labels)
            _check_finite(table, faults)
            if streaming:
                faults.check()
            if not faults.count:
                yield table
        faults.check()

    def _table(self, start: int, stop: int, wanted: set[str], asked: Collection[str]) -> Table:
        """The rows `start` to `stop`; features come together, targets where one is wanted."""
        blocks = [self._x[start:stop]]
        names = self.feature_names
        text: dict[str, TextColumn] = {}
        labels: dict[str, LabelColumn] = {}
        if self._targets is not None and wanted.intersection(self.target_names):
            targets = self._targets[start:stop]
            if wanted.intersection(self.target_names) & set(asked):
                labels = {
                    name: array_labels(targets[:, place])
                    for place, name in enumerate(self.target_names)
                }
            elif targets.dtype.kind == "U":
                text = {
                    name: _text_column(targets[:, place])
                    for place, name in enumerate(self.target_names)
                }
            else:
                blocks.append(targets)
                names += self.target_names
        if self._weights is not None and self.weight_name in wanted:
            blocks.append(self._weights[start:stop])
            names += (self.weight_name,)
        numbers = np.concatenate(blocks, axis=1, dtype=np.float64, casting="unsafe")
        numbers += 0.0  # a negative zero is zero
        return Table(self.file, names, numbers, text, first_row=start, labels=labels)


def check_names(file: str, named: Mapping[str, Sequence[str]], taken: Sequence[str]) -> None:
    """Raises `NnctlError` where what is `named` has a name that is `taken` by a position."""
    for role, names in named.items():
        for name in names:
            if name in taken:
                message = f'{role} is called "{name}", as what stands at a position is'
                raise NnctlError(Problem(message, "call it otherwise", file))


def _columns(array: NDArray[Any]) -> NDArray[Any]:
    """An array of one or two axes as one of two, (rows, columns)."""
    return array.reshape(len(array), -1) if len(array) else array.reshape(0, 1)


def _target_names(targets: NDArray[Any] | None) -> tuple[str, ...]:
    if targets is None:
        return ()
    width = targets.shape[1]
    return (TARGET,) if width == 1 else tuple(f"{TARGET}_{place}" for place in range(width))


def _kind_problem(name: str, array: NDArray[Any] | StoredArray, kinds: str) -> Problem | None:
    if array.ndim == 0:
        return Problem(f'array "{name}" is a single value; it must have a row for each example')
    if array.dtype.kind not in kinds:
        return Problem(f'array "{name}" is of type {array.dtype}; numbers are needed')
    return None


def _empty_problem(name: str, array: NDArray[Any] | StoredArray) -> Problem | None:
    if array.size or not array.ndim or not len(array):
        return None
    return Problem(f'array "{name}" has shape {array.shape}: its examples hold nothing')


def _shape_problem(
    named: NamedArray, x: NDArray[Any] | StoredArray, most_axes: int
) -> Problem | None:
    name, array = named
    if array.ndim > most_axes:
        allowed = "(rows,)" if most_axes == 1 else "(rows,) or (rows, k)"
        return Problem(f'array "{name}" has shape {array.shape}; it must be {allowed}')
    if array.ndim and x.ndim and len(array) != len(x):
        return Problem(f'array "{name}" has {len(array):,} rows, the features have {len(x):,}')
    return None


def _text_column(labels: NDArray[Any]) -> TextColumn:
    distinct, codes = distinct_values(labels)
    return TextColumn(codes, tuple(map(str, distinct)))


def _check_finite(table: Table, faults: Faults) -> None:
    for name, column in table.labels.items():
        beyond = np.array([*(label in (math.inf, -math.inf) for label in column.labels), False])
        for row in np.flatnonzero(beyond[column.codes]).tolist():
            message = f"{column.labels[column.codes[row]]} is not a finite number"
            faults.add(table.problem(row, name, message))
    wrong = np.isinf(table.numbers)
    if not wrong.any():  # which takes a fraction of the time of looking for where
        return
    infinite = np.argwhere(wrong)
    shown = faults.room
    for row, column in infinite[:shown].tolist():
        value = table.numbers[row, column]
        message = f"{value} is not a finite number"
        faults.add(table.problem(row, table.number_names[column], message))
    faults.skip(len(infinite[shown:]))
