"""A table in several files, read as one: the first with its header, then the rows of the others."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from nnctl.errors import NnctlError, Problem
from nnctl.reading.bytestream import opened
from nnctl.reading.files import TextFormat
from nnctl.reading.header import Header, first_row, stated_format
from nnctl.reading.table import Spot


class Shards(AbstractContextManager["Shards"]):
    """The bytes that the files would have as one, without marks of their encoding.

    They must have the same columns. `place` tells where a line of the whole stands. Reading raises
    `NnctlError`, naming the file, for one that is empty or damaged, or has other columns.
    """

    def __init__(self, paths: Sequence[Path], text_format: TextFormat) -> None:
        self._paths, self._format = paths, text_format
        self._open = ExitStack()
        self._blocks = self._all_blocks()
        self._rest = b""
        self._firsts: list[tuple[int, int]] = []  # of each file a line of the whole, and its own

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (block := next(self._blocks, b"")):
            parts.append(block)
            length += len(block)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def place(self, line: int) -> tuple[str, int]:
        """The file that has a line of the whole, and the line's number there, from 1."""
        number = max(0, bisect_right(self._firsts, line, key=lambda pair: pair[0]) - 1)
        first, own = self._firsts[number]
        return str(self._paths[number]), line - first + own

    def spot(self, line: int) -> Spot:
        """The same as problems tell it."""
        return Spot(*self.place(line))

    def _all_blocks(self) -> Iterator[bytes]:
        expected = self._columns(self._paths[0])
        line = 1
        for number, path in enumerate(self._paths):
            self._open.close()  # the file before
            blocks = self._format.blocks(self._open.enter_context(opened(path)), str(path))
            if number:
                found = first_row(blocks, stated_format(blocks, self._format), str(path))
                if found.cells != expected:
                    raise NnctlError(self._differing(expected, found, str(path)))
            self._firsts.append((line, blocks.line))
            for block in blocks:
                line += block.count(b"\n")
                yield block

    def _columns(self, path: Path) -> tuple[str, ...]:
        with opened(path) as stream:
            blocks = self._format.blocks(stream, str(path))
            return first_row(blocks, stated_format(blocks, self._format), str(path)).cells

    def _differing(self, expected: tuple[str, ...], header: Header, file: str) -> Problem:
        """How the columns of a file are not those of the first."""
        found, line = header.cells, header.line
        first = self._paths[0].name
        fix = "the files of a table all begin with the same line of column names"
        if len(found) != len(expected):
            fix = fix if self._format.header else "the files of a table all have the same columns"
            message = f"it has {len(found)} columns, {first} has {len(expected)}"
            return Problem(message, fix, file, line)
        pairs = enumerate(zip(expected, found, strict=True), start=1)
        place, (there, here) = next((k, pair) for k, pair in pairs if pair[0] != pair[1])
        message = f'column {place} is "{here}"; in {first} it is "{there}"'
        return Problem(message, fix, file, line)
