"""A table in several files of one format, read as one."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from nnctl.errors import NnctlError, Problem
from nnctl.reading.block import Block, Tabular
from nnctl.reading.files import DataFile
from nnctl.reading.table import Faults, Spot


class Chain(Tabular):
    """The rows of the first file, then those of the others, which must have the same columns.

    Raises `NnctlError`, naming the file, for one that cannot be opened, or has other columns.
    """

    def __init__(self, file: DataFile, opening: Callable[[DataFile], Tabular]) -> None:
        self.file, self._files, self._opening = str(file.path), file.shards, opening
        self._parts = [opening(DataFile(self._files[0], table=file.table, query=file.query))]
        self._table, self._query = file.table, file.query
        self._starts = [0]
        self.header, self.notation = self._parts[0].complete(), self._parts[0].notation
        self.place = self._spot

    def close(self) -> None:
        self._parts[-1].close()

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        last = 0
        for number, path in enumerate(self._files):
            if number:
                self.close()
                part = self._opening(DataFile(path, table=self._table, query=self._query))
                self._parts.append(part)
                self._check(part)
                self._starts.append(last)
            part, start = self._parts[-1], self._starts[-1]
            own = Faults(part.file)
            for block in part.blocks(names, own):
                last = start + int(block.lines[-1])
                block.lines = block.lines + start
                faults.take(own, part.place)
                yield block
            faults.take(own, part.place)

    def _check(self, part: Tabular) -> None:
        """Raises `NnctlError` for a file with other columns than the first."""
        wanted, found = set(self.header.places), set(part.complete().places)
        if wanted == found and part.header.cells == self.header.cells:
            return
        first = self._files[0].name
        differing = sorted(wanted ^ found)
        message = f"its columns are in another order than those of {first}"
        if differing:
            verb = "lacks" if differing[0] in wanted else "has besides"
            message = f'it {verb} the column "{differing[0]}" of {first}'
            if verb != "lacks":
                message = f'it has a column "{differing[0]}", which {first} has not'
        fix = "the files of a table all have the same columns"
        raise NnctlError(Problem(message, fix, part.file))

    def _spot(self, line: int) -> Spot:
        number = max(0, bisect_right(self._starts, line - 1) - 1)
        part, own = self._parts[number], line - self._starts[number]
        return Spot(part.file, own) if part.place is None else part.place(own)
