"""Hashes of data files, worked out meanwhile: those of the files; errors wait to be asked for."""

import hashlib
import os

import pytest

from nnctl.errors import NnctlError
from nnctl.reading import digests
from nnctl.reading.digests import Digests, digest_of


def test_they_are_those_of_the_files(tmp_path):
    for name, text in (("one.csv", b"a\n1\n"), ("two.csv", b"a\n2\n")):
        (tmp_path / name).write_bytes(text)
    one, pattern = str(tmp_path / "one.csv"), str(tmp_path / "*.csv")
    found = Digests([one, pattern])
    assert found(one) == hashlib.sha256(b"a\n1\n").hexdigest()
    assert found(pattern) == digest_of(pattern) != found(one)


def test_a_folder_of_parts_of_a_table_is_no_folder_of_images(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name in ("0.parquet", "1.parquet"):
        (folder / name).write_text(name)
    assert digest_of(folder) == digest_of(folder / "*.parquet")


def test_each_file_is_read_once(tmp_path, monkeypatch):
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n")
    found = Digests([str(file)])
    known = found(str(file))
    monkeypatch.setattr(digests, "sha256", lambda path: pytest.fail("it is read again"))
    assert found(str(file)) == known


def test_what_is_wrong_with_a_file_is_told_to_whoever_asks(tmp_path):
    missing = str(tmp_path / "missing.csv")
    found = Digests([missing])
    with pytest.raises(NnctlError) as caught:
        found(missing)
    assert caught.value.problems[0].file == missing


def test_a_name_that_no_file_can_have_is_told_to_whoever_asks(tmp_path):
    endless = str(tmp_path / ("x" * 5000))
    found = Digests([endless])
    found._thread.join()  # without a traceback of its own, which would be a warning here
    with pytest.raises(NnctlError, match="too long"):
        found(endless)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_nothing_is_taken_out_of_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY)
    os.write(writer, b"a\n1\n")
    Digests([str(pipe)])._thread.join()
    assert os.read(reader, 100) == b"a\n1\n"
    os.close(reader)
    os.close(writer)
