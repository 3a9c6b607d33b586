"""Parquet files: types, gaps, dates, and what is refused."""

import datetime
import decimal
import pickle
import sys

import numpy as np
import pytest

from nnctl.errors import NnctlError, Problem
from nnctl.reading.files import DataFile
from nnctl.reading.joining import joined_tables
from nnctl.reading.source import open_source
from nnctl.reading.typed import parquet

pyarrow = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def written(path, columns, **options):
    pq.write_table(pyarrow.table(columns), path, **options)
    return path


def cells(path, name: str = "a") -> list[str]:
    with open_source(DataFile(path)) as reader:
        return [cell for table in reader.tables([], [name]) for cell in table.verbatim[name]]


def problems(path) -> tuple[Problem, ...]:
    with pytest.raises(NnctlError) as caught, open_source(DataFile(path)) as reader:
        list(reader.tables(reader.all_columns()))
    return caught.value.problems


DAY, MOMENT = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 18, 30)
MIDNIGHT = datetime.datetime(2024, 2, 29)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pyarrow.array([1, None, -3], pyarrow.int8()), ["1", "", "-3"]),
        (pyarrow.array([2**64 - 1], pyarrow.uint64()), ["18446744073709551615"]),
        (pyarrow.array([0.1, None], pyarrow.float32()), ["0.10000000149011612", ""]),
        (np.array([1.5], np.float16), ["1.5"]),
        (["x", None, "a\r\nb"], ["x", "", "a\nb"]),
        (pyarrow.array(["y", "x", None]).dictionary_encode(), ["y", "x", ""]),
        (pyarrow.array(["y"], pyarrow.large_string()), ["y"]),
        ([True, None, False], ["True", "", "False"]),
        ([decimal.Decimal("1.50"), decimal.Decimal("-0.25")], ["1.50", "-0.25"]),
        ([DAY, None], ["2024-02-29", ""]),
        ([MOMENT], ["2024-02-29T18:30:00"]),
        (pyarrow.array([MIDNIGHT], pyarrow.timestamp("ns")), ["2024-02-29"]),
        (pyarrow.array([MOMENT], pyarrow.timestamp("ms", "UTC")), ["2024-02-29T18:30:00+00:00"]),
        ([datetime.time(18, 30)], ["18:30:00"]),
        (pyarrow.nulls(2), ["", ""]),
    ],
)
def test_cells_are_what_their_types_say(tmp_path, values, texts):
    assert cells(written(tmp_path / "t.parquet", {"a": values})) == texts


@pytest.mark.parametrize(
    "values",
    [
        [pickle.dumps({})],
        [[1, 2]],
        [{"x": 1}],
        pyarrow.array([1], pyarrow.duration("s")),
    ],
)
def test_columns_of_anything_else_are_refused_unless_left_out(tmp_path, values):
    path = written(tmp_path / "t.parquet", {"a": values, "b": [7]})
    (problem,) = problems(path)
    assert "neither numbers nor text" in problem.message and problem.path == "column a"
    assert cells(path, "b") == ["7"]


@pytest.mark.parametrize("value", [2**53 + 1, 2.0**1023 * 2])
def test_a_cell_is_placed_by_its_row(tmp_path, value):
    kind = pyarrow.int64() if isinstance(value, int) else pyarrow.float64()
    values = pyarrow.array([1, 2, None, value], kind)
    path = written(tmp_path / "t.parquet", {"a": values}, row_group_size=3)
    (problem,) = problems(path)
    assert (problem.path, problem.line) == ("row 4, column a", None)
    assert "beyond 2^53" in problem.message or "not a finite number" in problem.message


def test_a_column_that_unpacks_to_more_than_memory_is_for_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "LARGE", 1 << 16)
    path = written(
        tmp_path / "t.parquet",
        {"a": ["x" * 1_000_000], "b": [1]},
        compression="zstd",
        use_dictionary=False,
    )
    (problem,) = problems(path)
    assert "they are not read" in problem.message and cells(path, "b") == ["1"]


