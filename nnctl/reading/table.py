"""A stretch of rows, as every reader hands it on: numbers, text columns, and where rows stand."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting

SHOWN_PROBLEMS = 10
Label = int | float | str


class Spot(NamedTuple):
    """Where a row stands: on a `line` of a `file`, or, where there are no lines, as `row` says."""

    file: str
    line: int | None
    row: str = ""

    @property
    def in_words(self) -> str:
        """The place within one sentence, without the file if that is the only one."""
        return self.row or f"{self.file}, line {self.line}"

    def of(self, problem: Problem) -> Problem:
        """A problem of that row, placed."""
        path = ", ".join(part for part in (self.row, problem.path) if part)
        return problem._replace(file=self.file, line=self.line, path=path)


Place = Callable[[int], Spot]


class DateFormat(NamedTuple):
    """How the dates of a column are written: as ISO 8601 has it, or as `pattern` says.

    That is a format of Python's `strptime`. `with_offset` says whether each has an offset from UTC,
    where that is known.
    """

    pattern: str | None = None
    with_offset: bool | None = None


class TextColumn(NamedTuple):
    """A column of text: row i holds `labels[codes[i]]`, or nothing where `codes[i]` is -1."""

    codes: NDArray[np.int32]
    labels: tuple[str, ...]

    def rows(self, chosen: NDArray[np.bool_] | slice) -> "TextColumn":
        """The same column of some rows."""
        return TextColumn(self.codes[chosen], self.labels)


class LabelColumn(NamedTuple):
    """A column of labels: row i has `labels[codes[i]]`, or none where `codes[i]` is -1.

    Whole numbers are int, of any size; other numbers float; text is str.
    """

    codes: NDArray[np.int32]
    labels: tuple[Label, ...]

    def rows(self, chosen: NDArray[np.bool_] | slice) -> "LabelColumn":
        """The same column of some rows."""
        return LabelColumn(self.codes[chosen], self.labels)


class ConsecutiveLines:
    """The lines from `start` to before `stop`, none of which takes memory."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, rows: Any) -> Any:
        """A line, as int; those of a slice, of a mask or of places are an array."""
        lines = range(self.start, self.stop)
        if isinstance(rows, int | np.integer):
            return lines[rows]
        if isinstance(rows, slice):
            own = lines[rows]
            return np.arange(own.start, own.stop, own.step)
        return np.asarray(self)[rows]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.arange(self.start, self.stop, dtype=dtype)

    def tolist(self) -> list[int]:
        """All of them."""
        return list(range(self.start, self.stop))


Lines = NDArray[np.int64] | ConsecutiveLines


