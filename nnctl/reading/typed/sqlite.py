"""Tables of SQLite databases, which are read and never written: nothing in them is carried out."""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem, Setting, did_you_mean
from nnctl.reading.array_types import Doubles
from nnctl.reading.block import Block, Tabular
from nnctl.reading.bytestream import reading
from nnctl.reading.files import DataFile
from nnctl.reading.kinds import unlike_its_name
from nnctl.reading.notation import Notation
from nnctl.reading.table import Faults
from nnctl.reading.typed.cells import (
    NumberBlock,
    Texts,
    TypedBlock,
    columns_of,
    header_of_names,
    row_place,
    typed_notation,
)
from nnctl.reading.typed.queries import Query, Term, query_of, quoted, ties_query, tokens_of
from nnctl.reading.typed.sqlite_pages import TEXT, Pages

SQLITE_MAGIC, SQLITE_HEADER = b"SQLite format 3\0", 100  # bytes
LONGEST_CELL = 1 << 22  # bytes of a cell, and of a row
FETCHED = 16  # fetched at a time, so that even the longest of them fit into memory
MOST_CELLS, MOST_TEXT = 1 << 18, 1 << 22  # of a block
ROWIDS = ("rowid", "_rowid_", "oid")
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
# Functions that give another value each time, or reach for what is not in the file.
FORBIDDEN = {"random", "randomblob", "load_extension", "readfile", "writefile", "edit"}
FORBIDDEN |= {"current_time", "current_date", "current_timestamp", "changes", "total_changes"}
ORDER_FIX = "end the query with ORDER BY and columns that no two rows have alike, such as rowid"


