"""Tests of opening files and hashing them."""

import gzip
import hashlib
import io
import os
from pathlib import Path
from threading import Timer

import pytest

from nnctl.errors import NnctlError
from nnctl.reading.bytestream import LineBlocks, opened, reading, sha256


def test_sha256_is_that_of_the_file_as_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"data"))
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(NnctlError, match="there is no such file"):
        sha256(tmp_path / "b")


def test_packed_data_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(b"data"))
    with opened(path) as stream:
        assert stream.read() == b"data"


def test_an_error_of_the_reader_is_not_taken_for_one_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n")
    with pytest.raises(FileNotFoundError), opened(path):
        raise FileNotFoundError("another file")


def test_system_errors_are_told_in_words() -> None:
    with pytest.raises(NnctlError) as caught, reading("a.csv"):
        raise PermissionError(13, "Permission denied")
    assert str(caught.value) == "a.csv\n  it cannot be read (Permission denied)"


def test_lines_put_back_come_again_with_their_number() -> None:
    blocks = LineBlocks(io.BytesIO(b"a\nb\nc"), "t")
    assert blocks.next_block() == b"a\nb\nc\n" and blocks.line == 4
    blocks.put_back(b"b\nc\n")
    assert blocks.line == 2
    assert blocks.next_block() == b"b\nc\n" and blocks.line == 4
    assert blocks.next_block() == b""


def test_the_lines_that_came_through_a_pipe_do_not_wait_for_others() -> None:
    reading_end, writing_end = os.pipe()
    with open(reading_end, "rb") as stream, open(writing_end, "wb", buffering=0) as writer:
        blocks = LineBlocks(stream, "t")
        late = Timer(10, writer.close)
        late.start()
        writer.write(b"a\nb")
        assert blocks.next_block() == b"a\n"
        writer.write(b"c\n")
        writer.write(b"d\ne")
        assert blocks.next_block() == b"bc\nd\n" and blocks.line == 4
        late.cancel()
        writer.close()
        assert blocks.next_block() == b"e\n"
        assert blocks.next_block() == b""


def test_what_a_file_gains_after_its_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n1")
    with opened(path) as stream:
        blocks = LineBlocks(stream, "t")
        assert blocks.next_block() == b"a\n1\n"
        with open(path, "ab") as file:
            file.write(b"2\n")
        assert blocks.next_block() == b""


def test_packed_data_come_through_a_pipe() -> None:
    reading_end, writing_end = os.pipe()
    with open(reading_end, "rb") as stream:
        with open(writing_end, "wb") as writer:
            writer.write(gzip.compress(b"a\n"))
        with opened(stream) as unpacked:
            assert unpacked.read() == b"a\n"
