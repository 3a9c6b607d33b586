"""YAML text to plain values, with the line of every path.

Works on PyYAML's events, not on its constructors: so the scalars are those of YAML 1.2, a
duplicate key is seen, and depth and aliases stay bounded whatever the text holds.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from nnctl.config.scalars import Scalar, TooLong, core_value
from nnctl.errors import NnctlError, Problem

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Bytes of a file's name that are no text, as `dump_yaml` writes them; PyYAML's parser takes them.
BYTES = re.compile(r"\\u[Dd][Cc][89A-Fa-f][0-9A-Fa-f]")
DEEPEST = 50
COLUMNS = "data.columns"  # whose keys are names of columns
MOST_REPEATED = 10_000

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ESCAPES = "put text with \\ in single quotes, or write / for it in the names of files"

# What YAML's own complaint (either parser's words) usually comes from.
QUOTED_START = "put text that starts with %, @, `, *, &, ], }, a comma or a tab in quotes"
SYNTAX_FIXES = (
    ("mapping values are not allowed", "indent sibling keys alike; quote text that contains ': '"),
    ("could not find expected ':'", "write KEY: VALUE, with a space after the colon"),
    ("expected ',' or ']'", "close the list with ], and put commas between its items"),
    ("expected ',' or '}'", "close the braces with }, and put commas between their keys"),
    ("expected <block end>", "indent keys that belong together alike"),
    ("expected block end", "indent keys that belong together alike"),
    ("block mapping", "indent keys that belong together alike"),
    ("block collection", "indent keys that belong together alike"),
    ("escape character", ESCAPES),
    ("hexdecimal number", ESCAPES),
    ("quoted scalar", "close the quotation mark"),
    ("cannot start any token", QUOTED_START),
    ("expected node content", QUOTED_START),
    ("scanning an alias", QUOTED_START),
    ("scanning an anchor", QUOTED_START),
    ("scanning a directive", QUOTED_START),
)


class Node(NamedTuple):
    """A scalar, a list of nodes, or a mapping of keys, as text, to (line of the key, node)."""

    line: int
    content: Any


class Composed(NamedTuple):
    """Plain values, the line (from 1) of each dotted path, and what was wrong on the way."""

    values: Any
    lines: dict[str, int]
    problems: list[Problem]


def compose(text: str) -> Composed:
    """The one document in `text`.

    Duplicate keys, tags and the like are left in `problems`, without a file. What makes the rest
    unreadable (a syntax error, bottomless nesting, too many aliases) raises `NnctlError`.
    """
    found = UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise NnctlError(
            Problem(
                f"a character that YAML does not allow: {found.group()!a}",
                "remove it, or write it as an escape between double quotes",
                line=line,
            )
        )
    composer = _Composer(text)
    try:
        return composer.composed()
    except yaml.MarkedYAMLError as error:
        raise NnctlError([*composer.problems, _syntax_problem(error, text)]) from None


def _too_deep(line: int) -> Problem:
    message = f"more than {DEEPEST} levels of nesting"
    return Problem(message, "nest less deeply", line=line)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    """Where the text stops being YAML, and the usual cause."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    words = " ".join(part for part in (error.context, error.problem) if part)
    if "nesting depth" in words:  # the parser's own limit, far beyond this one
        return _too_deep(line)
    if line <= len(lines) and "\t" in lines[line - 1][: -len(lines[line - 1].lstrip()) or None]:
        return Problem(f"this is not YAML: {words}", "indent with spaces, not tabs", line=line)
    fixes = (fix for cause, fix in SYNTAX_FIXES if cause in words)
    fix = next(fixes, "mend this line or the one above")
    return Problem(f"this is not YAML: {words}", fix, line=line)


def path_below(path: str, key: object) -> str:
    """The dotted path of `key` below `path`; a column's name that holds dots stands in quotes."""
    if path == COLUMNS and "." in str(key):
        return f'{path}."{key}"'
    return f"{path}.{key}" if path else str(key)


