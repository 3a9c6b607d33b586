"""What the columns of a table hold, as a look at all of its rows tells."""

import math
import re
from collections import Counter
from collections.abc import Sequence, Set
from contextlib import closing
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.codes import Codes
from nnctl.data.date_columns import DateFormats
from nnctl.data.identifiers import numbers_rows
from nnctl.data.marks import KNOWN_MARKS
from nnctl.errors import NnctlError, Problem
from nnctl.reading.block import Block
from nnctl.reading.bytestream import require_file
from nnctl.reading.fields import QUOTED, bare
from nnctl.reading.files import PLAIN, DataFile, TextFormat
from nnctl.reading.guessing import guessed_format
from nnctl.reading.header import Header
from nnctl.reading.labels import NumberLabels
from nnctl.reading.notation import Notation
from nnctl.reading.reader import placing
from nnctl.reading.source import open_tabular
from nnctl.reading.table import Faults, Label
from nnctl.reading.typed.opening import format_of
from nnctl.system.unicode import normal_form

MOST_LABELS = 2000  # distinct values of a column that are told apart, however many columns
ALL_LABELS = 1 << 19  # distinct values of all columns of text together, each of some 100 bytes
MOST_JUDGED = 20_000  # distinct texts of a column that are looked at one by one
CELLS_AT_ONCE = 1 << 21  # cells
# A number with thousands set apart or a decimal comma, after a currency or before a unit.
QUANTITY = r"[$€£¥]?\s*[+-]?(?:\d{1,3}(?:[ ,.']\d{3})+|\d+)(?:[.,]\d+)?\s*([%°$€£¥]|[A-Za-z]{1,4})?"
NUMBERS = 0.9  # of the labels
ENOUGH_NUMBERS = 10
MOST_UNITS = 3
FEWEST_FLAGGED = 3  # rows that have a lone value, and that have none, or it says nothing


class Column:
    """The values of a column: how many there are, how many of them are missing, numbers, dates.

    `texts` counts the distinct values that are no numbers; `labels` all that there are, as they are
    written, of the target and of columns with texts, until there are too `many`: more than `most`.
    Of more than `MOST_LABELS` texts those of the first rows stand for all. `marks` counts the words
    that mean no value, `words` the texts that programs write for that. `counting` says that the
    numbers stand for the rows, `written` how dates are written; `code` is one of them, where the
    numbers are codes, and `codes` how many there are.
    """

    def __init__(self, name: str, place: int, most: int) -> None:
        self.name, self.place, self.most = name, place, most
        self.rows = self.numbers = self.whole = self.text_rows = self.dates = 0
        self.low, self.high = float("inf"), float("-inf")
        self.texts: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.many = self.counting = False
        self.code, self.codes = "", 0
        self.written = DateFormats()

    @property
    def missing(self) -> int:
        """The rows that have no value."""
        return self.rows - self.known

    @property
    def known(self) -> int:
        """The rows that have a value."""
        return self.numbers + self.text_rows

    @property
    def is_text(self) -> bool:
        """Whether some value is no number."""
        return self.text_rows > 0

    @property
    def is_mixed(self) -> bool:
        """Whether numbers and text stand side by side."""
        return self.numbers > 0 and self.text_rows > 0

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.known > 0 and self.whole == self.known

    @property
    def are_codes(self) -> bool:
        """Whether the values are codes in digits, such as 01067, which are no quantities."""
        return bool(self.code) and not self.is_text

    @property
    def are_numbers(self) -> bool:
        """Whether the values are quantities."""
        return not (self.is_text or self.are_codes or self.are_dates or self.is_flag)

    @property
    def is_flag(self) -> bool:
        """Whether rows have one value or none, so that having it is what tells them apart."""
        is_lone = self.known > 0 and self.is_constant and not self.are_dates
        return is_lone and min(self.known, self.missing) >= FEWEST_FLAGGED

    @property
    def are_too_large(self) -> bool:
        """Whether sums or squares of the numbers are beyond double precision."""
        span = self.high - self.low
        largest = max(abs(self.low), abs(self.high)) * self.numbers
        return not math.isfinite(largest) or not math.isfinite(span * span * self.numbers)

    @property
    def is_constant(self) -> bool:
        """Whether all rows that have a value have the same."""
        return self.distinct < 2 if self.is_text or self.labels else self.low == self.high

    @property
    def classes(self) -> Counter[Label]:
        """The rows of each distinct value: numbers count by what they are, however written."""
        if self.is_text:
            return Counter(self.labels)
        counts: Counter[Label] = Counter()
        numbers = NumberLabels()
        for text, count in self.labels.items():
            label = numbers.label_of(text)
            counts[text if label is None else label] += count
        return counts

    @property
    def distinct(self) -> int:
        """The number of distinct values; of many, one more than are told apart."""
        if self.are_codes:
            return self.codes
        return self.most + 1 if self.many else len(self.classes)

    @property
    def in_order(self) -> bool:
        """Whether it holds dates, none of which is before the one above it."""
        return self.are_dates and self.written.are_in_order

    @property
    def are_dates(self) -> bool:
        """Whether all values are dates."""
        return self.dates == self.known > 0

    @property
    def is_numbering(self) -> bool:
        """Whether whole numbers without a repeat stand for the rows, by values or by name."""
        return self.is_whole and self.counting

    def count(self, found: Counter[str]) -> None:
        """Counts labels, until there are too many."""
        if not self.many:
            self.labels.update(found)
            self.many = len(self.labels) > self.most


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


