"""Other kinds of files are named for what they are, with what to do instead."""

import gzip
import io
import json
import pickle
import sqlite3
import struct
import zipfile

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import TextFormat
from nnctl.reading.kinds import foreign_kind
from nnctl.reading.source import open_source


def archive(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return data.getvalue()


def saved(save, *arrays) -> bytes:
    data = io.BytesIO()
    save(data, *arrays)
    return data.getvalue()


def database(folder) -> bytes:
    path = folder / "d.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table houses (a, b)")
    return path.read_bytes()


KINDS = {
    "Excel": (
        lambda _: archive("[Content_Types].xml", "xl/workbook.xml"),
        "name the file FILE.xlsx",
    ),
    "zip": (lambda _: archive("d.csv"), "unpack it"),
    "Parquet": (lambda _: b"PAR1" + bytes(50) + b"PAR1", "name the file FILE.parquet"),
    "SQLite": (database, "name the file FILE.db"),
    "JSON": (lambda _: json.dumps([{"a": 1}, {"a": 2}]).encode(), "save the table as CSV"),
    "JSON ": (lambda _: b'{"a": 1}\n{"a": 2}\n', "name the file FILE.jsonl"),
    "PNG": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(50), "folder"),
    "JPEG": (lambda _: b"\xff\xd8\xff\xe0" + bytes(50), "folder"),
    "pickle": (lambda _: pickle.dumps({"a": [1, 2]}), "numpy.savez"),
    "NumPy array": (lambda _: saved(np.save, np.ones(3)), ".npy"),
    "NumPy archive": (lambda _: saved(np.savez, np.ones(3)), ".npz"),
    "IDX": (lambda _: struct.pack(">HBBI", 0, 8, 1, 3) + b"abc", "features: FILE, target: FILE"),
    "web page": (lambda _: b"<!DOCTYPE html>\n<html></html>\n", "download"),
    "web page ": (lambda _: b"<table><tr><td>1</td></tr></table>\n", "download"),
}


@pytest.mark.parametrize("encoding", [None, "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_file_is_named(tmp_path, kind, packed, encoding):
    made, fix = KINDS[kind]
    data = made(tmp_path)
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(NnctlError) as caught:
        DelimitedReader(path, text_format=TextFormat(encoding=encoding))
    (problem,) = caught.value.problems
    assert kind.strip() in problem.message and fix in problem.fix


@pytest.mark.parametrize(("save", "name"), [(np.save, "t.npy"), (np.savez, "t.npz")])
def test_a_name_that_the_file_has_is_no_fix(tmp_path, save, name):
    save(tmp_path / name, np.ones(3))
    with pytest.raises(NnctlError) as caught:
        DelimitedReader(tmp_path / name)
    assert caught.value.problems[0].fix == "save the table as CSV"


@pytest.mark.parametrize(
    "start", [b"a,b\n", b"", b"[a],[b]\n", b"{x},y\n", b"PK,a\n", b"BM,a\n", b"P,a\n", b'"a"\n']
)
def test_text_is_no_other_kind(start):
    assert foreign_kind(start) is None


def test_bytes_of_zero_are_no_text():
    with pytest.raises(NnctlError, match="bytes of 0"):
        DelimitedReader(io.BytesIO(b"a,b\n1,\0\n"), "t.csv")


class Endless(io.RawIOBase):
    """A stream that gives one byte for ever, and counts what was taken."""

    def __init__(self, byte: bytes) -> None:
        self.byte, self.taken = byte, 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return self.byte * size


@pytest.mark.parametrize(("byte", "most"), [(b"\0", 1 << 20), (b"x", 1 << 25), (b",", 1 << 25)])
def test_a_first_line_without_end_ends_soon(byte, most):
    stream = Endless(byte)
    with pytest.raises(NnctlError):
        DelimitedReader(stream, "t.csv")
    assert 0 < stream.taken <= most


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "utf-16-le"])
@pytest.mark.parametrize("block", [7, 1 << 19])
def test_other_encodings_are_read(monkeypatch, encoding, block):
    monkeypatch.setattr(bytestream, "BLOCK", block)
    data = "größe,b\r\n1,é\r\n2,ü\r\n".encode(encoding)
    with DelimitedReader(io.BytesIO(data), "t", TextFormat(encoding=encoding)) as reader:
        tables = list(reader.tables(["größe", "b"]))
    assert [label for table in tables for label in table.text["b"].labels] == ["é", "ü"]


def test_bytes_that_the_encoding_has_not_are_told_with_their_line():
    data = "a,b\n1,x\n2,é\n".encode("latin-1")
    with pytest.raises(NnctlError) as caught:
        list(DelimitedReader(io.BytesIO(data), "t", TextFormat(encoding="ascii")).tables(["a"]))
    (problem,) = caught.value.problems
    assert problem.line == 3 and "byte 0xe9 is not ascii text" in problem.message


ALIGNED = """\
  mpg   hp  name

 18.0  130\t"chevrolet  chevelle"
   15   NA\tbuick
"""


@pytest.mark.parametrize("block", [5, 1 << 19])
def test_columns_aligned_by_blanks_are_read(monkeypatch, block):
    monkeypatch.setattr(bytestream, "BLOCK", block)
    data = io.BytesIO(ALIGNED.encode())
    with DelimitedReader(data, "t", TextFormat("whitespace")) as reader:
        tables = list(reader.tables(["mpg", "name", "hp"]))
    assert [row[0] for table in tables for row in table.columns(["mpg"]).tolist()] == [18, 15]
    labels = [label for table in tables for label in table.text["name"].labels]
    assert labels == ["chevrolet  chevelle", "buick"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("t.db", "a PNG image, not an SQLite database"),
        ("t.parquet", "a PNG image, not a Parquet file"),
        ("t.xlsx", "a PNG image, not an Excel workbook"),
        ("t.jsonl", "a PNG image, not a text table"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path, name, told):
    path = tmp_path / name
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    with pytest.raises(NnctlError, match=told):
        open_source(path)
