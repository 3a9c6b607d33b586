"""Columns as Arrow has them: how their numbers are unpacked, and in which memory."""

import numpy as np
import pytest

from nnctl.reading.files import DataFile
from nnctl.reading.source import open_source
from nnctl.reading.typed import arrow, parquet

pyarrow = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def tables_of(path, columns, **options):
    pq.write_table(pyarrow.table(columns), path, **options)
    with open_source(DataFile(path)) as reader:
        return list(reader.tables([*columns]))


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (np.arange(-2, 3, dtype=np.int8), np.float32),
        (pyarrow.array([2**24 - 1, None, -(2**24) + 1]), np.float32),
        (pyarrow.array([2**24, None]), np.float64),
        (np.array([-(2**24) - 1]), np.float64),
        (np.array([2**53 - 1, -(2**53) + 1]), np.float64),
        (np.array([1.0, -0.0, np.nan]), np.float64),
        (np.array([0.5, -0.0], np.float32), np.float64),
    ],
)
def test_numbers_are_in_single_precision_where_they_are_whole_and_small(tmp_path, cells, dtype):
    columns = {"a": cells, "b": np.arange(len(cells))}
    (table,) = tables_of(tmp_path / "t.parquet", columns)
    numbers = [np.nan if cell is None else float(cell) for cell in pyarrow.array(cells).to_pylist()]
    np.testing.assert_array_equal(table.columns(["a"])[:, 0], numbers)
    assert table.numbers.dtype == dtype and table.columns(["a", "b"]).dtype == np.float64
    assert not np.signbit(table.columns(["a"])[table.columns(["a"]) == 0]).any()


@pytest.mark.parametrize("kind", [np.int16, np.float64])
def test_rows_that_are_kept_stay_as_they_are(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 20)
    monkeypatch.setattr(parquet, "BLOCK_CELLS", 8)
    columns = {"a": np.arange(95, dtype=kind), "b": np.arange(95, dtype=kind)[::-1].copy()}
    found = np.concatenate([each.numbers for each in tables_of(tmp_path / "t.parquet", columns)])
    assert found.tolist() == np.column_stack([*columns.values()]).tolist()


def test_what_is_not_a_number_is_judged_in_whichever_block_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BLOCK_CELLS", 8)
    cells = [None if row % 5 == 1 else row % 3 == 0 for row in range(40)]
    columns = {"number": np.arange(40), "truth": cells}
    tables = tables_of(tmp_path / "t.parquet", columns)
    found = np.concatenate([table.columns(["number", "truth"]) for table in tables])
    expected = [[row, np.nan if cell is None else cell] for row, cell in enumerate(cells)]
    np.testing.assert_array_equal(found, np.array(expected, np.float64))
    assert len(tables) == 10


def test_numbers_of_many_digits_may_come_late(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 6)
    columns = {"a": np.array([*range(10), 2**24 + 1, 1, 2]), "b": np.arange(13)}
    tables = tables_of(tmp_path / "t.parquet", columns)
    found = np.concatenate([table.numbers for table in tables])
    assert found.tolist() == np.column_stack([*columns.values()]).tolist()
    assert [table.numbers.itemsize for table in tables] == [4, 4, 4, 8, 8]


def test_memory_is_used_again_once_nobody_looks_at_it():
    memory = arrow.ReusedMemory()
    first = memory.room(10, np.float64)
    part = first.reshape(2, 5).T[1:3]
    del first
    second = memory.room(10, np.float64)
    assert not np.shares_memory(part, second)
    kept = part.__array_interface__["data"][0]
    del part
    third = memory.room(20, np.float32)  # as many bytes
    assert abs(third.__array_interface__["data"][0] - kept) < 80
    larger = memory.room(30, np.float64)
    assert len(larger) == 30 and not np.shares_memory(larger, second)


def test_memory_of_any_size_is_used_again_for_either_precision():
    memory = arrow.ReusedMemory()
    memory.room(3, np.float32)
    assert len(memory.room(1, np.float64)) == 1 and len(memory.room(4, np.float32)) == 4
