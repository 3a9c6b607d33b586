"""A training file between reading and scaling: held compactly, then turned into examples."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.checks import note_missing
from nnctl.data.features import Features, Stretch
from nnctl.data.grouping.column import GroupColumn
from nnctl.data.grouping.dealing import Groups
from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.one_hot import put, room_for, select_rows
from nnctl.data.preprocessing import Columns, EmptyColumns, complete, with_targets
from nnctl.data.rules import AS_IS, Treatment
from nnctl.errors import NnctlError
from nnctl.reading.array_types import Array, Mask
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.joining import GrowingRows, Joining
from nnctl.reading.source import Source
from nnctl.reading.table import DateFormat, Faults, Table, TextColumn
from nnctl.training.one_hot import OneHot

MADE_AT_ONCE = 1 << 18  # numbers, which the cache holds scaled


class Raw:
    """Rows before scaling: features as they were read, targets and weights as a table.

    `dates` tells which of the numeric features are dates, and how they are written; `groups` are
    those of the rows, where they have some.

    Numbers are in the run's dtype where that holds those of a piece exactly, else in float64, so
    that scaling loses nothing.
    """

    def __init__(
        self,
        features: Features,
        targets: Table,
        dates: Mapping[str, DateFormat] | None = None,
        groups: Groups | None = None,
    ) -> None:
        self.features, self.targets, self.groups = features, targets, groups
        self.dates = {} if dates is None else dates

    def __len__(self) -> int:
        return len(self.targets)

    def chunks(self, rows: Mask) -> Iterator[NDArray[np.float64]]:
        """The numeric features of the chosen rows, in double precision, stretch by stretch.

        Where these end is for the columns alone to say: sums do not tell how a file was read.
        """
        for start, stop in self.features.even_bounds():
            numbers = self.features.stretch(start, stop).numbers
            yield picked(numbers, rows[start:stop]).astype(np.float64)

    def pieces(self, rows: Mask, count: int) -> Iterator[NDArray[Any]]:
        """The first so many numeric features of the chosen rows, as they are held, piece by piece.

        They are for what does not depend on where pieces end.
        """
        for start, stop in self.features.bounds():
            numbers = self.features.stretch(start, stop).numbers
            yield picked(numbers[:, :count], rows[start:stop])

    def used(self, rows: Mask) -> dict[str, NDArray[np.int64]]:
        """For each column of text how many of the chosen rows have each label; before, none."""
        labels = self.features.labels
        counts = {name: np.zeros(1 + len(own), np.int64) for name, own in labels.items()}
        for start, stop in self.features.bounds() if counts else ():
            chosen, found = rows[start:stop], self.features.stretch(start, stop)
            for count, column in zip(counts.values(), found.text, strict=True):
                count += np.bincount(column.codes[chosen] + 1, minlength=len(count))
        return counts

    def examples_of(
        self, rows: Mask, inputs: Inputs, notices: Notices
    ) -> tuple[Array | OneHot, Array | OneHot]:
        """The inputs of the chosen rows and those of the others, (…, *shape) each.

        The features are let go of meanwhile; afterwards there are none. Raises `NnctlError` for
        numbers that the run's dtype does not hold.
        """
        faults = Faults(self.targets.file)
        if inputs.are_numbers and (held := self.features.take_whole()) is not None:
            in_place = self._made_in_place(held, rows, inputs, faults, notices)
            faults.check()
            return in_place
        masks, ends = (rows, ~rows), [0, 0]
        parts = [room_for(int(np.count_nonzero(mask)), inputs.no_rows()) for mask in masks]
        for start, found in self.features.let_go():
            owns = [mask[start : start + len(found.numbers)] for mask in masks]
            room = None
            if inputs.are_numbers and owns[0].all():
                room = parts[0][ends[0] : ends[0] + len(owns[0])]
            made = self.encoded(found, start, inputs, faults, notices, room)
            for k, own in enumerate(owns):
                if room is not None:
                    ends[k] += int(np.count_nonzero(own))
                else:
                    ends[k] = put(made if own.all() else select_rows(made, own), parts[k], ends[k])
        faults.check()
        return parts[0], parts[1]

    def _made_in_place(
        self, held: GrowingRows, rows: Mask, inputs: Inputs, faults: Faults, notices: Notices
    ) -> tuple[Array, Array]:
        """As `examples_of`: the inputs of the chosen rows take the place of what was read of all.

        A row moves up at most, to where the inputs of rows above it have been made.
        """
        numbers, end, left = held.whole(), 0, 0
        others = np.empty((np.count_nonzero(~rows), numbers.shape[1]), numbers.dtype)
        size = max(1, MADE_AT_ONCE // max(1, numbers.shape[1]))
        for start in range(0, len(numbers), size):
            found, own = Stretch(numbers[start : start + size], []), rows[start : start + size]
            made = self.encoded(found, start, inputs, faults, notices)
            flat: Array = made[:].reshape(len(own), -1)
            chosen, rest = (flat, flat[:0]) if own.all() else (flat[own], flat[~own])
            numbers[end : end + len(chosen)] = chosen
            others[left : left + len(rest)] = rest
            end, left = end + len(chosen), left + len(rest)
        del numbers, found
        held.shorten(end)
        return held.whole().reshape(-1, *inputs.shape), others.reshape(-1, *inputs.shape)

    def encoded(
        self,
        found: Stretch,
        start: int,
        inputs: Inputs,
        faults: Faults,
        notices: Notices,
        room: Array | None = None,
    ) -> Array | OneHot:
        """The inputs of a stretch of rows, of which the first is number `start`.

        Those of numbers alone are written to `room`, where it is given.
        """
        rows = slice(start, start + len(found.numbers))
        lines = None if self.targets.lines is None else self.targets.lines[rows]
        place = self.targets.changed(lines=lines, first_row=start)
        numeric = self.features.numeric
        return inputs.encoded(place, numeric, found.numbers, found.text, faults, notices, room)

    def check(self, inputs: Inputs) -> None:
        """Raises `NnctlError` for numbers that the run's dtype does not hold, once scaled."""
        if inputs.scaling.type == "none" and self.features.are_exact:
            return
        faults = Faults(self.targets.file)
        for start, stop in self.features.bounds():
            found = self.features.stretch(start, stop)
            self.encoded(found, start, inputs, faults, Notices(self.targets.file))
        faults.check()


