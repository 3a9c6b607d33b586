"""Tests of writing files whole or not at all."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from nnctl.errors import ExitStatus, NnctlError
from nnctl.system.atomic import DiskFullError, atomic_file


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_bytes_and_text(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a.bin") as file:
        file.write(b"\x00\n")
        assert not (tmp_path / "a.bin").exists()
    with atomic_file(tmp_path / "a.txt", "w") as file:
        file.write("é\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\n"
    assert (tmp_path / "a.txt").read_bytes() == "é\n".encode()
    assert names(tmp_path) == ["a.bin", "a.txt"]


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with atomic_file(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError(errno.EBADF, "")])
def test_any_failure_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), atomic_file(path) as file:
        file.write(b"new")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(DiskFullError) as caught, atomic_file(path) as file:
        file.write(b"new")
    assert caught.value.status is ExitStatus.NO
    assert str(caught.value) == (
        f"{path}\n  the disk is full; the file was not written ({os.strerror(number)})\n"
        "  fix: free some space, or write to another disk"
    )
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="descriptors have no names")
def test_a_pipe_is_written_to_by_its_name() -> None:
    reading_end, writing_end = os.pipe()
    with open(reading_end, "rb") as reader, open(writing_end, "wb"):
        with atomic_file(f"/dev/fd/{writing_end}") as file:
            file.write(b"x")
        assert reader.read(1) == b"x"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def full(file: Path, *rest: int) -> int:
        os.close(real(file, *rest))
        return real("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(DiskFullError), atomic_file(tmp_path / "a") as file:
        file.write(bytes(1 << 20))
    assert names(tmp_path) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path, message in [
        (tmp_path / "no" / "a", "it cannot be written (No such file or directory)"),
        (tmp_path / "file" / "a", "it cannot be written (Not a directory)"),
        (tmp_path / ("a" * 300), "it cannot be written (File name too long)"),
        (tmp_path, "this is a folder; a file is to be written"),
    ]:
        with pytest.raises(NnctlError) as caught, atomic_file(path):
            pass
        assert caught.value.problems[0].message == message
        assert caught.value.problems[0].file == str(path)
        assert caught.value.status is ExitStatus.COULD_NOT_RUN


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(NnctlError) as caught, atomic_file(tmp_path / "a"):
        pass
    assert str(caught.value) == (
        f"{tmp_path}/a\n  it cannot be written (Permission denied)\n"
        "  fix: write to a folder that you may write to"
    )


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with atomic_file(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    with atomic_file(path) as file:
        file.write(b"new")
    reader.join()
    assert read == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)
