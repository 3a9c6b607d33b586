"""What the columns of a table hold, as far as a look at all of its rows tells."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from nnctl.data.bytestream import LineBlocks, opened
from nnctl.data.delimited import DelimitedReader
from nnctl.data.fields import csv_rows
from nnctl.data.numbers import MISSING, number
from nnctl.errors import NnctlError, Problem

DELIMITERS = (",", ";", "\t", "|")
MOST_LABELS = 2000  # distinct values of a column that are told apart
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?"
)


@dataclass
class Column:
    """The values of a column: how many there are, how many of them are missing, numbers, dates.

    `labels` counts the distinct values, as they are written, until there are too many.
    """

    name: str
    rows: int = 0
    missing: int = 0
    numbers: int = 0
    whole: int = 0
    dates: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    labels: Counter[str] = field(default_factory=Counter)
    many: bool = False

    def add(self, written: str) -> None:
        """Notes the value of one row."""
        text = written.strip(" \t")
        self.rows += 1
        if text in MISSING:
            self.missing += 1
            return
        value = number(text)
        if value is not None:
            self.numbers += 1
            self.whole += value.is_integer()
            self.low, self.high = min(self.low, value), max(self.high, value)
        elif DATE.fullmatch(text):
            self.dates += 1
        if not self.many:
            self.labels[text] += 1
            self.many = len(self.labels) > MOST_LABELS

    @property
    def known(self) -> int:
        """The rows that have a value."""
        return self.rows - self.missing

    @property
    def is_text(self) -> bool:
        """Whether some value is no number."""
        return self.numbers < self.known

    @property
    def is_mixed(self) -> bool:
        """Whether numbers and text stand side by side."""
        return 0 < self.numbers < self.known

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.known > 0 and self.whole == self.known

    @property
    def distinct(self) -> int:
        """The number of distinct values; of many, one more than are told apart."""
        return len(self.labels)


def look(path: Path) -> tuple[list[Column], str | None]:
    """The columns of a text table with a header, and its delimiter where that has to be named.

    Raises `NnctlError` for a file that is not such a table, and for rows of another width.
    """
    delimiter = delimiter_of(path)
    with DelimitedReader(path, delimiter=delimiter) as table:
        columns = [Column(name) for name in table.names]
    with opened(path) as stream:
        stretches = csv_rows(LineBlocks(stream, str(path)), delimiter, str(path))
        rows = chain.from_iterable(stretches)
        next(row for _, row in rows if any(row))
        for line, row in rows:
            if len(row) == len(columns):
                for column, written in zip(columns, row, strict=True):
                    column.add(written)
            elif row:
                message = f"the row has {len(row)} fields; the table has {len(columns)} columns"
                raise NnctlError(Problem(message, None, str(path), line))
    if not columns[0].rows:
        raise NnctlError(Problem("the file has no rows", None, str(path)))
    usual = "\t" if ".tsv" in path.suffixes else ","
    return columns, None if delimiter == usual else delimiter


def delimiter_of(path: Path) -> str:
    """The character that parts the header into the most columns."""
    with opened(path) as stream:
        block = LineBlocks(stream, str(path)).next_block()
    line = next((each for each in io.StringIO(block.decode()) if each.strip()), "")
    counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS}
    return max(counts, key=lambda mark: counts[mark])
