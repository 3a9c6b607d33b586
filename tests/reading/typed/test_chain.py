"""A table in several files of a format that has types."""

import json

import pytest

from nnctl.errors import NnctlError
from nnctl.reading.digests import digest_of
from nnctl.reading.files import DataFile
from nnctl.reading.source import open_source
from tests.typed_tables import write_table


def parts(folder, end: str) -> DataFile:
    for k in range(3):
        write_table(
            folder / f"part-{k}.{end}", {"a": [3 * k, 3 * k + 1, 3 * k + 2], "b": ["x"] * 3}
        )
    return DataFile(folder / f"part-*.{end}")


@pytest.mark.parametrize("end", ["jsonl", "parquet", "db"])
def test_the_rows_follow_in_the_order_of_the_files_names(tmp_path, end):
    with open_source(parts(tmp_path, end)) as reader:
        assert reader.names == ("a", "b")
        values = [value for table in reader.tables(["a", "b"]) for value in table.numbers[:, 0]]
    assert values == list(range(9))


def test_a_folder_of_parquet_files_is_a_table(tmp_path):
    parts(tmp_path, "parquet")
    with open_source(DataFile(tmp_path)) as reader:
        assert sum(map(len, reader.tables(["a"]))) == 9
    assert digest_of(tmp_path) == digest_of(tmp_path / "part-*.parquet")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"a": 1, "c": 2}], 'lacks the column "b"'),
        ([{"a": 1, "b": "x", "c": 2}], 'has a column "c"'),
        ([{"b": "x", "a": 1}], "another order"),
    ],
)
def test_other_columns_are_refused(tmp_path, rows, told):
    file = parts(tmp_path, "jsonl")
    path = tmp_path / "part-1.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(NnctlError) as caught, open_source(file) as reader:
        list(reader.tables(["a"]))
    (problem,) = caught.value.problems
    assert told in problem.message and problem.file == str(path)


def test_a_cell_is_placed_in_its_own_file(tmp_path):
    file = parts(tmp_path, "jsonl")
    path = tmp_path / "part-1.jsonl"
    path.write_text('{"a": 1, "b": "x"}\n{"a": "odd", "b": "x"}\n{"a": [], "b": "x"}\n')
    with pytest.raises(NnctlError) as caught, open_source(file) as reader:
        list(reader.tables(["a"]))
    places = {(problem.file, problem.line, problem.path) for problem in caught.value.problems}
    assert places == {(str(path), 2, "column a"), (str(path), 3, "column a")}
