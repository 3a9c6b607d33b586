"""The first row of a text table, which names its columns."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from nnctl.data.reading.bytestream import BLOCK, LineBlocks
from nnctl.data.reading.numbers import number
from nnctl.errors import NnctlError, Problem


def first_row(
    blocks: LineBlocks, delimiter: str, header: bool, file: str
) -> tuple[tuple[str, ...], int]:
    """The columns and their line, as the first row that is not blank has them; the rows follow it.

    Without `header` it is a row itself, and the columns are named by their places. Raises
    `NnctlError` for a table that is empty, or whose header has a nameless column, a name twice, or
    numbers alone.
    """
    row, block, line, used = _row(blocks, delimiter, header, file)
    if not header:
        blocks.put_back(block)
        return tuple(map(str, range(len(row)))), line
    blocks.put_back(block.split(b"\n", used)[-1])
    names = tuple(name.strip(" \t") for name in row)
    if problems := list(header_problems(names, file, line)):
        raise NnctlError(problems)
    return names, line


def _row(
    blocks: LineBlocks, delimiter: str, header: bool, file: str
) -> tuple[list[str], bytes, int, int]:
    """The first row that is not blank, what was read for it, its line, and the lines it ends."""
    block = b""
    while True:
        start = blocks.line - block.count(b"\n")
        more = blocks.next_block()
        block += more
        text = io.StringIO(block.decode(), newline="\n")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
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
            fix = "a table begins with a line of column names" if header else None
            raise NnctlError(Problem("the file is empty", fix, file))
        if header:  # blank lines before it are nothing
            block = b""


def header_problems(names: Sequence[str], file: str, line: int) -> Iterator[Problem]:
    """What is wrong with a header."""
    if all(number(name) is not None for name in names) and any(names):
        message = "the first line holds numbers alone; it must name the columns"
        fix = "add a line of column names at the top, or set data.header: false"
        yield Problem(message, fix, file, line)
        return
    for place, name in enumerate(names):
        if not name:
            fix = "give it a name in the first line"
            yield Problem(f"column {place + 1} of {len(names)} has no name", fix, file, line)
    for name, count in Counter(names).items():
        if name and count > 1:
            fix = "give each column a name of its own"
            yield Problem(f'{count} columns are named "{name}"', fix, file, line)