@pytest.mark.parametrize("kept", [3, 4, 200, -9])
def test_what_is_no_whole_file_is_refused(tmp_path, kept):
    path = written(tmp_path / "t.parquet", {"a": list(range(99)), "b": ["x"] * 99})
    path.write_bytes(path.read_bytes()[:kept])
    (problem,) = problems(path)
    assert "Parquet file" in problem.message and problem.file == str(path)


def test_bytes_that_changed_are_found_where_pages_have_a_sum(tmp_path):
    values = np.random.default_rng(0).normal(size=500)
    path = written(
        tmp_path / "t.parquet",
        {"a": values},
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
    )
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    (problem,) = problems(path)
    assert "cannot be read" in problem.message


def test_a_file_without_columns_is_refused(tmp_path):
    (problem,) = problems(written(tmp_path / "t.parquet", {}))
    assert "no columns" in problem.message


def test_rows_come_in_stretches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 20)
    columns = {"a": np.arange(95.0), "b": np.arange(95)}
    path = written(tmp_path / "t.parquet", columns, row_group_size=33)
    with open_source(DataFile(path)) as reader:
        tables = list(reader.tables(["b", "a"]))
    assert {len(table) for table in tables} <= set(range(1, 11)) and len(tables) >= 10
    numbers = np.concatenate([table.columns(["a", "b"]) for table in tables])
    assert numbers[:, 0].tolist() == numbers[:, 1].tolist() == list(range(95))


def test_a_stretch_is_handed_on_in_blocks(tmp_path, monkeypatch):
    columns = {
        "number": pyarrow.array([None if k % 7 == 3 else k / 8 for k in range(95)]),
        "gaps": pyarrow.array([None if k % 5 == 3 else k for k in range(95)]),
        "text": [None if k % 4 == 1 else f"kind {k % 3}" for k in range(95)],
        "truth": [k % 3 == 0 for k in range(95)],
        "day": [DAY + datetime.timedelta(days=k) for k in range(95)],
    }
    path = written(tmp_path / "t.parquet", columns)

    def seen():
        with open_source(DataFile(path)) as reader:
            tables = list(reader.tables(["number", "gaps", "text"], [*columns]))
        whole = joined_tables(tables, ["number", "gaps", "text"])
        text, cells = whole.text["text"], [table.verbatim for table in tables]
        texts = [cell for name in columns for own in cells for cell in own[name]]
        lines = np.asarray(whole.lines).tolist()
        return whole.numbers.tobytes(), text.labels, text.codes.tolist(), texts, lines, len(tables)

    *expected, count = seen()
    monkeypatch.setattr(parquet, "BLOCK_CELLS", 60)
    *found, blocks = seen()
    assert found == expected and (count, blocks) == (1, 8)


def test_a_cell_of_a_later_block_is_told_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BLOCK_CELLS", 10)
    numbers = np.arange(30.0)
    numbers[25] = np.inf
    (problem,) = problems(written(tmp_path / "t.parquet", {"a": numbers}))
    assert problem.path == "row 26, column a" and '"inf" is not a finite' in problem.message


def test_memory_does_not_grow_with_a_row_group(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 4_000)
    columns = {f"x{k}": np.random.default_rng(k).normal(size=100_000) for k in range(4)}
    options = {"use_dictionary": False, "data_page_size": 1 << 16, "row_group_size": 100_000}
    path = written(tmp_path / "t.parquet", columns, **options)
    before, held = pyarrow.total_allocated_bytes(), []
    with open_source(DataFile(path)) as reader:
        for _ in reader.tables([*columns]):
            held.append(pyarrow.total_allocated_bytes() - before)
    assert len(held) == 100 and 0 < max(held) < 4 * 8 * 100_000 / 4  # of one group of rows


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    path = written(tmp_path / "t.parquet", {"a": [1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NnctlError) as caught:
        open_source(DataFile(path))
    (problem,) = caught.value.problems
    assert "pyarrow" in problem.message and "nnctl[parquet]" in str(problem.fix)
