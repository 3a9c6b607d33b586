"""A training file between reading and scaling: held compactly, then turned into examples."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.checks import no_rows, note_missing
from nnctl.data.inputs import Inputs, Missing
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Columns, complete
from nnctl.data.source import Source
from nnctl.data.table import Faults, Table, TextColumn, joined_tables
from nnctl.errors import NnctlError

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Raw:
    """Rows before scaling: features in pieces of consecutive rows, targets and weights as a table.

    A piece has the columns `numeric`, nan where missing; it is in the run's dtype where that holds
    its numbers exactly, else in float64, so that scaling loses nothing. `text` are the others.
    """

    names: tuple[str, ...]
    numeric: tuple[str, ...]
    pieces: list[NDArray[Any]]
    text: dict[str, TextColumn]
    targets: Table

    def __len__(self) -> int:
        return len(self.targets)

    def chunks(self, rows: Mask) -> Iterator[NDArray[np.float64]]:
        """The numeric features of the chosen rows, in double precision, piece by piece."""
        start = 0
        for piece in self.pieces:
            yield piece[rows[start : start + len(piece)]].astype(np.float64)
            start += len(piece)

    def examples_of(
        self, rows: Mask, inputs: Inputs, notices: Notices
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """The inputs of the chosen rows and those of the others, (…, *shape) each.

        The pieces are let go of meanwhile; afterwards there are none. Raises `NnctlError` for
        numbers that the run's dtype does not hold.
        """
        count = int(np.count_nonzero(rows))
        chosen = np.empty((count, *inputs.shape), dtype=inputs.dtype)
        others = np.empty((len(rows) - count, *inputs.shape), dtype=inputs.dtype)
        faults = Faults(self.targets.file)
        start = put = put_others = 0
        self.pieces.reverse()
        while self.pieces:
            piece = self.pieces.pop()
            stop = start + len(piece)
            made = self._encoded(piece, slice(start, stop), inputs, faults, notices)
            mask = rows[start:stop]
            count = int(np.count_nonzero(mask))
            chosen[put : put + count] = made[mask]
            others[put_others : put_others + len(piece) - count] = made[~mask]
            start, put, put_others = stop, put + count, put_others + len(piece) - count
        faults.check()
        return chosen, others

    def _encoded(
        self, piece: NDArray[Any], rows: slice, inputs: Inputs, faults: Faults, notices: Notices
    ) -> NDArray[Any]:
        lines = None if self.targets.lines is None else self.targets.lines[rows]
        place = replace(self.targets, lines=lines, first_row=rows.start)
        columns = [self.text[name].rows(rows) for name in self.names if name in self.text]
        return inputs.encoded(place, self.numeric, piece, columns, faults, notices)


def read_raw(
    source: Source,
    columns: Columns,
    dtype: str,
    notices: Notices,
    missing: Missing = "error",
    text: Collection[str] = (),
) -> Raw:
    """All rows of an open source; `text` are the columns to be read as text, whatever they hold.

    Under `missing: drop`, rows that lack a feature or target are left out and counted in
    `notices`. Raises `NnctlError` for faulty rows, for missing features under `error`, and where
    there are no rows. Missing targets are otherwise left to whoever encodes them.
    """
    faults = Faults(source.file)
    parts: list[tuple[tuple[str, ...], NDArray[Any]]] = []
    rest: list[Table] = []
    for read in source.tables(columns.all, text=text):
        table = complete(read, columns.judged, notices) if missing == "drop" else read
        if missing == "error":
            note_missing(table, columns.features, faults)
        numeric = tuple(name for name in columns.features if name not in table.text)
        values = table.columns(numeric)
        with np.errstate(over="ignore"):
            rounded = values.astype(dtype)
        exact = np.array_equal(rounded, values, equal_nan=missing == "mean")
        parts.append((numeric, rounded if exact else values.copy()))
        rest.append(_without(table, numeric))
    faults.check()
    if not sum(map(len, rest)):
        raise NnctlError(no_rows(source.file))
    return _joined(source.file, columns, parts, rest)


def _without(table: Table, names: tuple[str, ...]) -> Table:
    """The table without the number columns `names`, in memory of its own."""
    taken = set(names)
    others = tuple(name for name in table.number_names if name not in taken)
    return replace(table, number_names=others, numbers=table.columns(others).copy(), verbatim={})


def _joined(
    file: str,
    columns: Columns,
    parts: list[tuple[tuple[str, ...], NDArray[Any]]],
    rest: list[Table],
) -> Raw:
    """The stretches together. Columns that are text in one of them are text in all."""
    named = {name for table in rest for name in table.text}
    text = [name for name in columns.features if name in named]
    numeric = tuple(name for name in columns.features if name not in named)
    pieces = [
        piece[:, [name not in named for name in names]] if names != numeric else piece
        for names, piece in parts
    ]
    taken = set(numeric)
    others = tuple(name for name in columns.all if name not in taken)
    whole = joined_tables(rest, others)
    targets = replace(whole, text={k: v for k, v in whole.text.items() if k not in text})
    made = {name: whole.text[name] for name in text}
    return Raw(columns.features, numeric, pieces, made, targets)