class SqliteTable(Tabular):
    """A table of a database, in the order of its rows' numbers, or the rows of a query.

    Raises `NnctlError` for a file that is no database, for a table that it does not have, and for a
    query that would do more than read, or does not say in which order.
    """

    def __init__(self, file: DataFile, notation: Notation) -> None:
        self.file, self.notation = str(file.path), typed_notation(notation)
        self._texts, self._denied = Texts(notation), ""
        require_database(file.path)
        self._connection = sqlite3.connect(
            address_of(file.path), uri=True, isolation_level=None, check_same_thread=False
        )
        self._query: str | None = None
        try:
            with self._asking(Setting()):
                self._restrict()
            if file.query is None:
                self._open_table(file.table)
            else:
                self._open_query(file.query)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        places = self.header.places
        chosen = list(range(self.header.width))
        query, line = self._query, 1
        if query is None:
            chosen = sorted({places[name] for name in names}) or [0]
            columns = ", ".join(quoted(self._columns[place]) for place in chosen)
            query = f"SELECT {columns} FROM {quoted(self._table)}"
            with self._asking(Setting()):
                pages = self._pages(chosen)
            if pages is not None:
                for found in pages.rows():
                    lines = np.arange(line, line + len(found))
                    line += len(found)
                    own = places_of(chosen)
                    are_text = found.kinds >= TEXT if found.texts else None
                    yield NumberBlock(lines, found.values, own, found.cell, self._texts, are_text)
                if pages.is_over:
                    return
                if pages.last is not None:
                    query += f" WHERE {self._order} > {pages.last}"
            query += f" ORDER BY {self._order}"
        with self._asking(Setting()):
            cursor = self._connection.execute(query)
            for rows, numbers in stretches(cursor, len(chosen)):
                lines = np.arange(line, line + len(rows))
                line += len(rows)
                if numbers is None:
                    rows = self._without_bytes(rows, chosen, int(lines[0]), faults)
                    yield TypedBlock(lines, columns_of(rows, chosen, self._texts))
                else:
                    yield NumberBlock(lines, numbers, places_of(chosen), cell_of(rows), self._texts)

    def _pages(self, chosen: Sequence[int]) -> Pages | None:
        """The pages of the table, where its rows are ordered by their ids."""
        if self._order not in ROWIDS:
            return None
        self._connection.set_authorizer(None)
        try:
            about = self._connection.execute(
                f"PRAGMA table_xinfo({quoted(self._table)})"
            ).fetchall()
        finally:
            self._connection.set_authorizer(self._authorize)
        if len(about) != len(self._columns):
            return None
        sql = "SELECT rootpage, sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        root, made = self._connection.execute(sql, (self._table,)).fetchone()
        types = [str(about[place][2]).upper() for place in chosen]
        keys = [place for place, own in enumerate(about) if own[5]]
        own_id = None
        # Such a key stands for the row's id, and nothing is stored for it.
        if len(keys) == 1 and keys[0] in chosen and types[chosen.index(keys[0])] == "INTEGER":
            if "DESC" in made.upper():  # of which that is not so
                return None
            own_id = chosen.index(keys[0])
        reals = [is_real(own) for own in types]
        return Pages(self.file, root, len(self._columns), chosen, reals, own_id)

    def _without_bytes(
        self, rows: list[tuple[Any, ...]], chosen: list[int], first: int, faults: Faults
    ) -> list[tuple[Any, ...]]:
        """Rows without cells that are neither numbers nor text, which are noted."""
        if bytes not in set(map(type, chain.from_iterable(rows))):
            return rows
        for line, row in enumerate(rows, start=first):
            for place, cell in zip(chosen, row, strict=True):
                if isinstance(cell, bytes):
                    message = f"the cell holds {len(cell):,} bytes (a BLOB), no number or text"
                    path, fix = f"column {self.header.cells[place]}", "leave the column out"
                    faults.add(Problem(message, fix, self.file, line, path))
        return [tuple(None if type(cell) is bytes else cell for cell in row) for row in rows]

    def _restrict(self) -> None:
        """Lets the connection do nothing but read, and not without bounds."""
        self._connection.execute("PRAGMA trusted_schema=OFF")
        self._connection.execute("PRAGMA cell_size_check=ON")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._connection.set_authorizer(self._authorize)

    def _authorize(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if action in READING:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and str(second).lower() not in FORBIDDEN:
            return sqlite3.SQLITE_OK
        self._denied = f"the function {second}" if action == sqlite3.SQLITE_FUNCTION else "this"
        return sqlite3.SQLITE_DENY

    @contextmanager
    def _asking(self, setting: Setting, path: str = "") -> Iterator[None]:
        """Turns what goes wrong in the database into an `NnctlError`."""
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            message, fix = f"the database cannot be read so ({error})", None
            if self._denied:
                message = f"{self._denied} is not allowed: a query only reads what is in the file"
                fix = "let it be one SELECT"
            problem = Problem(message, fix, self.file, None, path, setting=setting)
            raise NnctlError(problem) from None

    def _open_table(self, table: str | None) -> None:
        sql = "SELECT name, type, sql FROM sqlite_master WHERE substr(name, 1, 7) != 'sqlite_'"
        with self._asking(Setting()):
            found = {name: (kind, made) for name, kind, made in self._connection.execute(sql)}
        tables = [name for name, (kind, _) in found.items() if kind == "table"]
        if table is None:
            table = only_one(tables, "table", self.file)
        own = next((name for name in found if name.lower() == table.lower()), table)
        kind, made = found.get(own, ("", None))
        if kind != "table" or str(made).upper().split()[1:2] == ["VIRTUAL"]:
            shown = ", ".join(tables[:12]) + (", …" if len(tables) > 12 else "")
            message = f'there is no table "{table}"; the tables are: {shown or "none"}'
            fix = did_you_mean(table, tables)
            if kind:
                what = "a view" if kind == "view" else f"a virtual {kind}"
                message = f'"{table}" is {what}, whose rows have no order of their own'
                fix = f"give a query: SELECT * FROM {quoted(own)} ORDER BY …"
            raise NnctlError(Problem(message, fix, self.file, setting=Setting("data.train")))
        self._table, within = own, f"table {own}"
        with self._asking(Setting(), within):
            rows = self._connection.execute(f"SELECT * FROM {quoted(own)} LIMIT 0")
            self._columns = [name for name, *_ in rows.description]
        self.header = header_of_names(self._columns, self.file)
        self.place = row_place(self.file, within)
        self._order = self._rows_order(own)

    def _rows_order(self, table: str) -> str:
        """What the rows of a table are ordered by: their numbers, or else their key."""
        taken = {name.lower() for name in self._columns}
        for name in ROWIDS:
            if name not in taken:
                try:
                    self._connection.execute(f"SELECT {name} FROM {quoted(table)} LIMIT 0")
                    return name
                except sqlite3.Error:  # it has none
                    break
        self._connection.set_authorizer(None)
        try:
            found = self._connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
        finally:
            self._connection.set_authorizer(self._authorize)
        keys = sorted((key, name) for _, name, _, _, _, key in found if key)
        if not keys:
            message = f'the rows of "{table}" have neither numbers nor a key to be ordered by'
            raise NnctlError(Problem(message, "give a query with ORDER BY", self.file))
        return ", ".join(quoted(name) for _, name in keys)

    def _open_query(self, sql: str) -> None:
        setting = Setting("data.train")
        first = next((token.word for token in tokens_of(sql)), "")
        if first not in ("SELECT", "WITH"):
            message = "a query is one SELECT"
            raise NnctlError(Problem(message, None, self.file, path="query", setting=setting))
        query = query_of(sql)
        if not query.terms:
            message = "the query has no ORDER BY: the order of rows decides what is trained"
            raise NnctlError(Problem(message, ORDER_FIX, self.file, path="query", setting=setting))
        with self._asking(setting, "query"):
            names = [name for name, *_ in self._connection.execute(sql).description]
            self._check_order(query, names, setting)
        self._query, self._columns = sql, names
        self.header = header_of_names(names, self.file)
        self.place = row_place(self.file, "query")

    def _check_order(self, query: Query, names: list[str], setting: Setting) -> None:
        """Raises `NnctlError` for an order that leaves rows tied."""
        ties = ties_query(query, names)
        found = None
        with suppress(sqlite3.OperationalError):  # of a name that is an alias, and no column
            found = None if ties is None else self._connection.execute(ties).fetchall()
        if found is None:
            message = "the query is ordered by what is none of its columns"
            fix = "let the query have all columns that it is ordered by"
            raise NnctlError(Problem(message, fix, self.file, path="query", setting=setting))
        for count, *values in found:
            message = f"the order leaves {count:,} rows tied: {tied(query.terms, values)}"
            raise NnctlError(Problem(message, ORDER_FIX, self.file, path="query", setting=setting))


def stretches(
    cursor: sqlite3.Cursor, width: int
) -> Iterator[tuple[list[tuple[object, ...]], Doubles | None]]:
    """The rows of a query by the hundred, with their numbers (rows, width) where they are all."""
    rows: list[tuple[Any, ...]] = []
    size, are_numbers = 0, True
    while found := cursor.fetchmany(FETCHED):
        rows += found
        try:
            deque(map(sum, found), maxlen=0)  # which takes nothing but numbers
        except TypeError:
            are_numbers = False
            size += sum(len(cell) for row in found for cell in row if isinstance(cell, str | bytes))
        if len(rows) * width >= MOST_CELLS or size >= MOST_TEXT:
            yield rows, numbers_of(rows, width) if are_numbers else None
            rows, size, are_numbers = [], 0, True
    if rows:
        yield rows, numbers_of(rows, width) if are_numbers else None


def numbers_of(rows: Sequence[Sequence[float]], width: int) -> Doubles:
    """The numbers of rows that hold nothing else, (rows, width)."""
    found = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width)
    return found.reshape(len(rows), width)


