"""The text of an SQL query, as far as it tells in which order the rows come."""

import re
from collections.abc import Sequence
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|$))
    |(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>[0-9][\w.]*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
SETS = ("UNION", "INTERSECT", "EXCEPT")
DIRECTIONS = ("ASC", "DESC")


class Token(NamedTuple):
    """A piece of a query: its kind, its text, where it begins, and in how many brackets it is."""

    kind: str
    text: str
    start: int
    depth: int

    @property
    def word(self) -> str:
        """A word in capitals; nothing for anything else."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Term(NamedTuple):
    """What rows are ordered by: an expression, and the collation that it is given, if any."""

    expression: str
    collation: str = ""


class Query(NamedTuple):
    """A query cut up: its `body` up to ORDER BY, and the terms behind that.

    `place` is where in the body further columns can be put; None where there can be none, as
    in a query of distinct rows, or of several that are put together.
    """

    body: str
    terms: tuple[Term, ...]
    place: int | None


def tokens_of(sql: str) -> list[Token]:
    """The pieces of a query, without blanks and comments."""
    found, depth = [], 0
    for match in TOKEN.finditer(sql):
        kind, text = str(match.lastgroup), match[0]
        if kind == "blank":
            continue
        if text == ")" and kind == "sign":
            depth -= 1
        found.append(Token(kind, text, match.start(), depth))
        if text == "(" and kind == "sign":
            depth += 1
    return found


def query_of(sql: str) -> Query:
    """A query cut up; without an ORDER BY of its own it has no terms."""
    tokens = tokens_of(sql)
    outer = [place for place, token in enumerate(tokens) if token.depth == 0]
    words = [(place, tokens[place].word) for place in outer]
    order = [
        place
        for place, word in words
        if word == "ORDER" and place + 1 < len(tokens) and tokens[place + 1].word == "BY"
    ]
    if not order:
        return Query(sql, (), None)
    begin = order[-1] + 2
    end = next((k for k, word in words if k >= begin and word in ("LIMIT", "OFFSET")), len(tokens))
    while end > begin and tokens[end - 1].text == ";":
        end -= 1
    body = sql[: tokens[order[-1]].start]
    terms = tuple(term_of(sql, each) for each in _parted(tokens[begin:end]))
    return Query(body, terms, _room(tokens[: order[-1]]))


def _parted(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens between the commas that stand in no brackets."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == "," and token.depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def term_of(sql: str, tokens: list[Token]) -> Term:
    """A term of an ORDER BY without its direction."""
    collation = ""
    if len(tokens) > 2 and tokens[-2].word == "NULLS":
        tokens = tokens[:-2]
    if len(tokens) > 1 and tokens[-1].word in DIRECTIONS:
        tokens = tokens[:-1]
    if len(tokens) > 2 and tokens[-2].word == "COLLATE":
        collation, tokens = tokens[-1].text, tokens[:-2]
    return Term(sql[tokens[0].start : tokens[-1].end], collation)


def _room(tokens: Sequence[Token]) -> int | None:
    """Where the columns of a simple query end."""
    outer = [(k, token) for k, token in enumerate(tokens) if token.depth == 0]
    if any(token.word in SETS for _, token in outer):
        return None
    select = next((k for k, token in outer if token.word == "SELECT"), None)
    if select is None or any(each.word == "DISTINCT" for each in tokens[select + 1 : select + 2]):
        return None
    for k, token in outer:
        if k > select and token.word == "FROM" and tokens[k - 1].word != "DISTINCT":
            return token.start
    return None


def name_of(expression: str) -> str | None:
    """The name that an expression is, without quotes; None for one that is more than a name."""
    (token, *others) = tokens_of(expression)
    if others or token.kind not in ("word", "quoted") or token.text.startswith("'"):
        return None
    if token.kind == "word":
        return token.text
    closing = token.text[-1]
    return token.text[1:-1].replace(closing * 2, closing)


def column_of(term: Term, names: Sequence[str]) -> int | None:
    """Which column of a query's result, from 0, a term names or counts; None for none of them."""
    if term.expression.isdigit():
        place = int(term.expression) - 1
        return place if 0 <= place < len(names) else None
    name = name_of(term.expression)
    folded = [each.lower() for each in names]
    return folded.index(name.lower()) if name is not None and name.lower() in folded else None


def quoted(name: str) -> str:
    """A name as SQL has it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def ties_query(query: Query, names: Sequence[str]) -> str | None:
    """A query for rows that a query's order leaves tied: how many, and what they are ordered by.

    It gives a row where there are some, and else none. None where a term is no column of the
    result, and cannot be made one.
    """
    body, columns, keys = query.body, [f"c{k}" for k in range(len(names))], []
    added: list[str] = []
    for term in query.terms:
        place = column_of(term, names)
        if place is None:
            if query.place is None:
                return None
            added.append(f", ({term.expression}) ")
            place = len(names) + len(added) - 1
            columns.append(f"c{place}")
        keys.append(f"c{place}" + (f" COLLATE {term.collation}" if term.collation else ""))
    if query.place is not None:
        body = body[: query.place] + "".join(added) + body[query.place :]
    shown = ", ".join(key.split(" ")[0] for key in keys)
    return (
        f"WITH nnctl_rows({', '.join(columns)}) AS (\n{body}\n) "
        f"SELECT count(*), {shown} FROM nnctl_rows GROUP BY {', '.join(keys)} "
        "HAVING count(*) > 1 LIMIT 1"
    )