def header_of(file: DataFile) -> Header:
    """The columns of a table. Raises `NnctlError` for a file that is none."""
    require_file(file.path)
    with closing(open_tabular(file, format_by(file))) as table:
        return table.complete()


def format_by(file: DataFile) -> TextFormat:
    """How a table is written, as far as its rows tell."""
    return guessed_format(file.path) if format_of(file.path) is None else PLAIN


class Look(NamedTuple):
    """The columns of a table that have a name of their own, and how it is written.

    `unusable` gives the names that several columns have, with the reason; `are_named` says that all
    others have one, and `is_short` that the first line does not name the first column.
    """

    columns: list[Column]
    text_format: TextFormat
    unusable: dict[str, str]
    are_named: bool
    is_short: bool


def look(file: DataFile, target: str) -> Look:
    """What a table holds; of the `target` all labels are counted.

    Raises `NnctlError` for a file that is not such a table, for a target that it does not have, and
    for rows of another width.
    """
    require_file(file.path)
    text_format, target = format_by(file), normal_form(target)
    survey, separator = survey_of(file, text_format, target, {target})
    if survey.late:  # their numbers have to be counted, too, to tell how many kinds there are
        survey, separator = survey_of(file, text_format, target, {target, *survey.late})
    columns, header = survey.columns(), survey.header
    unusable = {name: f"{count} columns have this name" for name, count in header.repeated.items()}
    are_named = not list(header.nameless_problems(separator, str(file.path)))
    return Look(columns, text_format, unusable, are_named, header.is_short)


def survey_of(
    file: DataFile, text_format: TextFormat, target: str, counted: Set[str]
) -> "tuple[Survey, str]":
    """A look at all rows, and what stands between their fields; of `counted` columns numbers are
    labels, too.

    Raises `NnctlError` as `look` does.
    """
    with closing(open_tabular(file, text_format)) as table, placing(table.file, table.place):
        header, faults = table.complete(), Faults(table.file)
        if problems := list(header.problems_of([target], table.file)):
            raise NnctlError(problems)
        survey = Survey(header, table.notation, target, counted)
        for block in table.blocks([*header.places], faults):
            if len(block.lines):
                survey.add(block)
        faults.check()
        if not survey.rows:
            raise NnctlError(Problem("the file has no rows", None, table.file))
    return survey, table.separator


