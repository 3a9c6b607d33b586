"""Which format the name of a file says, of those that tell numbers from text."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.files import IN_A_FOLDER

if TYPE_CHECKING:
    from nnctl.reading.block import Tabular
    from nnctl.reading.files import DataFile
    from nnctl.reading.notation import Notation

FORMATS = {
    ".jsonl": ("jsonl", "JsonLines"),
    ".ndjson": ("jsonl", "JsonLines"),
    ".db": ("sqlite", "SqliteTable"),
    ".sqlite": ("sqlite", "SqliteTable"),
    ".sqlite3": ("sqlite", "SqliteTable"),
    ".parquet": ("parquet", "ParquetTable"),
    ".xlsx": ("excel", "ExcelSheet"),
    ".xlsm": ("excel", "ExcelSheet"),
}


def format_of(path: Path) -> str | None:
    """The format of a table, by its name; None for a text table, and for arrays."""
    found = FORMATS.get(suffix_of(path))
    return None if found is None else found[0]


def suffix_of(path: Path) -> str:
    """What the name of a file, or those of a folder of Parquet files, ends with."""
    if os.path.isdir(path) and any(path.glob(IN_A_FOLDER)):
        return ".parquet"
    suffixes = [suffix.lower() for suffix in path.suffixes]
    is_packed = suffixes[-1:] == [".gz"]
    suffix = next(reversed(suffixes[:-1] if is_packed else suffixes), "")
    return "" if is_packed and FORMATS.get(suffix, ("jsonl",))[0] != "jsonl" else suffix


def open_typed(file: "DataFile", notation: "Notation") -> "Tabular":
    """The table of a file of such a format. Raises `NnctlError` where it cannot be opened."""
    module, name = FORMATS[suffix_of(file.path)]
    opening: Callable[[DataFile, Notation], Tabular] = getattr(
        import_module(f"nnctl.reading.typed.{module}"), name
    )
    if file.shards == (file.path,):
        return opening(file, notation)
    from nnctl.reading.typed.chain import Chain

    return Chain(file, lambda shard: opening(shard, notation))


def check_keys(file: "DataFile") -> None:
    """Raises `NnctlError` for a table or a query of a file that has no such thing."""
    name = format_of(file.path)
    if file.query is not None and name != "sqlite":
        raise _no_such(file, "a query is for an SQLite database")
    if file.table is not None and name not in ("sqlite", "excel"):
        raise _no_such(file, "a table is one of an SQLite database or an Excel workbook")


def is_select(text: str) -> bool:
    """Whether a text is a query for rows, and no name of a table."""
    return text.lower().split()[:1] in (["select"], ["with"])


def _no_such(file: "DataFile", message: str) -> NnctlError:
    setting = Setting("data.train")
    return NnctlError(Problem(message, "leave it out", str(file.path), setting=setting))