def cell_of(rows: Sequence[Sequence[object]]) -> Callable[[int, int], object]:
    """What gives the cell in a row and a column."""
    return lambda row, column: rows[row][column]


def is_real(declared: str) -> bool:
    """Whether SQLite makes numbers of a column of that type floating-point ones."""
    others = any(word in declared for word in ("INT", "CHAR", "CLOB", "TEXT", "BLOB"))
    return not others and any(word in declared for word in ("REAL", "FLOA", "DOUB"))


def places_of(chosen: Sequence[int]) -> dict[int, int]:
    """Where among chosen columns each place of a header is."""
    return {place: k for k, place in enumerate(chosen)}


def tied(terms: Sequence[Term], values: Sequence[object]) -> str:
    """What rows have alike by which they are ordered."""
    pairs = zip(terms, values, strict=True)
    return ", ".join(f"{term.expression} = {value!r}"[:80] for term, value in pairs)


def only_one(names: Sequence[str], what: str, file: str) -> str:
    """The only one of several; raises `NnctlError` where there are others, or none."""
    if len(names) == 1:
        return names[0]
    if not names:
        raise NnctlError(Problem(f"it has no {what}", None, file))
    message = f"it has {len(names)} {what}s: {', '.join(names[:12])}"
    fix = f"name one: --table {names[0]}"
    setting = Setting("data.train", fix=f"name one: {{file: …, table: {names[0]}}}, or a query")
    raise NnctlError(Problem(message, fix, file, setting=setting))


def require_database(path: Path) -> None:
    """Raises `NnctlError` for what is no database, or has changes that are not yet in the file."""
    with reading(path), open(path, "rb") as file:
        start = file.read(SQLITE_HEADER)
        size = os.fstat(file.fileno()).st_size
    if not start.startswith(SQLITE_MAGIC):
        raise NnctlError(unlike_its_name(start, "an SQLite database", str(path)))
    page, pages = int.from_bytes(start[16:18]), int.from_bytes(start[28:32])
    if size < SQLITE_HEADER or size < pages * (page if page > 1 else 1 << 16):
        message = "it ends before the pages that it should have: it was cut short"
        raise NnctlError(Problem(message, "copy or download it again", str(path)))
    for suffix in ("-wal", "-journal"):
        beside = Path(f"{path}{suffix}")
        if beside.is_file() and has_changes(beside):
            message = f"{beside.name} holds changes that are not yet in the database"
            fix = "close what writes it, then open and close it once with sqlite3"
            raise NnctlError(Problem(message, fix, str(path)))


def has_changes(log: Path) -> bool:
    """Whether a log of changes holds any: one that is done with begins with zeros."""
    with reading(log), log.open("rb") as file:
        return bool(file.read(8).strip(b"\0"))


def address_of(path: Path) -> str:
    """The address by which a database is opened to be read alone, with no other file beside it."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"
