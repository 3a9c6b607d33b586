"""Tests of reading examples from `.npz` files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading import arrays as module
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import DataFile
from nnctl.reading.joining import joined_tables
from nnctl.reading.source import npz_reader


def reader_of(path: Path, features: str = "x", target: str | None = "y") -> ArrayReader:
    file = DataFile(path, (features,), (target or "y",))
    return npz_reader(file, None, target is not None, None)


def saved(tmp_path: Path, **arrays: Any) -> Path:
    np.savez(tmp_path / "d.npz", **arrays)
    return tmp_path / "d.npz"


def test_columns_count_by_position(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    reader = reader_of(saved(tmp_path, x=x, y=np.array([1, 0])))
    assert reader.shape == (3, 4)
    assert reader.feature_names == tuple(f"x_{place}" for place in range(12))
    assert reader.target_names == ("y",)
    (table,) = reader.tables((*reader.feature_names, *reader.target_names))
    assert table.numbers.dtype == np.float64
    np.testing.assert_array_equal(table.columns(reader.feature_names), x.reshape(2, 12))
    assert table.columns(["y"])[:, 0].tolist() == [1, 0]


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_a_column_of_targets_is_a_single_one(tmp_path: Path, shape: tuple[int, ...]) -> None:
    reader = reader_of(saved(tmp_path, x=np.ones(4), y=np.ones(shape)))
    assert reader.target_names == ("y",)
    assert reader.shape == (1,)


def test_several_targets(tmp_path: Path) -> None:
    reader = reader_of(saved(tmp_path, x=np.ones((2, 3)), y=[[1, 2], [3, 4]]))
    assert reader.target_names == ("y_0", "y_1")
    (table,) = reader.tables((*reader.feature_names, *reader.target_names))
    assert table.columns(["y_0", "y_1"]).tolist() == [[1, 2], [3, 4]]


def test_text_targets_and_other_names(tmp_path: Path) -> None:
    path = saved(tmp_path, images=np.ones((3, 2)), kind=np.array(["b", "a", "b"]))
    reader = reader_of(path, "images", "kind")
    (table,) = reader.tables((*reader.feature_names, *reader.target_names))
    column = table.text["y"]
    assert [column.labels[code] for code in column.codes] == ["b", "a", "b"]
    assert reader_of(path, "images", None).target_names == ()


def test_many_rows_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 10)
    x = np.arange(20.0).reshape(10, 2)
    reader = reader_of(saved(tmp_path, x=x, y=np.arange(10)))
    tables = list(reader.tables((*reader.feature_names, *reader.target_names)))
    assert [table.first_row for table in tables] == [0, 5]
    np.testing.assert_array_equal(joined_tables(tables, reader.feature_names).numbers, x)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": [1]}, 'there is no array "x"; the arrays are: y'),
        ({"x": [[1]], "y": [1, 2]}, 'array "y" has 2 rows, the features have 1'),
        ({"x": 1.0, "y": [1]}, 'array "x" is a single value; it must have a row for each example'),
        ({"x": [["a"]], "y": [1]}, 'array "x" is of type <U1; numbers are needed'),
        ({"x": [[1j]], "y": [1]}, 'array "x" is of type complex128; numbers are needed'),
        (
            {"x": [[1]], "y": [[[1]]]},
            'array "y" has shape (1, 1, 1); it must be (rows,) or (rows, k)',
        ),
    ],
)
def test_arrays_that_do_not_do(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(NnctlError) as caught:
        reader_of(path)
    assert str(caught.value) == f"{path}\n  {message}"


def test_infinite_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path, x=[[1.0, 2.0], [3.0, np.inf]], y=[0, 1])
    with pytest.raises(NnctlError) as caught:
        list(reader_of(path).tables(["x_0", "x_1", "y"]))
    assert str(caught.value) == (
        f"{path}  column x_1, row 1 (counted from 0)\n  inf is not a finite number"
    )


def test_there_are_no_columns_to_keep(tmp_path: Path) -> None:
    reader = reader_of(saved(tmp_path, x=[[1.0]], y=[0]))
    with pytest.raises(NnctlError, match="arrays have no named columns"):
        list(reader.tables(["x_0"], ["id"]))
