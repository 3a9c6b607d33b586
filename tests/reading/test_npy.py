"""Tests of arrays of `.npy` and `.npz` files that are left on the disk."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnctl.data.prepare import Wanted, prepare
from nnctl.errors import NnctlError
from nnctl.reading import npy
from nnctl.reading.files import DataFile
from nnctl.reading.npy import stored_member, stored_npy
from nnctl.reading.source import open_source

X = np.arange(24, dtype=np.float32).reshape(6, 4)


def saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array, allow_pickle=True)
    return path


def prepared_pair(x: Path, y: Path) -> object:
    return prepare(DataFile(x, target_path=y), Wanted("regression", 1))


def error(path: Path) -> str:
    with pytest.raises(NnctlError) as caught:
        stored_npy(path)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "u1", "<f2", "i8"])
def test_an_array_is_read_by_rows(tmp_path: Path, dtype: str) -> None:
    array = X.reshape(6, 2, 2).astype(dtype)
    stored = stored_npy(saved(tmp_path / "x.npy", array))
    assert (stored.shape, stored.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(stored[2:5], array[2:5])


def test_what_cannot_be_read_by_rows_is_refused(tmp_path: Path) -> None:
    objects = saved(tmp_path / "o.npy", np.array([{}, 1], dtype=object))
    assert "o.npy\n  it holds Python objects, which could run code" in error(objects)
    columns = saved(tmp_path / "f.npy", np.asfortranarray(X))
    assert "columns lie one after another" in error(columns)
    assert "np.ascontiguousarray" in error(columns)
    one = saved(tmp_path / "one.npy", np.array(3.0))
    assert "one.npy\n  it is a single value" in error(one)
    dates = saved(tmp_path / "d.npy", np.array(["2020-01-01"], dtype="datetime64[D]"))
    assert "neither numbers nor text" in error(dates)
    whole = saved(tmp_path / "x.npy", X).read_bytes()
    for wrong, message in (
        (whole[:-1], "its header claims 96 bytes of data, the file has 95"),
        (whole + b"\0", "its header claims 96 bytes of data, the file has 97"),
        (whole[:20], "it is damaged"),
        (b"label,x\n1,2\n", "it is damaged"),
        (b"", "it is damaged"),
        (whole.replace(b"(6, 4)", b"(9, 4)"), "its header claims 144 bytes of data"),
    ):
        (tmp_path / "x.npy").write_bytes(wrong)
        assert message in error(tmp_path / "x.npy")
    assert "there is no such file" in error(tmp_path / "y.npy")


def test_a_member_is_read_where_it_stands_if_it_may_be_too_large(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, y=np.arange(6), x=X)
    assert stored_member(path, "x", X.size * 8) is None
    stored = stored_member(path, "x", X.size * 8 - 1)
    assert stored is not None and stored.file.name == str(path)
    np.testing.assert_array_equal(stored[1:3], X[1:3])


def test_a_large_member_is_read_where_it_stands_and_not_held_beside_what_is_made_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npy, "SMALL", X.size * 8 - 1)
    np.savez(tmp_path / "rows.npz", x=X)
    np.savez(tmp_path / "columns.npz", x=np.asfortranarray(X))
    np.savez_compressed(tmp_path / "compressed.npz", x=X)
    stored = stored_member(tmp_path / "rows.npz", "x", 1 << 40)
    assert stored is not None
    np.testing.assert_array_equal(stored[:], X)
    for other in ("columns", "compressed"):
        assert stored_member(tmp_path / f"{other}.npz", "x", 1 << 40) is None


def test_a_compressed_member_is_held_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez_compressed(path, x=X)
    assert stored_member(path, "x", 300) is None
    with pytest.raises(NnctlError, match=r"it is compressed, and takes 224 bytes[^$]*np\.savez"):
        stored_member(path, "x", 100)


def test_the_checksum_of_a_member_is_verified(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez(path, x=np.zeros((1 << 18, 1)))  # more than is read with the header
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("x.npy").header_offset + (1 << 20)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(NnctlError, match='array "x": it is damaged'):
        stored_member(path, "x", 8)


def test_features_and_targets_are_two_files(tmp_path: Path) -> None:
    x, y = saved(tmp_path / "x.npy", X), saved(tmp_path / "y.npy", np.arange(6))
    with open_source(DataFile(x, target_path=y)) as source:
        (table,) = source.tables(["x_0", "x_1", "x_2", "x_3", "y"])
        np.testing.assert_array_equal(table.numbers, np.column_stack([X, np.arange(6)]))
    with open_source(x, targets=False) as source:
        assert source.tables and source.shape == (4,)
    with pytest.raises(NnctlError, match=r"a \.npy file holds one array; the file of the targets"):
        open_source(x)
    for empty in (np.zeros((0, 4)), np.zeros((6, 0))):
        with pytest.raises(NnctlError):
            prepared_pair(saved(tmp_path / "e.npy", empty), y)
    saved(y, np.arange(5))
    with pytest.raises(NnctlError, match="has 5 rows, the features have 6"):
        open_source(DataFile(x, target_path=y))
    with pytest.raises(NnctlError, match="an array is in one file"):
        open_source(tmp_path / "*.npy")
