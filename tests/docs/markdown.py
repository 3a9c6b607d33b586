"""Small pieces of Markdown."""

from collections.abc import Iterable, Sequence

GENERATED = (
    "<!-- Written by `python -m tests.docs`; change the code that it describes instead. -->\n"
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar within a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(bar_escaped(cell) for cell in row) + " |\n" for row in lines)


def bar_escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def code(text: object) -> str:
    return f"`{text}`"


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"
