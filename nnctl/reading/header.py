"""The first row of a text table, which names its columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.bytestream import BLOCK, LineBlocks
from nnctl.reading.files import TextFormat
from nnctl.system.unicode import normal_form

FIRST_ROWS = 2  # that tell whether the header lacks a column: one alone may be faulty
STATED_DELIMITER = re.compile(rb'"?sep=([^0-9A-Za-z".+-])"?', re.IGNORECASE)


class Header:
    """The columns of a table, as its first row, on line `line`, has them: `cells`, "" for no name.

    Names are in their normal form, so that those that look the same are the same.

    A first column without a name is a row index, which programs write beside their tables; last
    ones are what a delimiter at the end of each row leaves. Neither is one of the table's columns.
    Others without a name, and names that several have, are a problem where they are asked for.

    `is_short` says that the first row does not even have a cell for the row index, as R writes it.
    """

    def __init__(self, cells: Sequence[str], line: int | None, is_short: bool = False) -> None:
        own = ("", *cells) if is_short else cells
        self.cells, self.line, self.is_short = tuple(map(normal_form, own)), line, is_short

    @property
    def width(self) -> int:
        """How many fields a row has."""
        return len(self.cells)

    @cached_property
    def trailing(self) -> int:
        """How many of the last columns have no name; the first is not among them."""
        named = [place for place, name in enumerate(self.cells) if name]
        return self.width - 1 - max(named, default=self.width - 1)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each name stands, the first time."""
        found: dict[str, int] = {}
        for place, name in enumerate(self.cells):
            if name:
                found.setdefault(name, place)
        return found

    @cached_property
    def repeated(self) -> Mapping[str, int]:
        """The names that several columns have, and how many."""
        counts = Counter(filter(None, self.cells))
        return {name: count for name, count in counts.items() if count > 1}

    def problems_of(self, names: Sequence[str], file: str) -> Iterator[Problem]:
        """What is wrong with those of the columns that are asked for by name."""
        for name in dict.fromkeys(names):
            if name in self.repeated:
                fix = "give each column a name of its own"
                message = f'{self.repeated[name]} columns are named "{name}"'
                yield Problem(message, fix, file, self.line)

    def nameless_problems(self, separator: str, file: str) -> Iterator[Problem]:
        """What is wrong where all columns are asked for: some of them have no name."""
        nameless = [k for k in range(1, self.width - self.trailing) if not self.cells[k]]
        if separator == " " and nameless:  # which other blanks part from nothing
            message = "columns are set apart by more than one blank"
            setting = Setting("data.delimiter", fix="set data.delimiter: whitespace")
            fix = "put one blank between columns"
            yield Problem(message, fix, file, self.line, setting=setting)
            return
        fix = "give it a name in the first line"
        setting = Setting(fix=f"{fix}, or name the others in data.features")
        for place in nameless:
            message = f"column {place + 1} of {self.width} has no name"
            yield Problem(message, fix, file, self.line, setting=setting)


def stated_format(blocks: LineBlocks, text_format: TextFormat) -> TextFormat:
    """The format with the delimiter that a first line such as `sep=;` states, which is passed over.

    Spreadsheet programs write such a line for themselves.
    """
    block = blocks.next_block()
    first, _, rest = block.partition(b"\n")
    stated = STATED_DELIMITER.fullmatch(first)
    blocks.put_back(block if stated is None else rest)
    return text_format if stated is None else text_format._replace(delimiter=stated[1].decode())


def first_row(blocks: LineBlocks, text_format: TextFormat, file: str) -> Header:
    """The columns of a table, as the first row that is not blank has them; the rows follow it.

    Without a header it is a row itself, and the columns are named by their places. Raises
    `NnctlError` for a table that is empty, or whose header has no name, or numbers alone.
    """
    row, block, line, used = _row(blocks, text_format, file)
    if not text_format.header:
        blocks.put_back(block)
        return Header(tuple(map(str, range(len(row)))), line)
    blocks.put_back(block.split(b"\n", used)[-1])
    names = tuple(name.strip(" \t") for name in row)
    if not any(names):
        fix = "write the names of the columns into the first line"
        raise NnctlError(Problem("no column has a name", fix, file, line))
    if all(text_format.notation.number(name) is not None for name in names):
        message = "the first line holds numbers alone; it must name the columns"
        fix = "add a line of column names at the top"
        setting = Setting(fix=f"{fix}, or set data.header: false")
        raise NnctlError(Problem(message, fix, file, line, setting=setting))
    return Header(names, line, _lacks_the_index(blocks, text_format, len(names)))


def _lacks_the_index(blocks: LineBlocks, text_format: TextFormat, width: int) -> bool:
    """Whether the first rows have a field more than the header, and it is not an empty last one.

    Of rows that come bit by bit no more than the first is waited for.
    """
    block = b""
    rows: list[list[str]] = []
    while not rows and (more := blocks.next_block()):
        block += more
        text = io.StringIO(block.decode(), newline="\n")
        reader = csv.reader(text, delimiter=text_format.separator)
        with suppress(csv.Error):  # which whoever reads the rows will tell
            rows = [*islice(filter(None, reader), FIRST_ROWS)]
    blocks.put_back(block)
    return bool(rows) and all(len(row) == width + 1 for row in rows) and any(r[-1] for r in rows)


def _row(
    blocks: LineBlocks, text_format: TextFormat, file: str
) -> tuple[list[str], bytes, int, int]:
    """The first row that is not blank, what was read for it, its line, and the lines it ends."""
    block = b""
    while True:
        start = blocks.line - block.count(b"\n")
        more = blocks.next_block()
        block += more
        text = io.StringIO(block.decode(), newline="\n")
        reader = csv.reader(text, delimiter=text_format.separator, strict=True)
        try:
            row = next((row for row in reader if any(row)), None)
        except csv.Error as error:
            if more and len(block) < BLOCK:  # a quote that the next line may close
                continue
            message = f"the quotes of the header do not match ({error})"
            raise NnctlError(Problem(message, None, file, start)) from None
        if row is not None:
            return row, block, start + reader.line_num - 1, reader.line_num
        if not more:
            fix = "a table begins with a line of column names" if text_format.header else None
            raise NnctlError(Problem("the file is empty", fix, file))
        if text_format.header:  # blank lines before it are nothing
            block = b""
