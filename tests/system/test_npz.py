"""Tests of reading and writing `.npz` files: exact, and safe against what a file claims."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnctl.errors import NnctlError
from nnctl.system import npz
from nnctl.system.npz import array_names, read_arrays, write_arrays


def error(path: Path, only: list[str] | None = None) -> str:
    with pytest.raises(NnctlError) as caught:
        read_arrays(path, only)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return "; ".join(problem.message for problem in caught.value.problems)


def write_member(path: Path, data: bytes, name: str = "x.npy", compressed: bool = False) -> None:
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr(name, data)


def header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


arrays = st.dictionaries(
    st.from_regex(r"[a-z_][a-z0-9_/]{0,8}", fullmatch=True),
    hnp.arrays(
        st.one_of(hnp.floating_dtypes(), hnp.integer_dtypes(), hnp.unicode_string_dtypes()),
        hnp.array_shapes(min_dims=0, max_side=4),
    ),
    max_size=4,
)


@pytest.mark.slow
@given(arrays)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, given_arrays: dict) -> None:
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    with open(path, "wb") as file:
        write_arrays(file, given_arrays)
    read = read_arrays(path)
    assert list(read) == list(given_arrays)
    with np.load(path, allow_pickle=False) as loaded:
        for name, array in given_arrays.items():
            assert read[name].dtype == array.dtype and read[name].shape == array.shape
            assert read[name].tobytes() == array.tobytes() == loaded[name].tobytes()


def test_bytes_depend_on_the_arrays_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> bytes:
        stream = io.BytesIO()
        write_arrays(stream, {"a": np.arange(6.0).reshape(2, 3).T, "b": np.array("text")})
        return stream.getvalue()

    before = written()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert written() == before


def test_only_some_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x_train=np.ones(3), y_train=np.zeros(3))
    assert array_names(path) == ("x_train", "y_train")
    assert list(read_arrays(path, ["y_train"])) == ["y_train"]
    with pytest.raises(NnctlError) as caught:
        read_arrays(path, ["x_trian", "q"])
    assert str(caught.value) == (
        f'{path}\n  there is no array "x_trian"; the arrays are: x_train, y_train\n'
        '  fix: did you mean "x_train"?\n'
        f'{path}\n  there is no array "q"; the arrays are: x_train, y_train'
    )


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran-by-pickle",)


def test_objects_are_refused_and_do_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([Payload()], dtype=object))
    assert "holds Python objects, which could run code when read, and is refused" in error(path)
    write_member(path, pickle.dumps(Payload()))
    assert 'array "x": it is damaged' in error(path)
    assert not (tmp_path / "ran-by-pickle").exists()


def test_files_that_are_no_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    assert error(path) == "there is no such file"
    path.write_bytes(b"not a zip file")
    assert error(path) == "this is not a whole .npz file (File is not a zip file)"
    np.savez(path, x=np.arange(1000.0))
    path.write_bytes(path.read_bytes()[:-500])
    assert error(path) == "this is not a whole .npz file (File is not a zip file)"
    write_member(path, b"hello", "x.txt")
    assert '"x.txt" in it is not an array' in error(path)
    with pytest.raises(NnctlError, match="this is a folder"):
        read_arrays(tmp_path)


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000.0))
    data = bytearray(path.read_bytes())
    data[3000] ^= 1
    path.write_bytes(data)
    assert "Bad CRC-32" in error(path)


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(99999999999, 99999999999)", "(2,)"])
def test_claims_of_a_header_are_checked_before_memory_is_taken(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "a.npz"
    write_member(path, header(shape) + bytes(24))
    assert "its header claims" in error(path)


def test_more_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    write_member(path, header("(100000,)") + bytes(800000), compressed=True)
    assert read_arrays(path)["x"].shape == (100000,)
    monkeypatch.setattr(npz.machine, "memory", lambda: 100_000)
    assert "its arrays need 800,128 bytes; this computer has 100,000" in error(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x93NUMPY", header("(3,)")[:60], header("(-3,)"), header("3"), header("('a',)")]
)
def test_garbled_headers(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.npz"
    write_member(path, data)
    assert error(path).startswith('array "x": ')


def test_structured_types_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros(3, dtype=[("a", "f8")]))
    assert "is neither numbers nor text" in error(path)


def test_a_name_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"")
        archive.writestr("x.npy", b"")
    assert error(path) == 'it holds two arrays named "x"'


def test_objects_are_not_written() -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_arrays(io.BytesIO(), {"x": np.array([None])})


@pytest.mark.slow
@pytest.mark.parametrize("read", [array_names, npz.array_checksums, read_arrays])
def test_whatever_stands_in_the_directory_is_read_or_refused(read, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    buffer = io.BytesIO()
    write_arrays(buffer, {"x": np.arange(5), "y": np.ones((2, 3))})
    whole = buffer.getvalue()
    refused = 0
    for at in range(whole.index(b"PK\x01\x02"), len(whole)):
        for byte in (0, 8, 84, 255):  # among them the versions of formats to come
            path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
            try:
                read(path)
            except NnctlError:
                refused += 1
    assert refused > 100
