"""What commands print: problems, results, tables, JSON."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from nnctl.cli.colour import paint, paint_message
from nnctl.errors import ExitStatus, Problem
from nnctl.errors.figures import figure_text
from nnctl.errors.visible import shell_word, visible

if TYPE_CHECKING:
    from nnctl.data.overview import ColumnFacts
    from nnctl.jobs.smoke import SmokeResult
    from nnctl.jobs.validate import ValidateResult

LABEL_COLUMNS = 9  # of the words that stand before what a command tells of a run
MOST_COLUMNS = 40  # of a table that are listed


def print_problems(problems: Sequence[Problem], stream: TextIO) -> None:
    """Each problem with its place, what was found and what to do."""
    if len(problems) > 1:
        print_message(f"error: {len(problems)} problems", stream)
    for problem in problems:
        text = str(problem) if len(problems) > 1 else f"error: {problem}"
        print_message(text, stream, places_of(problem))


def print_warning(problem: Problem) -> None:
    """What a user should know although the command goes on, on stderr."""
    print_message(f"warning: {problem}", sys.stderr, places_of(problem))


def places_of(problem: Problem) -> tuple[str, str]:
    """The places of a problem as it tells them."""
    return visible(problem.place), visible(problem.path)


def print_message(text: str, stream: TextIO, places: Sequence[str] = ()) -> None:
    """What is said to the user, broken and painted for a terminal; elsewhere as it is."""
    print(paint_message(wrap(text, stream), stream, places), file=stream)


def wrap(text: str, stream: TextIO) -> str:
    """The text, broken at words for a terminal, with its indents; elsewhere as it is.

    Lines indented by four or more are YAML to be copied, and stay whole.
    """
    if not stream.isatty():
        return text
    columns = columns_of(stream)
    return "\n".join(break_line(line, columns or len(line)) for line in text.split("\n"))


def columns_of(terminal: TextIO) -> int:
    """How wide a terminal is, or is said to be; 0 where nothing tells."""
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() else os.get_terminal_size(terminal.fileno()).columns


def break_line(line: str, columns: int) -> str:
    """One line in lines of so many columns, all but the first indented like it, or by two."""
    indent = len(line) - len(line.lstrip())
    if len(line) <= columns or indent >= 4:
        return line
    import textwrap  # rarely needed

    return textwrap.fill(
        line,
        columns,
        subsequent_indent=" " * max(2, indent),
        break_long_words=False,
        break_on_hyphens=False,
    )


def print_told(label: str, text: str, place: str = "", indent: int = LABEL_COLUMNS) -> None:
    """What is told behind a label, broken at words for a terminal; a place in it is painted."""
    columns = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    line = " " * indent + text
    if 0 < columns < len(line):
        import textwrap  # rarely needed

        line = textwrap.fill(
            text,
            columns,
            initial_indent=" " * indent,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    print(label_text(label, indent) + paint_message(line[indent:], sys.stdout, [place]))


def label_text(label: str, columns: int = LABEL_COLUMNS) -> str:
    """A label in its columns, painted for a terminal."""
    return paint(label, "title", sys.stdout) + " " * (columns - len(label))


def print_command(label: str, words: Sequence[str]) -> None:
    """A command to be copied behind a label; broken on a terminal as a shell lets it be broken."""
    columns = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    lines = [shell_word(words[0])]
    for word in map(shell_word, words[1:]):
        if 0 < columns < LABEL_COLUMNS + len(lines[-1]) + 1 + len(word) + len(" \\"):
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    for place, line in enumerate(lines):
        print(f"{label_text('' if place else label)}{line}")


def print_json(values: Mapping[str, Any]) -> None:
    """One JSON object on stdout, with null for numbers that JSON does not have."""
    from nnctl.runs.results import json_text

    print(json_text(values))


def print_smoke(result: "SmokeResult") -> None:
    """How the loss of one batch fell."""
    verdict = "fell" if result.status is ExitStatus.DONE else "did not fall"
    print(
        f"smoke test: every step ran; on one batch the loss {verdict} "
        f"from {number(result.before)} to {number(result.after)} in {result.steps} steps"
    )


def number(value: float | None) -> str:
    return "" if value is None else figure_text(value)


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """Aligned columns: the first few to the left, the others to the right.

    On a terminal that is too narrow for all they follow one below the other, in blocks that each
    begin with the first column. Cells are cut in the middle where two columns do not fit.
    """
    table = [[visible(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[k]) for row in table) for k in range(len(head))]
    room = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    if room:
        widths[0] = min(widths[0], max(room // 2, room - 2 - max(widths[1:], default=0)))
        widths[1:] = [min(width, room - 2 - widths[0]) for width in widths[1:]]
        table = [list(map(shorten, row, widths)) for row in table]
    for number_of_block, block in enumerate(blocks_of(widths, room)):
        if number_of_block:
            print()
        for row in table:
            cells = [
                row[place].ljust(widths[place]) if place < left else row[place].rjust(widths[place])
                for place in block
            ]
            print("  ".join(cells).rstrip())


def can_show(text: str) -> bool:
    """Whether stdout's encoding has all of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def shorten(text: str, width: int) -> str:
    """A text in so many columns, cut in the middle where it is longer."""
    if len(text) <= width:
        return text
    if width < 3:
        return text[:width]
    mark = "…" if can_show("…") else "~"
    ahead = (width - 1) // 2
    return text[: width - 1 - ahead] + mark + text[len(text) - ahead :]


def fold_name(name: str, width: int) -> str:
    """The name in lines of so many columns, broken behind its underscores, slashes and spaces."""
    import re  # rarely needed

    lines = [""]
    for piece in re.findall(r"[^_/ ]+[_/ ]*|[_/ ]+", name):
        if lines[-1] and len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip(" ") for line in lines)


def blocks_of(widths: Sequence[int], room: int) -> list[list[int]]:
    """Columns of such widths, in as few blocks as fit into so much room: all in one where it is 0.

    Each has the first column, and at least one more where there are several.
    """
    blocks, taken = [[0]], widths[0]
    for place, width in enumerate(widths[1:], start=1):
        if 0 < room < taken + 2 + width and len(blocks[-1]) > 1:
            blocks.append([0])
            taken = widths[0]
        blocks[-1].append(place)
        taken += 2 + width
    return blocks


def print_validation(result: "ValidateResult") -> None:
    """What columns hold, then the problems of all files, or that there are none."""
    print_facts(result.columns)
    if result.sheets is not None:
        from nnctl.cli.image_sheets import print_sheets  # few data are images

        print_sheets(result.sheets)
    print_problems(result.errors, sys.stdout)
    if not result.errors:
        for file in result.files:
            print_message(f"{visible(file)}: no problems", sys.stdout)


def print_facts(columns: Sequence["ColumnFacts"]) -> None:
    """A row a column of a table: what the rows that train hold in it, and its inputs."""
    if not columns:
        return
    rows = [
        [fact.column.name, fact.column.kind, fact.values, f"{fact.missing:,}", fact.column.told]
        for fact in columns[:MOST_COLUMNS]
    ]
    for row, fact in zip(rows, columns, strict=False):
        row[-1] = f"{fact.column.width:,}: {row[-1]}"
    print_columns(["column", "kind", "values", "missing", "inputs"], rows, left=5)
    if len(columns) > MOST_COLUMNS:
        print(f"and {len(columns) - MOST_COLUMNS:,} more columns")
    print()
