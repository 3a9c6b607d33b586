"""What every format of a table is read through: a table that is open, and blocks of its rows.

A new format is one file: a `Tabular` that names its columns and gives its rows as `Block`s, whose
cells are text still to be read (`Fields`) or come with their types (`TypedBlock`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from nnctl.reading.array_types import Array, Bytes, Indices
from nnctl.reading.header import Header
from nnctl.reading.notation import Notation
from nnctl.reading.table import Faults, Place


class Block(Protocol):
    """Rows of a table; `lines` are their places in the file, counted from 1.

    Columns are named by their places in the header. `is_typed` says that the file itself tells
    numbers from text.
    """

    lines: Indices
    is_typed: bool

    def text(self, row: int, column: int) -> str:
        """A cell as it is written; `bare` takes from it what tells of its type."""
        ...

    def texts(self, column: int) -> list[str]:
        """The cells of a column, each as `text` gives it."""
        ...

    def numbers(self, columns: Sequence[int]) -> tuple[Array, Indices]:
        """The numbers of `columns`, (rows, len(columns)), and the flat indices still to judge.

        They are float64, or float32 where that holds all of them and none is to be judged.
        """
        ...

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        """Bytes, and where in them each of a column's cells begins and ends."""
        ...


class LateColumns(Exception):
    """A row has columns that no row above it has; open the table again, and ask for all first."""


class Tabular(ABC):
    """A table of a file, open for one pass over its rows.

    `file` is what messages call it, and `place` says where in it a row is, if not on a line of it.
    `header` has the first columns at least. `notation` tells how its numbers are written,
    `separator` what stands between text fields.
    """

    file: str
    header: Header
    notation: Notation
    separator: str = ","
    place: Place | None = None

    def complete(self) -> Header:
        """The header with all columns, where it takes all rows to tell; the places stay."""
        return self.header

    def likely(self) -> Header:
        """The header with all columns that the first rows tell of.

        Where rows further down have others, `blocks` then raises `LateColumns`.
        """
        return self.complete()

    @abstractmethod
    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        """The rows from top to bottom, with at least the columns `names`; faulty ones are noted."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the file."""