class RawRows:
    """The rows of a file as a model takes them, made ready each time that they are asked for."""

    def __init__(self, raw: Raw, inputs: Inputs) -> None:
        # Of the targets no more is kept than messages want, and there are none to come.
        place = Table(raw.targets.file, (), np.empty((0, 0)))
        self._raw, self._inputs = Raw(raw.features, place), inputs

    def __len__(self) -> int:
        return len(self._raw.features)

    def inputs(self, start: int, stop: int, chosen: "NDArray[np.intp] | slice") -> NDArray[Any]:
        found = self._raw.features.stretch(start, stop).rows(chosen)
        file = self._raw.targets.file  # whose faults were all found by `check`
        return self._raw.encoded(found, start, self._inputs, Faults(file), Notices(file))[:]


def read_raw(
    source: Source,
    columns: Columns,
    dtype: str,
    notices: Notices,
    treatment: Treatment = AS_IS,
    labels: Collection[str] = (),
) -> Raw:
    """All rows of an open source; `labels` are the columns to be read as labels.

    Features of more than `treatment.memory` bytes go to the disk; arrays that are there are left
    there. Rows without a target, and those that lack a feature under `missing: drop`, are left out
    and counted in `notices`. Raises `NnctlError` for faulty rows, for missing features under
    `error`, where more than half of the rows have no target, and where there are no rows.
    """
    faults = Faults(source.file)
    dropped = treatment.with_missing(columns.features, "drop")
    needed = treatment.with_missing(columns.features, "error")
    some_missing = len(dropped) + len(needed) < len(columns.features)
    in_place = isinstance(source, ArrayReader) and not dropped and not source.lacks_targets
    stored = source.stored if isinstance(source, ArrayReader) and in_place else None
    features = Features(columns.features, treatment.memory, dtype, some_missing)
    taken = set(columns.features)
    rest = Joining([name for name in columns.all if name not in taken])
    dates: Mapping[str, DateFormat] = {}
    empty = EmptyColumns(dropped)
    group = GroupColumn(treatment.group, treatment.text_format.notation.missing)
    kinds = told_kinds(treatment, columns)
    for read in source.tables(columns.all, group.names, labels=labels, **kinds):
        table = with_targets(read, columns.targets, notices)
        if dropped:
            empty.look(table)
            table = complete(table, dropped, notices)
        if needed:
            note_missing(table, needed, faults)
        group.add(table, faults)
        if stored is None:
            features.add(*piece_of(table, columns.features))
        rest.add(table)
        dates = table.dates
    faults.check()
    notices.check_targets()
    if not len(rest):
        raise NnctlError(empty.problem(source.file))
    if stored is not None:
        features = Features.in_place(columns.features, stored)
    return Raw(features, rest.whole(), dates, group.whole())


def piece_of(
    table: Table, names: tuple[str, ...]
) -> tuple[tuple[str, ...], NDArray[Any], dict[str, TextColumn]]:
    """The columns `names` of some rows: which are numbers, those, and the ones of text."""
    numeric, text = names, dict[str, TextColumn]()
    if table.text:
        text = {name: table.text[name] for name in names if name in table.text}
        numeric = tuple(name for name in names if name not in text)
    return numeric, table.as_read(numeric), text


def told_kinds(treatment: Treatment, columns: Columns) -> dict[str, Any]:
    """What a config says that columns hold, as a reader is told it."""
    dates = {
        name: DateFormat(treatment.rule(name).format)
        for name in treatment.of_type("date")
        if name in columns.features
    }
    return {
        "text": {*treatment.text, *treatment.of_type("category")},
        "numbers": set(treatment.of_type("number")),
        "dates": dates,
        "told_by": "data.columns wants",
    }


def picked(numbers: NDArray[Any], rows: Mask) -> NDArray[Any]:
    """The rows (rows, columns) that a mask names: the array itself, where these are all."""
    return numbers if rows.all() else numbers[rows]