class Survey:
    """Gathers what columns hold, block by block, with array arithmetic wherever it will do.

    Of the `counted` columns numbers are counted as labels from the start, of others from their
    first text on. `late` are those others in which numbers stand before it.
    """

    def __init__(self, header: Header, notation: Notation, target: str, counted: Set[str]) -> None:
        self.header = header
        names = [name for name in header.places if name not in header.repeated]
        most = max(MOST_LABELS, ALL_LABELS // max(1, len(names)))
        mosts = {target: MOST_LABELS}  # a class is a unit of the model: there are never so many
        self._columns = [Column(name, header.places[name], mosts.get(name, most)) for name in names]
        self._places = [column.place for column in self._columns]
        self._notation, self._counted = notation, counted
        self.late: set[str] = set()
        count = len(self._columns)
        self.rows = 0
        self._judged: Counter[str] = Counter()
        self._numbers = np.zeros(count, np.int64)
        self._whole = np.zeros(count, np.int64)
        self._low, self._high = np.full(count, np.inf), np.full(count, -np.inf)
        self._last = np.full(count, -np.inf)
        self._rising = np.ones(count, np.bool_)
        # Whole numbers that may stand for the rows, until one comes twice.
        self._kept: dict[int, list[NDArray[np.float64]]] = {k: [] for k in range(count)}
        self._waiting: list[NDArray[np.float64]] = []
        self._codes = Codes(self._places, ALL_LABELS)

    def add(self, fields: Block) -> None:
        """The rows of a block."""
        read, odd = self._notation.numbers_of(fields, self._places)
        values = read.astype(np.float64, copy=False)
        rows, at = np.divmod(odd, len(self._places))
        values[rows, at] = np.nan
        order = np.argsort(at, kind="stable")
        bounds = np.cumsum(np.bincount(at, minlength=len(self._places))).tolist()
        begin = 0
        for place, end in enumerate(bounds):
            if end > begin:
                self._judge(fields, place, rows[order[begin:end]], values)
            begin = end
        for place, column in enumerate(self._columns):
            if column.text_rows or column.name in self._counted:
                self._count_numbers(fields, place, values)
        self._codes.add(fields, values)
        self.rows += len(values)
        self._waiting.append(values)
        if sum(part.size for part in self._waiting) >= CELLS_AT_ONCE:
            self._sum_up()

    def columns(self) -> list[Column]:
        """What all rows have told."""
        if self._waiting:
            self._sum_up()
        for place, column in enumerate(self._columns):
            kept = self._kept.get(place)
            values = np.sort(np.concatenate(kept)) if kept else np.empty(0)
            column.rows = self.rows
            column.numbers, column.whole = int(self._numbers[place]), int(self._whole[place])
            column.low, column.high = float(self._low[place]), float(self._high[place])
            are_distinct = kept is not None and bool((np.diff(values) > 0).all())
            rising = bool(self._rising[place])
            column.code, column.codes = self._codes.found(place)
            column.counting = are_distinct and numbers_rows(column.name, values, rising)
        return self._columns

    def _sum_up(self) -> None:
        """Numbers of the columns, from the blocks that wait."""
        values = np.concatenate(self._waiting)
        self._waiting = []
        known = ~np.isnan(values)
        self._numbers += np.count_nonzero(known, axis=0)
        is_whole = values == np.floor(values)
        self._whole += np.count_nonzero(is_whole, axis=0)
        self._low = np.fmin(self._low, np.fmin.reduce(values, axis=0))
        self._high = np.fmax(self._high, np.fmax.reduce(values, axis=0))
        before = np.vstack([self._last, values[:-1]])
        self._rising &= ~((values <= before) & known).any(axis=0) & known.all(axis=0)
        self._last = values[-1]
        whole = (is_whole | ~known).all(axis=0)
        for place in list(self._kept):
            own = values[known[:, place], place]
            ordered = np.sort(own)
            if not whole[place] or (ordered[1:] == ordered[:-1]).any():
                del self._kept[place]
            else:
                self._kept[place].append(own)

    def _judge(
        self, fields: Block, place: int, rows: NDArray[np.intp], values: NDArray[np.float64]
    ) -> None:
        """Looks at the cells of a column that are no plain numbers, each text once."""
        from nnctl.reading.dates import looks_like_date  # which tables of numbers do not need

        column = self._columns[place]
        if 4 * len(rows) > len(fields.lines):
            cells = fields.texts(column.place)
            written = [cells[row].strip(" \t") for row in rows.tolist()]
        else:
            written = [fields.text(row, column.place).strip(" \t") for row in rows.tolist()]
        found = Counter(written)
        for mark in self._notation.missing & found.keys():
            column.marks[mark] += found.pop(mark)
        numbers = self._numbers_among(column, found)
        if numbers:
            for row, cell in zip(rows.tolist(), written, strict=True):
                values[row, place] = numbers.get(cell, np.nan)
        if not found:
            return
        if not column.text_rows and column.name not in self._counted:
            before = any((~np.isnan(part[:, place])).any() for part in self._waiting)
            if before or self._numbers[place] > 0:
                self.late.add(column.name)
        texts = Counter({bare(text): count for text, count in found.items()})
        column.text_rows += texts.total()
        column.count(texts)
        if len(column.texts) <= MOST_LABELS or column.dates:  # else there are too many to be dates
            column.words.update({word: texts[word] for word in KNOWN_MARKS & texts.keys()})
            dates = {text for text in texts.keys() - KNOWN_MARKS if looks_like_date(text)}
            column.dates += sum(texts[text] for text in dates)
            if dates:
                example = next(cell for cell in written if cell in dates)
                marks = self._notation.missing | KNOWN_MARKS
                column.written.add(fields, column.place, example, marks)
        if len(column.texts) <= MOST_LABELS:
            column.texts.update(texts)

    def _numbers_among(self, column: Column, found: Counter[str]) -> dict[str, float]:
        """The numbers among texts, which are taken from them; of many texts no more is asked."""
        numbers: dict[str, float] = {}
        if self._judged[column.name] > MOST_JUDGED:
            return numbers
        self._judged[column.name] += len(found)
        for text in list(found):
            value = None if text.startswith(QUOTED) else self._notation.number(text)
            if value is not None and np.isfinite(value):
                numbers[text] = value
                del found[text]
        return numbers

    def _count_numbers(self, fields: Block, place: int, values: NDArray[np.float64]) -> None:
        """Counts the numbers of a column as labels, as they are written."""
        column = self._columns[place]
        known = np.flatnonzero(~np.isnan(values[:, place])).tolist()
        if column.many or not known:
            return
        cells = fields.texts(column.place)
        column.count(Counter([cells[row].strip(" \t") for row in known]))
