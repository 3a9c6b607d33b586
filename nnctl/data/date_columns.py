"""What the cells of a column of dates tell of it: how they are written, and whether in order."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from nnctl.reading.block import Block
from nnctl.reading.fields import bare
from nnctl.reading.table import DateFormat

if TYPE_CHECKING:
    from nnctl.reading.dates import DateCells


class DateFormats:
    """The formats in which all cells of a column are dates; None is ISO 8601.

    `example` is one of the dates, and `odd`, where no format fits all, a cell unlike it.
    """

    def __init__(self) -> None:
        self._ways: list[_Way] | None = None
        self.example = self.odd = ""

    @property
    def found(self) -> list[str | None]:
        """The formats, once all rows are there: one, unless nobody can tell, or none fits."""
        kept: dict[str, str | None] = {}
        for way in self._ways or ():
            pattern = way.cells.written.pattern
            kept.setdefault(str(pattern).replace("%B", "%b"), pattern)  # where all are in May
        return list(kept.values())

    @property
    def are_in_order(self) -> bool:
        """Whether no date is before the one above it, read in some way, and not all are alike."""
        return any(way.rises and way.moves for way in self._ways or ())

    def add(self, fields: Block, place: int, date: str, missing: Collection[str]) -> None:
        """A further block; `date` is one of the dates in it."""
        if self._ways is None:
            from nnctl.reading.dates import DateCells, date_of, patterns_of

            is_iso = date_of(date, None) is not None
            patterns: list[str | None] = [None] if is_iso else [*patterns_of(date)]
            self._ways = [_Way(DateCells(DateFormat(pattern), missing)) for pattern in patterns]
            self.example = date
        for way in list(self._ways):
            if (row := way.add(fields, place)) is not None:
                self._ways.remove(way)
                self.odd = bare(fields.text(row, place).strip())


class _Way:
    """A way to read the dates of a column.

    `rises` says that no date so far was before the one above it, `moves` that they differ.
    """

    def __init__(self, cells: "DateCells") -> None:
        self.cells = cells
        self.rises, self.moves = True, False
        self._last: float | None = None

    def add(self, fields: Block, place: int) -> int | None:
        """Reads a further block; the first row whose cell is no date, or None."""
        seconds, odd, _ = self.cells.seconds(fields, place)
        if odd:
            return odd[0].row
        known = seconds[~np.isnan(seconds)]
        if self._last is not None:
            known = np.concatenate([[self._last], known])
        if len(known):
            steps = np.diff(known)
            self.rises &= bool((steps >= 0).all())
            self.moves |= bool((steps != 0).any())
            self._last = float(known[-1])
        return None