class Table:
    """Rows of a file.

    `numbers` (rows, len(number_names)) are float64, or float32 where that holds all of them, nan
    where missing; `text` are the columns that hold text; `labels` those asked for as labels, which
    are no numbers on the way; `verbatim` those asked for as they are written. `dates` tells which
    of the numbers are dates, in seconds since 1970, and how they are written, as far as these rows
    have told. `lines` are the rows' places in the file, counted from 1, or None where the file is
    made of arrays: then rows count from 0, and the first is `first_row`. Of several files that are
    read as one, and of those that have rows and no lines, `place` tells where a row is.
    """

    def __init__(
        self,
        file: str,
        number_names: tuple[str, ...],
        numbers: NDArray[Any],
        text: dict[str, TextColumn] | None = None,
        verbatim: dict[str, list[str]] | None = None,
        lines: Lines | None = None,
        first_row: int = 0,
        place: Place | None = None,
        labels: dict[str, LabelColumn] | None = None,
        marks: dict[str, dict[int, str]] | None = None,
        dates: dict[str, DateFormat] | None = None,
    ) -> None:
        self.file, self.number_names, self.numbers = file, number_names, numbers
        self.lines, self.first_row, self.place = lines, first_row, place
        self.text = {} if text is None else text
        self.verbatim = {} if verbatim is None else verbatim
        self.labels = {} if labels is None else labels
        self.marks = {} if marks is None else marks
        self.dates = {} if dates is None else dates

    def changed(self, **attributes: Any) -> "Table":
        """The same table but for some attributes."""
        same = copy(self)
        for name, value in attributes.items():
            setattr(same, name, value)
        return same

    def __len__(self) -> int:
        return len(self.numbers)

    def columns(self, names: Sequence[str]) -> NDArray[np.float64]:
        """The number columns `names`, (rows, len(names)), in double precision."""
        return self.as_read(names).astype(np.float64, copy=False)

    def as_read(self, names: Sequence[str]) -> NDArray[Any]:
        """The same in the precision of `numbers`; a view where they stand side by side."""
        if not names:
            return self.numbers[:, :0]
        start = self.number_names.index(names[0])
        if self.number_names[start : start + len(names)] == tuple(names):
            return self.numbers[:, start : start + len(names)]
        index = {name: place for place, name in enumerate(self.number_names)}
        return self.numbers[:, [index[name] for name in names]]

    def missing(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows lack a value in one of the columns `names`, (rows,)."""
        coded = self.coded(names)
        numeric = [name for name in names if name not in coded]
        found = np.asarray(np.isnan(self.as_read(numeric)).any(axis=1))
        for column in coded.values():
            found |= column.codes < 0
        return found

    def coded(self, names: Sequence[str]) -> dict[str, TextColumn | LabelColumn]:
        """Those of the columns `names` that are text or labels."""
        own: dict[str, TextColumn | LabelColumn] = {**self.text, **self.labels}
        return {name: own[name] for name in names if name in own}

    def rows(self, chosen: NDArray[np.bool_]) -> "Table":
        """The rows that the mask `chosen` (rows,) names."""
        return self.changed(
            numbers=self.numbers[chosen],
            text={name: column.rows(chosen) for name, column in self.text.items()},
            labels={name: column.rows(chosen) for name, column in self.labels.items()},
            verbatim={
                name: [cell for cell, kept in zip(cells, chosen.tolist(), strict=True) if kept]
                for name, cells in self.verbatim.items()
            },
            lines=None if self.lines is None else self.lines[chosen],
            marks=self._marks_of(chosen),
        )

    def _marks_of(self, chosen: NDArray[np.bool_]) -> dict[str, dict[int, str]]:
        if not self.marks:
            return {}
        places, kept = np.cumsum(chosen) - 1, chosen.tolist()
        return {
            name: {int(places[row]): mark for row, mark in own.items() if kept[row]}
            for name, own in self.marks.items()
        }

    def problem(
        self,
        row: int,
        column: str,
        message: str,
        fix: str | None = None,
        setting: Setting | None = None,
    ) -> Problem:
        """A problem with one cell of this table."""
        if self.lines is not None:
            line = int(self.lines[row])
            found = Problem(message, fix, self.file, line, f"column {column}", setting=setting)
            return found if self.place is None else self.place(line).of(found)
        place = f"column {column}, row {self.first_row + row} (counted from 0)"
        return Problem(message, fix, self.file, path=place, setting=setting)


def text_of(table: Table, name: str) -> TextColumn:
    """A column of text, where the rows of `table` may lack all of it."""
    nothing = np.full(len(table), -1, dtype=np.int32)
    return table.text.get(name, TextColumn(nothing, ()))


class Faults:
    """The problems of a file: the first few as they are, the rest as a number."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._shown: list[Problem] = []
        self._told: set[str] = set()

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self._shown) < SHOWN_PROBLEMS:
            self._shown.append(problem)

    def once(self, column: str, problem: Problem) -> None:
        """Adds a problem of a whole column, unless one was added before."""
        if column not in self._told:
            self._told.add(column)
            self.add(problem)

    def take(self, other: "Faults", place: Place | None) -> None:
        """Adds the problems of one of several files, placed, and takes them from there."""
        for problem in other._shown:
            if place is not None and problem.line is not None:
                problem = place(problem.line).of(problem)
            self.add(problem)
        self.skip(other.count - len(other._shown))
        other.count, other._shown = 0, []

    @property
    def room(self) -> int:
        """How many more problems would be shown."""
        return SHOWN_PROBLEMS - len(self._shown)

    def skip(self, count: int) -> None:
        """Counts problems that nobody would see in full."""
        self.count += count

    def check(self) -> None:
        """Raises `NnctlError` if there were any, in the order of their lines."""
        if not self.count:
            return
        problems = sorted(self._shown, key=lambda each: (each.file or "", each.line or 0))
        rest = self.count - len(problems)
        if rest:
            noun = "problem" if rest == 1 else "problems"
            problems.append(Problem(f"and {rest:,} more {noun} of this kind", file=self.file))
        raise NnctlError(problems)


def short(text: str) -> str:
    """The text of a cell for a message."""
    return text if len(text) <= 40 else f"{text[:37]}…"
