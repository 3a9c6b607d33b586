"""Tables of SQLite databases: in one order, read and never written."""

import sqlite3

import pytest

from nnctl.errors import NnctlError, Problem
from nnctl.reading.digests import digest_of
from nnctl.reading.files import DataFile
from nnctl.reading.source import open_source

HOUSES = "CREATE TABLE houses (id INTEGER PRIMARY KEY, price, town)"
ROWS = "INSERT INTO houses VALUES (2, 5.5, 'B'), (1, 7, 'A, b'), (3, NULL, NULL)"


def database(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def houses(tmp_path):
    return database(tmp_path / "houses.db", HOUSES, ROWS)


def cells(file: DataFile) -> list[list[str]]:
    """All cells as text, row after row."""
    with open_source(file) as reader:
        names = list(reader.names)
        kept = [table.verbatim for table in reader.tables([], names)]
    return [list(row) for own in kept for row in zip(*(own[name] for name in names), strict=True)]


def problems(file: DataFile) -> tuple[Problem, ...]:
    with pytest.raises(NnctlError) as caught:
        cells(file)
    return caught.value.problems


def test_a_table_comes_in_the_order_of_its_rows_numbers(houses):
    assert cells(DataFile(houses, table="houses")) == [
        ["1", "7", "A, b"],
        ["2", "5.5", "B"],
        ["3", "", ""],
    ]
    assert cells(DataFile(houses)) == cells(DataFile(houses, table="HOUSES"))


def test_an_index_does_not_decide_the_order(tmp_path):
    path = database(tmp_path / "t.db", "CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a)")
    database(path, "INSERT INTO t VALUES (3, 1), (1, 2), (2, 3)")
    with open_source(DataFile(path)) as reader:
        values = [value for table in reader.tables(["a"]) for value in table.numbers[:, 0]]
    assert values == [3, 1, 2]


def test_a_table_without_numbers_comes_in_the_order_of_its_key(tmp_path):
    made = "CREATE TABLE t (k TEXT PRIMARY KEY, v) WITHOUT ROWID"
    path = database(tmp_path / "t.db", made, "INSERT INTO t VALUES ('b', 1), ('a', 2)")
    assert cells(DataFile(path)) == [["a", "2"], ["b", "1"]]


def test_columns_may_be_called_as_rows_are_numbered(tmp_path):
    path = database(tmp_path / "t.db", 'CREATE TABLE "a ""t" (rowid, "select")')
    database(path, 'INSERT INTO "a ""t" VALUES (2, 1), (1, 2)')
    assert cells(DataFile(path)) == [["2", "1"], ["1", "2"]]


def test_a_query_comes_in_its_own_order(houses):
    query = "SELECT town, price FROM houses WHERE price > 1 ORDER BY price DESC"
    assert cells(DataFile(houses, query=query)) == [["A, b", "7"], ["B", "5.5"]]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM houses", "no ORDER BY"),
        ("SELECT * FROM houses ORDER BY price > 0", "leaves 2 rows tied: price > 0 = 1"),
        ("SELECT DISTINCT town FROM houses ORDER BY price", "none of its columns"),
        ("SELECT price * 2 AS p FROM houses ORDER BY p + 1", "none of its columns"),
        ("SELECT * FROM houses ORDER BY id; DROP TABLE houses", "one statement"),
        ("DELETE FROM houses", "one SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM houses RETURNING id ORDER BY id", "not allowed"),
        ("ATTACH 'other.db' AS other", "one SELECT"),
        ("PRAGMA user_version = 3", "one SELECT"),
        ("SELECT name FROM pragma_table_info('houses') ORDER BY 1", "not allowed"),
        ("SELECT id FROM houses ORDER BY random()", "the function random is not allowed"),
        ("SELECT load_extension('x') FROM houses ORDER BY id", "load_extension is not allowed"),
        ("SELECT zeroblob(1000000000) FROM houses ORDER BY id", "too big"),
        ("SELECT ? FROM houses ORDER BY id", "binding"),
        ("SELECT * FROM flats ORDER BY 1", "no such table: flats"),
    ],
)
def test_a_query_that_does_more_or_is_in_no_order_is_refused(houses, query, told):
    before = digest_of(houses)
    (problem,) = problems(DataFile(houses, query=query))
    assert told in problem.message and problem.file == str(houses) and problem.path == "query"
    assert digest_of(houses) == before and [*houses.parent.iterdir()] == [houses]


def test_a_cell_is_placed_in_its_table(houses):
    database(houses, "UPDATE houses SET price = x'00ff' WHERE id = 2")
    (problem,) = problems(DataFile(houses))
    assert (problem.path, problem.line) == ("table houses, row 2, column price", None)
    assert "2 bytes (a BLOB)" in problem.message


@pytest.mark.parametrize(
    ("made", "table", "told"),
    [
        ("CREATE TABLE flats (a)", None, "it has 2 tables: houses, flats"),
        ("CREATE VIEW v AS SELECT * FROM houses", "v", "is a view"),
        ("CREATE TABLE flats (a)", "flat", 'no table "flat"'),
    ],
)
def test_a_table_is_one_of_those_that_there_are(houses, made, table, told):
    database(houses, made)
    (problem,) = problems(DataFile(houses, table=table))
    assert told in problem.message and problem.fix is not None


def test_changes_beside_the_database_are_not_overlooked(houses):
    connection = sqlite3.connect(houses)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("DELETE FROM houses")
    connection.commit()
    try:
        (problem,) = problems(DataFile(houses))
    finally:
        connection.close()
    assert "houses.db-wal holds changes" in problem.message
    assert cells(DataFile(houses)) == []


@pytest.mark.parametrize("kept", [10, 99, 5000])
def test_a_database_that_was_cut_short_is_refused(houses, kept):
    houses.write_bytes(houses.read_bytes()[:kept])
    (problem,) = problems(DataFile(houses))
    assert "SQLite database" in problem.message or "cut short" in problem.message


def test_a_log_that_is_done_with_says_nothing(houses):
    houses.with_name("houses.db-journal").write_bytes(bytes(512))
    assert len(cells(DataFile(houses))) == 3


def test_numbers_and_text_may_take_turns(tmp_path):
    path = database(tmp_path / "t.db", "CREATE TABLE t (a, b)")
    database(path, *[f"INSERT INTO t VALUES ({k}, {k}.5)" for k in range(40)])
    database(path, "INSERT INTO t VALUES (9223372036854775807, NULL), ('x', 1)")
    assert cells(DataFile(path))[38:] == [
        *[["38", "38.5"], ["39", "39.5"], ["9223372036854775807", ""], ["x", "1"]],
    ]
