"""Parquet files, read a stretch of rows at a time; the extra `nnctl[parquet]`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.reading.block import Block, Tabular
from nnctl.reading.bytestream import reading
from nnctl.reading.files import DataFile
from nnctl.reading.kinds import unlike_its_name
from nnctl.reading.notation import Notation
from nnctl.reading.table import Faults
from nnctl.reading.typed.arrow import (
    ArrowBlock,
    ArrowColumn,
    ReusedMemory,
    Unpacked,
    kind_of_numbers,
)
from nnctl.reading.typed.cells import Texts, header_of_names, row_place, typed_notation
from nnctl.system.extras import load_extra
from nnctl.system.machine import available_threads

PARQUET_MAGIC = b"PAR1"
BATCH_CELLS, BATCH_ROWS = 1 << 21, 1 << 16  # that are unpacked together
BLOCK_CELLS = 1 << 20  # of a block
BUFFER = 1 << 16  # bytes of a column that are read ahead
LARGE, PACKED = 1 << 28, 200  # bytes, and times: no table packs so much so well


class ParquetTable(Tabular):
    """A Parquet file. Raises `NnctlError` for a file that is none, or lacks its end."""

    def __init__(self, file: DataFile, notation: Notation) -> None:
        self.file, self.notation = str(file.path), typed_notation(notation)
        self._texts = Texts(notation)
        with reading(file.path), open(file.path, "rb") as stream:
            start = stream.read(BUFFER)
        if not start.startswith(PARQUET_MAGIC):
            raise NnctlError(unlike_its_name(start, "a Parquet file", self.file))
        self._arrow: Any = load_extra("pyarrow", "parquet")
        parquet: Any = load_extra("pyarrow.parquet", "parquet")
        with self._asking():
            schema = parquet.read_schema(self.file)
        types = self._arrow.types
        self._types = {place: field.type for place, field in enumerate(schema)}
        self._kinds = {place: kind_of_numbers(types, kind) for place, kind in self._types.items()}
        texts = [field.name for field in schema if is_text(types, field.type)]
        with self._asking():
            self._opened = parquet.ParquetFile(
                self.file,
                read_dictionary=texts,
                buffer_size=BUFFER,
                pre_buffer=False,
                page_checksum_verification=True,
            )
        self._written = schema.names
        self.header = header_of_names(self._written, self.file)
        self.place = row_place(self.file)

    def close(self) -> None:
        self._opened.close()

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        chosen = sorted({self.header.places[name] for name in names}) or [0]
        columns = [self._written[place] for place in chosen]
        self._check_types(chosen)
        self._check_packing({*columns})
        size = max(1, min(BATCH_ROWS, BATCH_CELLS // len(chosen)))
        most = max(1, BLOCK_CELLS // len(chosen))
        threads, line, memory = available_threads(), 1, ReusedMemory()
        self._arrow.set_cpu_count(threads)
        with self._asking():
            batches = self._opened.iter_batches(size, columns=columns, use_threads=threads > 1)
            for batch in ahead(batches) if threads > 1 else batches:
                stretch = Unpacked(self._columns_of(batch, chosen), batch.num_rows, memory)
                for start in range(0, batch.num_rows, most):
                    rows = min(most, batch.num_rows - start)
                    yield ArrowBlock(np.arange(line, line + rows), stretch, start)
                    line += rows

    def _columns_of(self, batch: Any, chosen: Sequence[int]) -> dict[int, ArrowColumn]:
        """The columns of some rows by their places."""
        return {
            place: ArrowColumn(self._arrow, array, self._texts, self._kinds[place])
            for place, array in zip(chosen, batch.columns, strict=True)
        }

    def _check_types(self, chosen: Sequence[int]) -> None:
        """Raises `NnctlError` for columns of anything but numbers, truth, text and dates."""
        types = self._arrow.types
        problems = [
            Problem(
                f"the column holds {str(self._types[place])[:80]}, neither numbers nor text",
                "leave the column out",
                self.file,
                path=f"column {self.header.cells[place]}",
            )
            for place in chosen
            if not is_plain(types, self._types[place])
        ]
        if problems:
            raise NnctlError(problems)

    def _check_packing(self, columns: set[str]) -> None:
        """Raises `NnctlError` for a column that unpacks to more than memory is for."""
        about = self._opened.metadata
        for group in range(about.num_row_groups):
            own = about.row_group(group)
            for place in range(own.num_columns):
                part = own.column(place)
                whole, packed = part.total_uncompressed_size, part.total_compressed_size
                name = part.path_in_schema
                if name in columns and whole > LARGE and whole > PACKED * max(1, packed):
                    message = (
                        f"{packed:,} bytes of the column unpack to {whole:,}; they are not read"
                    )
                    path = f"row group {group}, column {name}"
                    raise NnctlError(Problem(message, None, self.file, path=path))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns what goes wrong in the file into an `NnctlError`."""
        try:
            yield
        except (self._arrow.ArrowException, OSError, UnicodeError) as error:
            message = f"the Parquet file cannot be read ({str(error).splitlines()[0][:200]})"
            raise NnctlError(Problem(message, "copy or write it again", self.file)) from None


def ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The same, each unpacked on another core while the one before it is at work."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = pool.submit(next, batches, None)
            yield batch


def is_text(types: Any, kind: Any) -> bool:
    """Whether a column of that type holds text."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_plain(types: Any, kind: Any) -> bool:
    """Whether a column of that type holds numbers, truth values, text or dates."""
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
    dates = (types.is_timestamp, types.is_date, types.is_time)
    return is_text(types, kind) or any(test(kind) for test in (*tests, *dates))
