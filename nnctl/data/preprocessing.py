"""How a model's inputs and targets are made of a file's columns: it travels with the weights."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.axes import transpose_call, transposition
from nnctl.data.checks import WIDER, no_rows, note_missing, note_overflow, note_weights
from nnctl.data.gathered import Gathered, joined
from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.targets import Targets
from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.array_types import Array
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import PLAIN, DataFile, TextFormat
from nnctl.reading.source import Source, open_source
from nnctl.reading.table import Faults, Table
from nnctl.system import stated
from nnctl.system.unicode import normal_form
from nnctl.training.blocks import Blocks, slices_of
from nnctl.training.one_hot import pick_rows


class Examples:
    """Rows as a model takes them.

    `x` (rows, *shape) is in the run's dtype, held or read from the disk, `y` as `Targets.of` gives
    it, and `weight` (rows,), where there are weights, in the run's dtype.
    """

    def __init__(self, x: Array | Blocks, y: Array, weight: Array | None = None) -> None:
        self.x, self.y, self.weight = x, y, weight

    def __len__(self) -> int:
        return len(self.x)


class Batch:
    """A stretch of rows of a file: their inputs, and columns kept as written.

    `usable` (rows,) tells the rows that can be predicted; `x` has inputs for those alone.
    """

    def __init__(
        self, x: Array | Blocks, usable: NDArray[np.bool_], kept: dict[str, list[str]]
    ) -> None:
        self.x, self.usable, self.kept = x, usable, kept

    def __len__(self) -> int:
        return len(self.usable)


class Columns(NamedTuple):
    """What a file calls the features, the targets and the weights."""

    features: tuple[str, ...]
    targets: tuple[str, ...]
    weight: str | None

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.features, *self.targets, *([self.weight] if self.weight else []))


class Preprocessing(NamedTuple):
    """From the columns of any file to what the model is given.

    `arrays` are the names of the two arrays of a model trained from arrays, whose columns count by
    position, else None; `weight` is the column of example weights, if there is one; `text_format`
    that of the training file.
    """

    inputs: Inputs
    targets: Targets
    arrays: tuple[str, str] | None = None
    weight: str | None = None
    text_format: TextFormat = PLAIN

    def source_of(
        self, file: DataFile | Path | BinaryIO, *, targets: bool = True, memory: int | None = None
    ) -> Source:
        """A reader of a file that is written as the training file was, as `open_source` makes it.

        Without `targets` the rows have no weights either.
        """
        return open_source(
            file,
            text_format=self.text_format,
            arrays=self.arrays,
            targets=targets,
            weight=self.weight if targets else None,
            memory=memory,
        )

    def batches(
        self,
        source: Source,
        notices: Notices,
        named: DataFile | None = None,
        keep: Sequence[str] = (),
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """The rows of an open source, stretch by stretch, in memory that does not grow with it.

        A stretch has at most `most_rows` rows, and is else as long as it is read. Columns other
        than those needed are passed over; `named` may call them otherwise. Raises `NnctlError` for
        columns that are missing and, after the stretches before them, for faulty rows. What else a
        user should know goes to `notices`.
        """
        names = self.columns(source, named, targets=False, keep=keep).features
        dropped = [names[place] for place in self.inputs.with_missing("drop")]
        for table in source.tables(names, keep, **self.kinds_read(names, ()), streaming=True):
            faults = Faults(table.file)
            usable = np.ones(len(table), dtype=np.bool_)
            if dropped:
                usable = ~table.missing(dropped)
            count = int(np.count_nonzero(usable))
            notices.rows(len(table), len(table) - count)
            chosen = table if count == len(table) else table.rows(usable)
            x = self.inputs.of(chosen, names, faults, notices)
            faults.check()
            places = np.append(0, np.cumsum(usable))
            for part in slices_of(len(table), most_rows or len(table)):
                own = pick_rows(x, slice(places[part.start], places[part.stop]))
                kept = {name: cells[part] for name, cells in table.verbatim.items()}
                yield Batch(own, usable[part], kept)

    def examples(
        self,
        source: Source,
        notices: Notices,
        named: DataFile | None = None,
        memory: int | None = None,
    ) -> Examples:
        """All rows of an open source that have targets, with weights where it has them.

        Inputs of more than `memory` bytes are kept on the disk. Raises `NnctlError` as `batches`
        does, for the whole file at once, and for one without rows.
        """
        columns = self.columns(source, named)
        faults = Faults(source.file)
        inputs, targets, weights = Gathered(memory), [], []
        empty = EmptyColumns(self._dropping(columns))
        for table in self.tables(source, columns, notices, empty):
            inputs.append(self.inputs.of(table, columns.features, faults, notices))
            targets.append(self.targets.of(table, columns.targets, faults))
            if columns.weight is not None:
                weights.append(self.weights(table, columns.weight, faults))
        faults.check()
        notices.check_targets()
        if not len(inputs):
            raise NnctlError(empty.problem(source.file))
        weight = joined(weights) if weights else None
        check_weights(weight, columns.weight, source.file)
        return Examples(inputs.whole(), joined(targets), weight)

    def tables(
        self,
        source: Source,
        columns: Columns,
        notices: Notices,
        empty: "EmptyColumns | None" = None,
    ) -> Iterator[Table]:
        """The rows of an open source that `examples` makes examples of, stretch by stretch."""
        dropping = self._dropping(columns)
        kinds = self.kinds_read(columns.features, columns.targets)
        labels = columns.targets if self.targets.labels else ()
        for table in source.tables(columns.all, labels=labels, **kinds):
            table = with_targets(table, columns.targets, notices)
            if dropping:
                if empty is not None:
                    empty.look(table)
                table = complete(table, dropping, notices)
            yield table

    def _dropping(self, columns: Columns) -> list[str]:
        """The features that a row is left out for the lack of."""
        return [columns.features[place] for place in self.inputs.with_missing("drop")]

    def weights(self, table: Table, name: str | None, faults: Faults) -> Array:
        """The weights of rows, (rows,); faults for those that are missing or negative."""
        if name is None:
            return np.ones(len(table), dtype=self.inputs.dtype)
        note_missing(table, [name], faults)
        note_weights(table, name, faults)
        if name in table.text:
            return np.zeros(len(table), dtype=self.inputs.dtype)
        written = table.columns([name])
        with np.errstate(over="ignore"):
            made = written.astype(self.inputs.dtype)
        note_overflow(table, [name], written, made, faults, WIDER)
        return made[:, 0]

    def columns(
        self,
        source: Source,
        named: DataFile | None = None,
        *,
        targets: bool = True,
        keep: Sequence[str] = (),
    ) -> Columns:
        """What `source` calls the features, the targets and the weights, in order.

        Raises `NnctlError` where it lacks some.
        """
        if isinstance(source, ArrayReader):
            return self._array_columns(source, targets)
        source.require(keep)
        features = named.features if named and named.features else None
        names = named.targets if named and named.targets else in_normal_form(self.targets.names)
        wanted = names if targets else ()
        if len(names) != len(self.targets.names):
            raise NnctlError(_count_problem("targets", len(names), self.targets.names, source.file))
        if features is None and self.arrays is None:
            features = in_normal_form(self.inputs.names)
        weight = None if self.weight is None else normal_form(self.weight)
        if features is None:
            source.require(wanted, by_model=True)
            taken = {*names, *keep, weight}
            features = tuple(name for name in source.names if name not in taken)
            if len(features) > len(self.inputs.names):
                features = features[: len(self.inputs.names)]
        by_model = named is None or not (named.features or named.targets)
        source.require([*features, *wanted], by_model=by_model)
        if len(features) != len(self.inputs.names):
            raise NnctlError(
                _count_problem("features", len(features), self.inputs.names, source.file)
            )
        return Columns(features, wanted, weight if targets and weight in source.names else None)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        return {
            **self.inputs.to_json(),
            **self.targets.to_json(),
            "arrays": None if self.arrays is None else list(self.arrays),
            "sample_weight": self.weight,
            **self.text_format.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], file: str | None = None) -> "Preprocessing":
        """Raises `NnctlError`, naming `file`, for anything that `to_json` does not give."""
        try:
            weight = data.get("sample_weight")
            made = cls(
                Inputs.from_json(data),
                Targets.from_json(data),
                array_names_of(data["arrays"]),
                None if weight is None else stated.text("sample_weight", weight),
                TextFormat.from_json(data),
            )
            made._check_roles()
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            message = f"what it says about the preparation of data is damaged ({error!r})"
            raise NnctlError(Problem(message, "train the model again", file)) from None
        return made

    def _check_roles(self) -> None:
        """Raises ValueError where a table's column is more than one of feature, target, weight."""
        taken = [*self.inputs.names, *self.targets.names, *([self.weight] if self.weight else [])]
        if self.arrays is None and len(set(taken)) < len(taken):
            raise ValueError("a column is both a feature and a target or the weight")

    def kinds_read(self, features: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
        """What the columns are read as: text, numbers, or dates that are written so."""
        pairs = dict(zip(self.inputs.names, features, strict=True))
        text = {pairs[name] for name in self.inputs.categories}
        text |= set(targets if self.targets.text else ())
        dates = {pairs[name]: written for name, written in self.inputs.dates.items()}
        numbers = {*features, *targets} - text - dates.keys()
        return {"text": text, "numbers": numbers, "dates": dates}

    def _array_columns(self, source: ArrayReader, targets: bool) -> Columns:
        if len(source.feature_names) != len(self.inputs.names):
            found = len(source.feature_names)
            raise NnctlError(_count_problem("features", found, self.inputs.names, source.file))
        if (order := transposition(source.shape, self.inputs.shape)) is not None:
            message = f"an example has shape {source.shape}; the model takes {self.inputs.shape}"
            fix = f"move the axes of the array: {transpose_call(order)}"
            raise NnctlError(Problem(message, fix, source.file))
        if not targets:
            return Columns(source.feature_names, (), None)
        if len(source.target_names) != len(self.targets.names):
            found = len(source.target_names)
            raise NnctlError(_count_problem("targets", found, self.targets.names, source.file))
        return Columns(source.feature_names, source.target_names, source.weight_name)


def array_names_of(value: Any) -> tuple[str, str] | None:
    """The names of two arrays that a file states, if any. Raises ValueError for anything else."""
    if value is None:
        return None
    features, target = stated.items("arrays", value)
    return stated.text("arrays", features), stated.text("arrays", target)


def in_normal_form(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns as a table's header has them, which a model may have been told otherwise."""
    return tuple(map(normal_form, names))


def _count_problem(what: str, found: int, expected: Sequence[str], file: str) -> Problem:
    has = f"it has {found:,} {what if found != 1 else what[:-1]}"
    message = f"{has} an example; the model takes {len(expected):,}, by position"
    if what == "targets":
        message = f"{has}, the model {len(expected):,}"
    return Problem(message, None, file, setting=Setting("data"))


def complete(table: Table, names: Sequence[str], notices: Notices) -> Table:
    """The rows that lack none of the columns `names`; the others are counted in `notices`."""
    missing = table.missing(names)
    dropped = int(np.count_nonzero(missing))
    notices.rows(len(table), dropped)
    return table.rows(~missing) if dropped else table


def with_targets(table: Table, names: Sequence[str], notices: Notices) -> Table:
    """The rows that lack none of the targets `names`; the others are counted in `notices`."""
    missing = table.missing(names)
    count = int(np.count_nonzero(missing))
    own = [table.marks.get(name, {}) for name in names] if count else []
    notices.untargeted(len(table), count, (mark for marks in own for mark in marks.values()))
    return table.rows(~missing) if count else table


def check_weights(weight: Array | None, name: str | None, file: str) -> None:
    """Raises `NnctlError` where all weights (rows,) are 0: nothing would be learnt or judged."""
    if weight is not None and not weight.any():
        message, fix = "the weight of every row is 0", "give some rows a weight above 0"
        setting, place = Setting("data.sample_weight"), f"column {name}"
        raise NnctlError(Problem(message, fix, file, path=place, setting=setting))


class EmptyColumns:
    """The columns in which no row seen so far has a value."""

    def __init__(self, names: Sequence[str]) -> None:
        self._left, self._rows = list(names), 0

    def look(self, table: Table) -> None:
        """Passes over the columns in which some row of `table` has a value."""
        self._rows += len(table)
        self._left = [name for name in self._left if table.missing([name]).all()]

    def problem(self, file: str) -> Problem:
        """The problem of a file without rows, or of which `missing: drop` leaves none."""
        if not self._rows:
            return no_rows(file)
        if self._left:
            name = self._left[0]
            message = "no row has a value in this column, and data.missing: drop leaves out the "
            message += "rows that lack one"
            setting, place = Setting("data.features", name, "leave it out"), f"column {name}"
            return Problem(message, "fill it in", file, path=place, setting=setting)
        message = "every row lacks a feature, and data.missing: drop leaves such rows out"
        setting = Setting("data.missing", fix="let it be mean, or name fewer data.features")
        return Problem(message, "fill some in", file, setting=setting)
