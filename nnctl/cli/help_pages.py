"""What `nnctl help` and `--help` print: plain lines, of the parts that the pages of docs have."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from nnctl.cli.advising import fill, width
from nnctl.cli.colour import paint
from nnctl.cli.registry import GROUPS
from nnctl.cli.signature import Parameter, paragraphs_of, parameters, usage_of

ABOUT = "Train neural networks from a YAML file, on pure NumPy."
USAGE = "nnctl [OPTIONS] COMMAND [ARGS]..."
HELP_OPTION = ("-h, --help", "Show the help and exit.")
LONGEST_NAME = 28  # columns, of what stands beside its explanation
LEAST_BESIDE = 30  # columns of an explanation; where there are fewer, it stands below

Row = tuple[str, str]  # a name, and what it is


def page_of_program(options: Sequence[Any]) -> str:
    """The help of the program: its commands by groups, and its options, as Typer knows them."""
    rows = [(names_text(each.opts), each.help) for each in options if "--help" not in each.opts]
    listed = {
        heading: [(name, paragraphs_of(name)[0]) for name in names]
        for heading, names in GROUPS.items()
    }
    parts = [*sections_text(listed), *sections_text({"Options": [*rows, HELP_OPTION]})]
    more = "nnctl help COMMAND tells of a command's options, with an example."
    return "\n\n".join([*head_of(USAGE, [ABOUT]), *parts, fill(more, width())])


def page_of_command(name: str) -> str:
    """The help of a command: its usage, what it does, its example, its arguments and options."""
    every = parameters(name)
    arguments = [(each.placed, explanation_of(each)) for each in every if not each.is_option]
    options = [(spelled(each), explanation_of(each)) for each in every if each.is_option]
    sections = {"Arguments": arguments, "Options": [*options, HELP_OPTION]}
    return "\n\n".join([*head_of(usage_of(name), paragraphs_of(name)), *sections_text(sections)])


def head_of(usage: str, paragraphs: Sequence[str]) -> Iterator[str]:
    """The usage line and the paragraphs, each in lines of the room that there is."""
    first, rest = fill(f"Usage: {usage}", width(), later="  ").split(":", 1)
    yield f"{title(first)}{rest}"
    for paragraph in paragraphs:
        if paragraph.startswith("Example: ") and len(paragraph) > width():
            lines = fill(paragraph, width() - len(" \\"), later="  ")
            yield lines.replace("\n", " \\\n")  # as a shell lets it be broken
        else:
            yield fill(paragraph, width())


def sections_text(sections: dict[str, list[Row]]) -> Iterator[str]:
    """Each section that has rows under its title, all explanations beginning in one column."""
    names = [name for rows in sections.values() for name, _ in rows]
    widest = max(len(name) for name in names if len(name) <= LONGEST_NAME)
    beside = width() - widest - 4 >= LEAST_BESIDE
    for heading, rows in sections.items():
        if rows:
            lines = [row_text(row, widest, beside) for row in rows]
            yield "\n".join([title(heading), *lines])


def row_text(row: Row, widest: int, beside: bool) -> str:
    """A name, and its explanation beside it; below it where the one or the room is too long."""
    name, explanation = row
    indent = " " * (widest + 4 if beside else 6)
    text = fill(explanation, width(), indent)
    label = paint(name, "place", sys.stdout)
    if not beside or len(name) > widest:
        return f"  {label}\n{text}"
    return f"  {label}{text[len(name) + 2 :]}"


def title(text: str) -> str:
    return f"{paint(text, 'title', sys.stdout)}:"


def spelled(option: Parameter) -> str:
    """The names of an option with what it takes: `-o, --output DIR`."""
    return f"{names_text(option.spellings)} {option.takes}".rstrip()


def names_text(names: Sequence[str]) -> str:
    """The names of an option, the short one first; where there is none, its place is free."""
    short, *_ = ordered = sorted(names, key=len)
    return f"{'    ' if short.startswith('--') else ''}{', '.join(ordered)}"


def explanation_of(parameter: Parameter) -> str:
    """What a parameter is, and its default."""
    default = ", ".join(parameter.defaults)
    return f"{parameter.info.help} [default: {default}]" if default else str(parameter.info.help)
