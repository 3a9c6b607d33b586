"""Numbers of SQLite tables taken from pages: what SQLite itself gives, or left to it."""

import random
import sqlite3
from contextlib import closing
from unittest.mock import patch

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile
from nnctl.reading.joining import joined_tables
from nnctl.reading.source import open_source
from nnctl.reading.typed import sqlite, sqlite_pages
from nnctl.reading.typed.sqlite_pages import Pages

TYPES = ("", "INTEGER", "REAL", "NUMERIC", "DOUBLE PRECISION", "FLOATING POINT")
EDGES = [
    sign * (2**bits - below)
    for bits in (0, 1, 7, 8, 15, 16, 23, 31, 47, 52)
    for sign, below in ((1, 0), (1, 1), (-1, 0), (-1, -1))
]
TEXTS = [None, "", "a", "01067", "NA", "true", " naïve 🌍", "x\r\ny", "1e3", 7, 2.5, "z" * 57]
KINDS = ("small", "edges", "reals", "gaps", "bytes", "texts")
ROWS = 300


def cells_of(kind: str, draw: random.Random) -> list[object]:
    """The cells of a column."""
    made = {
        "small": lambda: draw.randrange(-3, 4),
        "edges": lambda: draw.choice(EDGES),
        "reals": lambda: draw.gauss(0, 1),
        "gaps": lambda: draw.choice([None, 0, 1, -0.0, 2.5, 3.0, 1e300]),
        "texts": lambda: draw.choice(TEXTS),
        "bytes": lambda: draw.randrange(-128, 128),
    }[kind]
    return [made() for _ in range(ROWS)]


def written(path, columns, *statements, page=4096, encoding="UTF-8"):
    """A database with a table of columns, each a declared type and its cells."""
    names = [f"c{k}" for k in range(len(columns))]
    declared = ", ".join(f"{name} {kind}" for name, (kind, _) in zip(names, columns, strict=True))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={page}")
        connection.execute(f"PRAGMA encoding='{encoding}'")
        connection.execute(f"CREATE TABLE t ({declared})")
        marks = ", ".join("?" * len(columns))
        rows = zip(*(cells for _, cells in columns), strict=True)
        connection.executemany(f"INSERT INTO t VALUES ({marks})", rows)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def read(path, chosen=None, text=()):
    """All that a table gives: numbers, lines, labels, text, and cells as they are written."""
    with open_source(DataFile(path)) as reader:
        names = list(chosen or reader.names)
        kept = [names[0], names[-1]]
        kinds = {"labels": names[:1], "text": text, "numbers": set(names[1:]) - set(text)}
        tables = list(reader.tables(names, kept, **kinds))
    whole = joined_tables(tables, names)
    label = whole.labels[names[0]]
    written = [cell for name in kept for table in tables for cell in table.verbatim[name]]
    rows = np.asarray(whole.lines).tolist()
    coded = [(own.labels, own.codes.tolist()) for own in (label, *whole.text.values())]
    return whole.numbers.tobytes(), rows, coded, written


def asked(path, chosen=None, text=()):
    """The same from SQLite alone."""
    with patch.object(sqlite.SqliteTable, "_pages", lambda *_: None):
        return read(path, chosen, text)


