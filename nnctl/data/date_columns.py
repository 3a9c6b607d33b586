"""What the cells of a column of dates tell of it: their order, and how they are written."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from nnctl.reading.fields import Fields
from nnctl.reading.table import DateFormat

if TYPE_CHECKING:
    from nnctl.reading.dates import DateCells


class DateOrder:
    """Whether dates come in their order: year first, day first or month first."""

    def __init__(self) -> None:
        self._orders = [(0, 1, 2), (2, 1, 0), (2, 0, 1)]
        self._last: dict[tuple[int, int, int], str] = {}
        self._moves = False

    @property
    def holds(self) -> bool:
        """Whether no date was before the one above it, and not all were the same."""
        return bool(self._orders) and self._moves

    def add(self, dates: Sequence[str]) -> None:
        """Further dates, from top to bottom."""
        parts = [re.split(r"[-/. T]", date, maxsplit=3) for date in dates] if self._orders else []
        for order in list(self._orders):
            keys = ["".join(f"{part[k]:0>4}" for k in order) + clock(part[3:]) for part in parts]
            keys = [*filter(None, [self._last.get(order)]), *keys]
            year_first = order[0] == 0
            fits = all((len(part[0]) == 4) == year_first for part in parts)
            if not fits or any(a > b for a, b in pairwise(keys)):
                self._orders.remove(order)
            elif keys:
                self._moves |= keys[0] != keys[-1]
                self._last[order] = keys[-1]


def clock(time: Sequence[str]) -> str:
    """The time of a day, if there is one, as text that is in the order of time."""
    match = re.fullmatch(r"(\d{1,2})(:.*?) ?([AP]M)?", "".join(time).upper())
    if match is None:
        return "".join(time)
    hour = int(match[1]) if match[3] is None else int(match[1]) % 12 + 12 * (match[3] == "PM")
    return f"{hour:02}{match[2]}"


class DateFormats:
    """The formats in which all cells of a column are dates; None is ISO 8601.

    `example` is one of the dates, and `odd`, where no format fits all, a cell unlike it.
    """

    def __init__(self) -> None:
        self._cells: list[DateCells] | None = None
        self.example = self.odd = ""

    @property
    def found(self) -> list[str | None]:
        """The formats, once all rows are there: one, unless nobody can tell, or none fits."""
        return [cells.written.pattern for cells in self._cells or ()]

    def add(self, fields: Fields, place: int, date: str, missing: Collection[str]) -> None:
        """A further block; `date` is one of the dates in it."""
        if self._cells is None:
            from nnctl.reading.dates import DateCells, date_of, patterns_of

            is_iso = date_of(date, None) is not None
            patterns: list[str | None] = [None] if is_iso else [*patterns_of(date)]
            self._cells = [DateCells(DateFormat(pattern), missing) for pattern in patterns]
            self.example = date
        faults = [(cells, cells.seconds(fields, place)[1]) for cells in self._cells]
        for cells, odd in faults:
            if odd:
                self._cells.remove(cells)
                self.odd = fields.text(odd[0].row, place).strip()
