"""Tests of arrays that stay on the disk."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import ExitStatus, NnctlError
from nnctl.reading import storage
from nnctl.reading.storage import ByteFile, Scratch, StoredArray, scratch_folder
from nnctl.system.atomic import DiskFullError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_arrays_come_back_by_slices(folder: Path) -> None:
    scratch = Scratch()
    one, other = np.arange(24.0).reshape(6, 2, 2), np.arange(5, dtype=np.int32)
    stored = [scratch.append(one), scratch.append(other), scratch.append(one[:, ::-1])]
    for found, array in zip(stored, (one, other, one[:, ::-1]), strict=True):
        assert (found.shape, found.dtype, len(found)) == (array.shape, array.dtype, len(array))
        for rows in (slice(None), slice(2, 4), slice(3, 100), slice(4, 2)):
            np.testing.assert_array_equal(found[rows], array[rows])
    np.testing.assert_array_equal(stored[0].reshape(6, 4)[1:2], one[1:2].reshape(1, 4))


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="there nothing is forked")
def test_reading_leaves_the_place_of_a_file_where_it_is(tmp_path: Path) -> None:
    """As forks share it, and read at once."""
    np.arange(20).tofile(tmp_path / "rows")
    file = ByteFile.open(tmp_path / "rows")
    stored = StoredArray(file, 0, (20,), np.dtype(int))
    assert stored[7:9].tolist() == [7, 8]
    assert os.lseek(file._file.fileno(), 0, os.SEEK_CUR) == 0


def test_nothing_of_it_can_be_seen_in_the_folder(folder: Path) -> None:
    scratch = Scratch()
    scratch.append(np.zeros(100_000))
    assert list(folder.iterdir()) == []


def test_its_folder_is_named_or_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere/else")
    assert scratch_folder() == Path("/somewhere/else")
    with pytest.raises(NnctlError, match="/somewhere/else\n  it cannot be written"):
        Scratch()
    monkeypatch.delenv("TMPDIR")
    assert scratch_folder() == Path("/var/tmp")


def test_a_full_disk_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def seek(self, offset: int) -> None:
            pass

        def write(self, data: memoryview) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    scratch = Scratch()
    monkeypatch.setattr(scratch, "_writing", Full())
    with pytest.raises(DiskFullError, match="no room for the rows") as caught:
        scratch.append(np.zeros(3))
    assert caught.value.status is ExitStatus.NO
    assert "TMPDIR" in str(caught.value.problems[0].fix)


def test_a_file_that_has_become_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(np.arange(10.0).tobytes())
    stored = StoredArray(ByteFile.open(path), 0, (10,), np.dtype(np.float64))
    assert stored[8:].tolist() == [8, 9]
    os.truncate(path, 70)
    assert stored[:8].tolist() == list(range(8))
    with pytest.raises(NnctlError, match=r"rows\n  it ends before the rows that it should hold"):
        stored[8:]


def test_files_are_closed_with_the_last_who_has_them(folder: Path) -> None:
    def open_files() -> list[str]:
        """The files of the folder; other tests' are closed at any time."""
        found = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the one that lists them
                found.append(os.readlink(descriptor))
        return [name for name in found if name.startswith(str(folder))]

    stored = Scratch().append(np.zeros(3))
    assert len(open_files()) == 1 and stored[:].tolist() == [0, 0, 0]
    del stored
    assert open_files() == []
    assert storage.USUAL.is_absolute()