@pytest.fixture
def ends(monkeypatch):
    """Of each table whether its rows all came from pages."""
    found, rows = [], Pages.rows

    def told(pages):
        yield from rows(pages)
        found.append(pages.is_over)

    monkeypatch.setattr(Pages, "rows", told)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_pages_give_what_sqlite_gives(seed, tmp_path, ends, monkeypatch):
    monkeypatch.setattr(sqlite_pages, "PAGES_AT_ONCE", 1 << 14)
    draw = random.Random(seed)
    width = (1, 2, 9, 130)[seed % 4]  # of the widest, rows are longer than pages
    kinds = [draw.choice(KINDS) for _ in range(width)]
    columns = [(draw.choice(TYPES), cells_of(kind, draw)) for kind in ["small", *kinds]]
    changes = [
        "DELETE FROM t WHERE rowid % 3 = 1",
        "UPDATE t SET rowid = -rowid * 5000000000 WHERE rowid % 2 = 0",
    ]
    page = (512, 1024, 4096, 65536)[draw.randrange(4)]
    path = written(tmp_path / "t.db", columns, *changes[: seed % 3], page=page)
    assert read(path, ["c0"]) == asked(path, ["c0"])
    text = [f"c{k}" for k, kind in enumerate(kinds, start=1) if kind == "texts"]
    assert read(path, None, text) == asked(path, None, text) and ends == [True, True]


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE t SET c1 = '{'x' * 58}' WHERE rowid = 290",
        "UPDATE t SET c1 = 9007199254740993 WHERE rowid = 290",
        "ALTER TABLE t ADD COLUMN c2 DEFAULT 7",
        "ALTER TABLE t ADD COLUMN c2 AS (c1 * 2)",
    ],
)
def test_what_is_no_plain_number_is_left_to_sqlite_from_there_on(statement, tmp_path, ends):
    draw = random.Random(1)
    columns = [("", cells_of("small", draw)), ("", cells_of("reals", draw))]
    path = written(tmp_path / "t.db", columns, statement, page=512)
    with (
        patch.object(sqlite_pages, "PAGES_AT_ONCE", 512),
        open_source(DataFile(path)) as reader,
    ):
        tables = list(reader.tables([], list(reader.names)))
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()
    names = [*tables[0].verbatim]
    found = [row for table in tables for row in zip(*table.verbatim.values(), strict=True)]
    assert found == [tuple(map(str, row)) for row in rows] and len(names) == len(rows[0])
    assert [line for table in tables for line in table.lines] == list(range(1, ROWS + 1))
    assert ends in ([], [False])


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
def test_text_is_told_from_numbers_in_any_encoding(encoding, tmp_path, ends):
    columns = [("", [k * 1.5 for k in range(ROWS)]), ("", ["a", "12", "b"] * (ROWS // 3))]
    path = written(tmp_path / "t.db", columns, encoding=encoding)
    with open_source(DataFile(path)) as reader:
        whole = joined_tables(reader.tables(["c0", "c1"]), ["c0", "c1"])
    assert whole.numbers[:, 0].tolist() == columns[0][1] and ends == [encoding == "UTF-8"]
    assert [whole.text["c1"].labels[code] for code in whole.text["c1"].codes] == columns[1][1]


def test_bytes_are_left_to_sqlite(tmp_path, ends):
    path = written(tmp_path / "t.db", [("", [1] * ROWS), ("", [1] * (ROWS - 1) + [b"a"])])
    with pytest.raises(NnctlError) as caught:
        read(path)
    assert "a BLOB" in caught.value.problems[0].message and ends == [False]


def test_what_is_no_text_is_told_by_sqlite(tmp_path, ends):
    damage = "UPDATE t SET c1 = CAST(x'61ff' AS TEXT) WHERE rowid = 290"
    path = written(tmp_path / "t.db", [("", [1] * ROWS), ("", ["a"] * ROWS)], damage)
    with pytest.raises(NnctlError) as caught:
        read(path, None, ["c1"])
    assert "cannot be read" in caught.value.problems[0].message and ends == [False]


@pytest.mark.parametrize(
    ("declared", "first", "from_pages"),
    [
        ("INTEGER PRIMARY KEY", 5, True),
        ("integer primary key", 2**40, True),
        ("INTEGER PRIMARY KEY", -5, False),
        ("INTEGER PRIMARY KEY", 2**53 - 200, False),
        ("INTEGER PRIMARY KEY DESC", 5, None),
        ("INT PRIMARY KEY", 5, True),
    ],
)
def test_a_key_may_stand_for_the_rows_ids(declared, first, from_pages, tmp_path, ends):
    keys = [first + 3 * k for k in range(ROWS)]
    path = written(tmp_path / "t.db", [(declared, keys), ("", [1] * ROWS)], page=512)
    assert read(path) == asked(path)
    assert ends == ([] if from_pages is None else [from_pages])
    assert read(path, ["c1"]) == asked(path, ["c1"]) and ends[-1]


@pytest.mark.parametrize("seed", range(12))
def test_damage_is_never_read_past(seed, tmp_path):
    draw = random.Random(seed)
    columns = [("", cells_of(kind, draw)) for kind in ("small", "edges", "reals")]
    path = written(tmp_path / "t.db", columns * 9, page=512)
    data = bytearray(path.read_bytes())
    for _ in range(40):
        data[draw.randrange(512, len(data))] = draw.randrange(256)
    path.write_bytes(data)
    with closing(sqlite3.connect(path)) as connection:
        try:
            (root,) = connection.execute("SELECT rootpage FROM sqlite_master").fetchone()
        except sqlite3.Error:
            return
    for found in Pages(str(path), root, 27, list(range(27)), [False] * 27).rows():
        assert found.values.shape == found.kinds.shape == (len(found), 27)
