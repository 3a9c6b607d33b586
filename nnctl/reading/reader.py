"""A table of any format, read in one pass and in bounded memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType, TracebackType
from typing import Self

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.block import Tabular
from nnctl.reading.cells import Cells
from nnctl.reading.header import Header
from nnctl.reading.lacking import lacking
from nnctl.reading.layout import Asked
from nnctl.reading.table import DateFormat, Faults, Place, Table


class TableReader:
    """A table that is open, for one pass over its rows; use it in a `with` statement.

    `names` are the columns that it has.
    """

    def __init__(self, tabular: Tabular) -> None:
        self._tabular = tabular
        self.file = tabular.file

    @property
    def header(self) -> Header:
        """The columns, as far as they are known."""
        return self._tabular.header

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._tabular.complete().places)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tabular.close()

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
        tabular = self._tabular
        cells = Cells(self.header, asked, tabular.notation, faults, tabular.place)
        with self._placed():
            for block in tabular.blocks([*wanted, *verbatim], faults):
                table = cells.table(block)
                if streaming:
                    cells.note_mixtures()
                    faults.check()
                if not faults.count and not cells.are_mixed and len(table):
                    yield table
            cells.note_mixtures()
            faults.check()

    def all_columns(self, *, likely: bool = False) -> tuple[str, ...]:
        """The names of all columns. Raises `NnctlError` where one has none.

        Where it takes all rows to tell, they are those of the first rows if that is `likely` to do:
        `tables` raises `LateColumns` if there are others.
        """
        with self._placed():
            header = self._tabular.likely() if likely else self._tabular.complete()
            if problems := list(header.nameless_problems(self._tabular.separator, self.file)):
                raise NnctlError(problems)
        return tuple(header.places)

    def _placed(self) -> AbstractContextManager[None]:
        return placing(self.file, self._tabular.place)

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
            if any(name not in self.header.places for name in names):
                self._tabular.complete()
            absent = [name for name in dict.fromkeys(names) if name not in self.header.places]
            problems = lacking(absent, len(asked), self.header, self._tabular.separator, by_model)
            for problem in problems:
                found = problem.setting or Setting()
                setting = found._replace(key=found.key or asked[found.item])
                faults.add(problem.located(file=self.file)._replace(setting=setting))
            for problem in self.header.problems_of(names, self.file):
                faults.add(problem)
            faults.check()


@contextmanager
def placing(file: str, place: Place | None) -> Iterator[None]:
    """Has problems with rows of a `file` tell where they are, if that is on no line of it."""
    try:
        yield
    except NnctlError as error:
        if place is None:
            raise
        raise error.with_problems(placed(each, file, place) for each in error.problems) from None


def placed(problem: Problem, file: str, place: Place) -> Problem:
    """A problem with a row of a file where that row is."""
    if problem.file != file or problem.line is None:
        return problem
    return place(problem.line).of(problem)
