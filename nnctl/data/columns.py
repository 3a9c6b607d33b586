"""What the columns of a table hold, as far as a look at all of its rows tells."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from nnctl.data.classes import Label
from nnctl.data.reading.bytestream import LineBlocks, opened, require_file
from nnctl.data.reading.delimited import DelimitedReader
from nnctl.data.reading.fields import csv_rows
from nnctl.data.reading.files import TextFormat
from nnctl.data.reading.numbers import MISSING, number
from nnctl.errors import NnctlError, Problem

DELIMITERS = (",", ";", "\t", "|")
MOST_LABELS = 2000  # distinct values of a column that are told apart
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?"
)
# What columns are called that tell rows apart, and those that do where their numbers rise.
ID = re.compile(r"(?i:(?:.*[_\s.-])?(?:id|guid|uuid))|.*[a-z](?:I[dD]|G[uU][iI][dD]|U[uU][iI][dD])")
NUMBERING = re.compile(
    r"(?i:(?:.*[_\s.-])?(?:index|key|nr|no|number))|.*[a-z](?:Index|Key|Nr|No|Number)|Unnamed: 0"
)
# A number with thousands set apart or a decimal comma, after a currency or before a unit.
QUANTITY = r"[$€£¥]?\s*[+-]?(?:\d{1,3}(?:[ ,.']\d{3})+|\d+)(?:[.,]\d+)?\s*([%°$€£¥]|[A-Za-z]{1,4})?"
NUMBERS = 0.9  # of the labels
ENOUGH_NUMBERS = 10
MOST_UNITS = 3


@dataclass(eq=False, repr=False)
class Column:
    """The values of a column: how many there are, how many of them are missing, numbers, dates.

    `labels` counts the distinct values, as they are written, until there are too many. `rising`
    says that each number is larger than the one before.
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
    rising: bool = True
    _last: float = float("-inf")

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
            self.rising, self._last = self.rising and value > self._last, value
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
    def classes(self) -> Counter[Label]:
        """The rows of each distinct value: numbers count by what they are, however written."""
        if self.is_text:
            return Counter(self.labels)
        counts: Counter[Label] = Counter()
        for text, count in self.labels.items():
            value = float(text)
            counts[int(value) if value.is_integer() else value] += count
        return counts

    @property
    def distinct(self) -> int:
        """The number of distinct values; of many, one more than are told apart."""
        return len(self.labels) if self.many else len(self.classes)

    @property
    def is_numbering(self) -> bool:
        """Whether whole numbers without a repeat stand for the rows, by their values or the name.

        Of many rows, only where they rise.
        """
        distinct = self.rising if self.many else self.distinct == self.known
        counted = self.high - self.low + 1 == self.known
        return self.is_whole and distinct and (counted or is_id(self.name, self.rising))


def is_id(name: str, rising: bool) -> bool:
    """Whether a column of that name, of whole numbers without a repeat, tells rows apart.

    A number, an index or a key may be a quantity, too, but hardly where each is larger than the
    one before (`rising`).
    """
    return bool(ID.fullmatch(name) or (rising and NUMBERING.fullmatch(name)))


def are_quantities(labels: Sequence[str]) -> bool:
    """Whether nearly all labels are numbers of a few units."""
    found = [re.fullmatch(QUANTITY, label.strip()) for label in labels]
    units = {match[1] for match in found if match is not None}
    count = len(found) - found.count(None)
    return (
        len(labels) >= ENOUGH_NUMBERS
        and count >= NUMBERS * len(labels)
        and len(units) <= MOST_UNITS
    )


def look(path: Path) -> tuple[list[Column], str | None]:
    """The columns of a text table with a header, and its delimiter where that has to be named.

    Raises `NnctlError` for a file that is not such a table, and for rows of another width.
    """
    require_file(path)
    delimiter = delimiter_of(path)
    with DelimitedReader(path, None, TextFormat(delimiter)) as table:
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
    endings = [ending for ending in map(str.lower, path.suffixes) if ending != ".gz"]
    usual = "\t" if endings[-1:] == [".tsv"] else ","
    return columns, None if delimiter == usual else delimiter


def delimiter_of(path: Path) -> str:
    """The character that parts the header into the most columns."""
    with opened(path) as stream:
        block = LineBlocks(stream, str(path)).next_block()
    line = next((each for each in io.StringIO(block.decode()) if each.strip()), "")
    return max(DELIMITERS, key=lambda mark: fields_of(line, mark))


def fields_of(line: str, delimiter: str) -> int:
    """How many fields a line has; one, where it is longer than `csv` takes a field to be."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 1
