"""Tests of reading IDX files, whole and damaged."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.idx import TYPES, is_idx, read_idx


def packed(kind: int, shape: tuple[int, ...], data: bytes) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape) + data


def error(path: Path) -> str:
    with pytest.raises(NnctlError) as caught:
        read_idx(path)
    return str(caught.value)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["d-idx2", "d-idx2.gz"])
def test_every_type_plain_and_packed(tmp_path: Path, kind: int, name: str) -> None:
    expected = np.arange(-3, 3).reshape(2, 3).astype(TYPES[kind])
    data = packed(kind, (2, 3), expected.tobytes())
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert is_idx(path)
    array = read_idx(path)
    assert array.dtype.isnative and array.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(array, expected)


def test_what_is_no_idx_file(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("a,b\n1,2\n")
    assert not is_idx(path) and not is_idx(tmp_path) and not is_idx(tmp_path / "none")
    assert "this is not an IDX file" in error(path)


def test_files_that_hold_less_or_more_than_they_say(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(packed(8, (2, 3), b"12345"))
    assert error(path) == (
        f"{path}\n  an array of 2 × 3 takes 6 bytes; the file holds 5\n"
        "  fix: copy or download it again"
    )
    path.write_bytes(packed(8, (2,), b"123"))
    assert "takes 2 bytes; the file holds more than 2" in error(path)
    path.write_bytes(packed(8, (2, 3), b"")[:9])
    assert "its header takes 8 bytes; the file holds 5" in error(path)


def test_a_claim_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(packed(14, (2**32 - 1,) * 4, b"few"))
    assert "the file holds 3" in error(path)
