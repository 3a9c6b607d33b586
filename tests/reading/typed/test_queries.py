"""What the text of a query tells of the order of its rows."""

import sqlite3

import pytest

from nnctl.reading.typed.queries import Term, column_of, name_of, query_of, ties_query, tokens_of

ROWS = [(1, 2, "a"), (3, 4, "A"), (5, 4, "b")]


@pytest.fixture(scope="module")
def connection():
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (a, b, s)")
    made.execute("CREATE TABLE folded (n, s COLLATE NOCASE)")
    made.execute("INSERT INTO folded VALUES (1, 'a'), (2, 'A')")
    made.executemany("INSERT INTO t VALUES (?, ?, ?)", ROWS)
    yield made
    made.close()


def test_tokens_know_their_depth_and_pass_over_comments():
    found = tokens_of("SELECT (a, 'it''s (') -- ORDER BY\n/* ( */ FROM [t x]")
    assert [(token.text, token.depth) for token in found] == [
        *[("SELECT", 0), ("(", 0), ("a", 1), (",", 1), ("'it''s ('", 1), (")", 0)],
        *[("FROM", 0), ("[t x]", 0)],
    ]


@pytest.mark.parametrize(
    ("order", "terms"),
    [
        ("a", [Term("a")]),
        ("a DESC, b + 1 ASC NULLS LAST", [Term("a"), Term("b + 1")]),
        ("s COLLATE NOCASE desc", [Term("s", "NOCASE")]),
        ("max(a, b), 2;", [Term("max(a, b)"), Term("2")]),
        ("a LIMIT 3 OFFSET 1", [Term("a")]),
        ("a -- the end", [Term("a")]),
    ],
)
def test_terms_of_an_order(order, terms):
    assert list(query_of(f"SELECT a FROM t ORDER BY {order}").terms) == terms


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t",
        "SELECT * FROM (SELECT a FROM t ORDER BY a)",
        "SELECT a, row_number() OVER (ORDER BY a) FROM t",
        "SELECT 'ORDER BY a' FROM t -- ORDER BY a",
    ],
)
def test_an_order_of_another_query_is_none(sql):
    assert query_of(sql).terms == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a", "a"),
        ('"a b"', "a b"),
        ('"a""b"', 'a"b'),
        ("[a b]", "a b"),
        ("t.a", None),
        ("'a'", None),
    ],
)
def test_names_are_freed_of_quotes(text, name):
    assert name_of(text) == name


def test_columns_are_named_or_counted():
    names = ["price", "Area"]
    found = [column_of(Term(text), names) for text in ("area", "1", '"price"', "3", "rowid")]
    assert found == [1, 0, 0, None, None]


@pytest.mark.parametrize(
    ("sql", "tied"),
    [
        ("SELECT a FROM t ORDER BY rowid", None),
        ("SELECT a, b FROM t ORDER BY b", (2, 4)),
        ("SELECT a, b FROM t ORDER BY b, a", None),
        ("SELECT a FROM t ORDER BY b", (2, 4)),
        ("SELECT a AS b FROM t ORDER BY b", None),
        ("SELECT a, b AS x FROM t ORDER BY 2 LIMIT 1", (2, 4)),
        ("SELECT a FROM t ORDER BY s", None),
        ("SELECT a FROM t ORDER BY s COLLATE NOCASE", (2, "a")),
        ("SELECT s FROM t ORDER BY s COLLATE NOCASE", (2, "a")),
        ("SELECT s FROM folded ORDER BY s", (2, "a")),
        ("SELECT n FROM (SELECT * FROM folded) ORDER BY s", (2, "a")),
        ("SELECT n FROM folded ORDER BY s COLLATE BINARY", None),
        ("SELECT a FROM t WHERE a IS NOT 3 ORDER BY b -- at last", None),
        ("SELECT b, count(*) FROM t GROUP BY b ORDER BY count(*)", None),
        ("SELECT a IS DISTINCT FROM 1 AS c FROM t ORDER BY c", (2, 1)),
        ("SELECT a FROM t UNION ALL SELECT a FROM t ORDER BY a", (2, 1)),
        ("WITH u AS (SELECT b FROM t ORDER BY a) SELECT b FROM u ORDER BY b", (2, 4)),
    ],
)
def test_ties_are_found(connection, sql, tied):
    names = [name for name, *_ in connection.execute(sql).description]
    asked = ties_query(query_of(sql), names)
    assert asked is not None and connection.execute(asked).fetchone() == tied


def test_a_query_of_distinct_rows_shows_what_it_is_ordered_by():
    assert ties_query(query_of("SELECT DISTINCT b FROM t ORDER BY a"), ["b"]) is None
