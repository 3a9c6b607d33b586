"""A training file between reading and scaling: held compactly, then turned into examples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.checks import no_rows, note_overflow, numeric_features
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.source import Source
from nnctl.data.table import Faults, Table, joined_tables
from nnctl.errors import NnctlError

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Raw:
    """Rows before scaling: features in pieces of consecutive rows, targets as one table.

    A piece is in the run's dtype where that holds its numbers exactly, else in float64, so that
    scaling loses nothing.
    """

    names: tuple[str, ...]
    pieces: list[NDArray[Any]]
    targets: Table

    def __len__(self) -> int:
        return len(self.targets)

    def chunks(self, rows: Mask) -> Iterator[NDArray[np.float64]]:
        """The features of the chosen rows, in double precision, piece by piece."""
        start = 0
        for piece in self.pieces:
            yield piece[rows[start : start + len(piece)]].astype(np.float64)
            start += len(piece)

    def examples_of(
        self, rows: Mask, preprocessing: Preprocessing
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """The inputs of the chosen rows and those of the others, scaled, (…, *shape) each.

        The pieces are let go of meanwhile; afterwards there are none. Raises `NnctlError` for
        numbers that the run's dtype does not hold.
        """
        chosen = np.empty((np.count_nonzero(rows), len(self.names)), dtype=preprocessing.dtype)
        others = np.empty((len(rows) - len(chosen), len(self.names)), dtype=preprocessing.dtype)
        faults = Faults(self.targets.file)
        start = put = put_others = 0
        self.pieces.reverse()
        while self.pieces:
            piece = self.pieces.pop()
            stop = start + len(piece)
            made = self._scaled(piece, start, preprocessing, faults)
            mask = rows[start:stop]
            count = int(np.count_nonzero(mask))
            chosen[put : put + count] = made[mask]
            others[put_others : put_others + len(piece) - count] = made[~mask]
            start, put, put_others = stop, put + count, put_others + len(piece) - count
        faults.check()
        shape = preprocessing.shape
        return chosen.reshape(-1, *shape), others.reshape(-1, *shape)

    def _scaled(
        self, piece: NDArray[Any], start: int, preprocessing: Preprocessing, faults: Faults
    ) -> NDArray[Any]:
        with np.errstate(over="ignore", invalid="ignore"):
            made = preprocessing.scaling.apply(piece).astype(preprocessing.dtype, copy=False)
        if not np.isfinite(made).all():  # the table for messages costs more than this
            stop = start + len(piece)
            lines = None if self.targets.lines is None else self.targets.lines[start:stop]
            place = replace(self.targets, lines=lines, first_row=start)
            note_overflow(place, self.names, piece, made, faults)
        return made


def read_raw(
    source: Source, names: tuple[str, ...], target_names: Sequence[str], dtype: str
) -> Raw:
    """All rows of an open source: the features `names` and the targets `target_names`.

    Raises `NnctlError` for faulty rows, for text and missing values among the features, and
    where there are no rows. Missing targets are left to whoever encodes them.
    """
    faults = Faults(source.file)
    pieces: list[NDArray[Any]] = []
    targets: list[Table] = []
    for table in source.tables([*names, *target_names]):
        values = numeric_features(table, names, faults)
        with np.errstate(over="ignore"):
            rounded = values.astype(dtype)
        pieces.append(rounded if np.array_equal(rounded, values) else values.copy())
        targets.append(_target_part(table, target_names))
    faults.check()
    if not pieces:
        raise NnctlError(no_rows(source.file))
    return Raw(names, pieces, joined_tables(targets))


def _target_part(table: Table, names: Sequence[str]) -> Table:
    """The targets alone, in memory of their own."""
    numeric = tuple(name for name in names if name not in table.text)
    text = {name: table.text[name] for name in names if name in table.text}
    numbers = table.columns(numeric).copy()
    return replace(table, number_names=numeric, numbers=numbers, text=text, verbatim={})