class _Composer:
    """Builds the nodes of one document from events, then unfolds them into plain values."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Event] = yaml.parse(
            text, Loader=yaml.SafeLoader if BYTES.search(text) else LOADER
        )
        self.anchors: dict[str, Node | None] = {}  # None while the node is being composed
        self.problems: list[Problem] = []
        self.lines: dict[str, int] = {}
        self.repeated = 0

    def composed(self) -> Composed:
        next(self.events)  # the start of the stream
        start = next(self.events)
        if not isinstance(start, DocumentStartEvent):
            return Composed(None, {}, [])
        node = self.node(next(self.events), "", 0)
        while not isinstance(next(self.events), DocumentEndEvent):
            pass
        following = next(self.events)
        if isinstance(following, DocumentStartEvent):
            self.wrong(following, "", "a second document starts here", "keep one document a file")
        return Composed(self.unfolded(node, "", repeated=False), self.lines, self.problems)

    def wrong(self, event: Event, path: str, message: str, fix: str) -> None:
        self.problems.append(Problem(message, fix, line=_line(event), path=path))

    def node(self, event: Event, path: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise NnctlError([*self.problems, _too_deep(_line(event))])
        if isinstance(event, AliasEvent):
            return self.alias(event, path)
        anchor: str | None = event.anchor  # type: ignore[attr-defined]
        if anchor is not None:
            self.anchors[anchor] = None
        if event.tag is not None:  # type: ignore[attr-defined]
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")  # type: ignore[attr-defined]
            self.wrong(event, path, f"a tag, {tag}; a config has none", "remove the tag")
        if isinstance(event, MappingStartEvent):
            node = Node(_line(event), self.mapping(path, depth))
        elif isinstance(event, SequenceStartEvent):
            node = Node(_line(event), self.sequence(path, depth))
        else:
            node = Node(_line(event), self.scalar(event, path))
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def alias(self, event: AliasEvent, path: str) -> Node:
        node = self.anchors.get(str(event.anchor))
        if node is not None:
            return Node(_line(event), node)
        within = event.anchor in self.anchors
        message = f"*{event.anchor} stands for " + ("a part of itself" if within else "nothing")
        self.wrong(event, path, message, f"define &{event.anchor} above this line")
        return Node(_line(event), None)

    def scalar(self, event: Event, path: str) -> Scalar:
        assert isinstance(event, ScalarEvent)
        plain = event.implicit[0]
        try:
            return core_value(event.value) if plain else event.value
        except TooLong as error:
            self.wrong(event, path, str(error), "write a shorter number")
            return None

    def sequence(self, path: str, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self.node(event, path_below(path, len(items)), depth + 1))
        return items

    def mapping(self, path: str, depth: int) -> dict[str, tuple[int, Node]]:
        entries: dict[str, tuple[int, Node]] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.node(event, path, depth + 1)
            if isinstance(key.content, Node):
                key = key.content
            no_text = key.content is None or isinstance(key.content, list | dict)
            # A key is text as it stands there: True, 012 and 1.50 may be labels.
            name = event.value if isinstance(event, ScalarEvent) else str(key.content)
            below = path_below(path, "?" if isinstance(key.content, list | dict) else name)
            value = self.node(next(self.events), below, depth + 1)
            if no_text:
                self.wrong(event, path, "a key that is not text", "write KEY: VALUE")
            elif name in entries:
                message = f'the key "{name}" is given twice, first on line {entries[name][0]}'
                self.wrong(event, below, message, "keep one of the two")
            else:
                entries[name] = (_line(event), value)
        return entries

    def unfolded(self, node: Node, path: str, repeated: bool) -> Any:
        """The plain value of `node`; what an alias stands for is built anew at each place."""
        self.lines.setdefault(path, node.line)
        if isinstance(node.content, Node):
            return self.unfolded(node.content, path, repeated=True)
        self.repeated += repeated
        if self.repeated > MOST_REPEATED:
            self.problems.append(
                Problem(
                    f"its aliases stand for more than {MOST_REPEATED} values",
                    "write the values out, or repeat fewer of them",
                    line=node.line,
                )
            )
            raise NnctlError(self.problems)
        if isinstance(node.content, list):
            return [
                self.unfolded(item, path_below(path, index), repeated)
                for index, item in enumerate(node.content)
            ]
        if isinstance(node.content, dict):
            values = {}
            for key, (line, value) in node.content.items():
                below = path_below(path, key)
                self.lines.setdefault(below, line)
                values[key] = self.unfolded(value, below, repeated)
            return values
        return node.content


def _line(event: Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 1
