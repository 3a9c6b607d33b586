"""The same table as text and as files that tell numbers from text, for tests that compare them."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from unittest.mock import patch

from nnctl.reading.files import DataFile
from nnctl.reading.numbers import GRAMMAR, MISSING

FORMATS = ("csv", "jsonl", "db", "parquet", "xlsx")
Columns = Mapping[str, Sequence[object]]


def columns_of(path: Path, most: int | None = None) -> dict[str, list[object]]:
    """The columns of a shipped CSV, those of numbers as numbers, None where a cell is missing."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8", newline="") as file:
        names, *rows = islice(csv.reader(file), None if most is None else most + 1)
    return {
        name: typed(list(cells)) for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    }


def typed(cells: list[str]) -> list[object]:
    """The cells of a column as numbers, if they are all numbers, or else as text."""
    known = [cell for cell in cells if cell not in MISSING]
    if all(GRAMMAR.fullmatch(cell) for cell in known):
        whole = all(cell.lstrip("+-").isdigit() for cell in known)
        made = int if whole else float
        return [None if cell in MISSING else made(cell) for cell in cells]
    return [None if cell in MISSING else cell for cell in cells]


def write_table(path: Path, columns: Columns) -> DataFile:
    """The columns as a file of the format that its name says."""
    WRITERS[path.suffix](path, columns)
    return DataFile(path)


def rows_of(columns: Columns) -> list[tuple[object, ...]]:
    return list(zip(*columns.values(), strict=True))


def write_csv(path: Path, columns: Columns) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows_of(columns)])


def write_jsonl(path: Path, columns: Columns) -> None:
    lines = []
    for k, row in enumerate(rows_of(columns)):
        pairs = zip(columns, row, strict=True)
        # A key left out is missing as null is; the first row has them all, and so their order.
        kept = {name: cell for name, cell in pairs if cell is not None or k == 0}
        lines.append(json.dumps(kept, ensure_ascii=k % 2 == 0) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def write_sqlite(path: Path, columns: Columns) -> None:
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE rows ({names})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO rows VALUES ({marks})", rows_of(columns))
    connection.close()


def write_parquet(path: Path, columns: Columns) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({name: list(cells) for name, cells in columns.items()})
    pyarrow.parquet.write_table(table, path, row_group_size=97)


def write_xlsx(path: Path, columns: Columns) -> None:
    import openpyxl
    from openpyxl.cell import _writer

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("rows")
    # It writes 16 digits of a number, where a double may need 17.
    with patch.object(_writer, "safe_string", str):
        for row in [tuple(columns), *rows_of(columns)]:
            sheet.append(row)
        workbook.save(path)


WRITERS = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".db": write_sqlite,
    ".parquet": write_parquet,
    ".xlsx": write_xlsx,
}
