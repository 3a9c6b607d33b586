"""Text tables with a header: CSV, plain or gzip, read in one pass and in bounded memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.bytestream import opened
from nnctl.reading.cells import Cells
from nnctl.reading.fields import Fields, blocks_of_fields
from nnctl.reading.files import PLAIN, TextFormat
from nnctl.reading.header import first_row, stated_format
from nnctl.reading.lacking import lacking
from nnctl.reading.layout import Asked
from nnctl.reading.shards import Shards
from nnctl.reading.table import DateFormat, Faults, Place, Table


class DelimitedReader:
    """A text table, open for one pass over its rows.

    `source` is a path, a binary stream, or several files as one; `name` is what messages call it.
    `names` are the columns that the header names, or without a header their places from 0 on.
    Raises `NnctlError` for a file that cannot be opened, that is empty or no text, or whose header
    has no name, or numbers alone.
    """

    def __init__(
        self,
        source: str | Path | BinaryIO | Shards,
        name: str | None = None,
        text_format: TextFormat = PLAIN,
    ) -> None:
        self.file = name or str(source)
        self._place = source.place if isinstance(source, Shards) else None
        self._opened = source if isinstance(source, Shards) else opened(source)
        stream = self._opened.__enter__()
        if isinstance(source, Shards):  # whose text is ready
            text_format = text_format._replace(encoding=None)
        try:
            with self._placed():
                self._blocks = text_format.blocks(stream, self.file)
                self._format = text_format = stated_format(self._blocks, text_format)
                self.header = first_row(self._blocks, text_format, self.file)
        except BaseException:
            self._opened.__exit__(None, None, None)
            raise
        self.names = tuple(self.header.places)

    def __enter__(self) -> "DelimitedReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(None, None, None)

    def tables(
        self,
        wanted: Sequence[str],
        verbatim: Sequence[str] = (),
        *,
        text: Collection[str] = (),
        numbers: Collection[str] = (),
        labels: Collection[str] = (),
        dates: Mapping[str, DateFormat] = MappingProxyType({}),
        told_by: str = "the model knows",
        streaming: bool = False,
    ) -> Iterator[Table]:
        """The rows from top to bottom, some hundred kilobytes of them at a time.

        What is read of each is as `Asked` has it. Raises `NnctlError` for columns that do not
        exist, and for faulty rows: with `streaming` as soon as a stretch of rows has some, else
        for those of the whole file together.
        """
        self.require([*wanted, *verbatim])
        faults = Faults(self.file)
        asked = Asked(wanted, verbatim, text, numbers, labels, dates, told_by)
        cells = Cells(self.header, asked, self._format.notation, faults, self._place)
        with self._placed():
            for fields in self._fields(faults):
                table = cells.table(fields)
                if streaming:
                    cells.note_mixtures()
                    faults.check()
                if not faults.count and not cells.are_mixed and len(table):
                    yield table
            cells.note_mixtures()
            faults.check()

    def _fields(self, faults: Faults) -> Iterator[Fields]:
        width, marks = self.header.width, self._format.notation.missing
        return blocks_of_fields(self._blocks, self._format.separator, width, faults, marks)

    def all_columns(self) -> tuple[str, ...]:
        """The names of all columns. Raises `NnctlError` where one has none."""
        with self._placed():
            if problems := list(self.header.nameless_problems(self._format.separator, self.file)):
                raise NnctlError(problems)
        return self.names

    @contextmanager
    def _placed(self) -> Iterator[None]:
        """Has problems name the file, of several, that they are in."""
        try:
            yield
        except NnctlError as error:
            if self._place is None:
                raise
            raise error.with_problems(
                placed(each, self.file, self._place) for each in error.problems
            ) from None

    def require(self, names: Sequence[str], *, by_model: bool = False) -> None:
        """Raises `NnctlError` for those of `names` that no or several columns have.

        They are what the user called them, or what the model does.
        """
        self.require_keys({"data" if by_model else "": names}, by_model=by_model)

    def require_keys(self, wanted: Mapping[str, Sequence[str]], *, by_model: bool = False) -> None:
        """The same for names that stand at the keys of a config, which problems then tell."""
        asked = {name: key for key, names in reversed([*wanted.items()]) for name in names}
        with self._placed():
            faults = Faults(self.file)
            names = [name for names in wanted.values() for name in names]
            absent = [name for name in dict.fromkeys(names) if name not in self.header.places]
            problems = lacking(absent, len(asked), self.header, self._format.separator, by_model)
            for problem in problems:
                found = problem.setting or Setting()
                setting = found._replace(key=found.key or asked[found.item])
                faults.add(problem.located(file=self.file)._replace(setting=setting))
            for problem in self.header.problems_of(names, self.file):
                faults.add(problem)
            faults.check()


def placed(problem: Problem, file: str, place: Place) -> Problem:
    """A problem on a line of several files that are read as one, in the file that has it."""
    if problem.file != file or problem.line is None:
        return problem
    own, line = place(problem.line)
    return problem._replace(file=own, line=line)
