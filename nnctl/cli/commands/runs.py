"""`nnctl runs`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from nnctl.jobs.looking.listing import Group, Listing
    from nnctl.runs.listing import Listed

LONGEST_CELL = 24


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="The folder that holds the runs; by default runs.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="METRIC", help="The best first.", show_default="the newest first"
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="Only runs whose config has that value; repeatable.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print a row of CSV a run.")] = False,
    json: options.Json = False,
) -> None:
    """List runs with what came of them, and the keys that differ.

    Of keys and values only those are shown in which configs differ. Runs of different data stand
    apart. Those that have not ended come with the line that goes on with them.

    Example: nnctl runs --sort accuracy
    """
    from nnctl.jobs.looking.listing import list_runs

    listing = list_runs(folder, sort=sort, where=where or ())
    if json:
        from nnctl.runs.results import json_text

        print(json_text(listing.as_json()))
    elif csv:
        print_csv(listing)
    else:
        print_listing(listing)


def print_csv(listing: "Listing") -> None:
    """A row a run, with a column for each figure and each key that differs in any group."""
    from nnctl.errors.visible import visible_cells
    from nnctl.jobs.predict import csv_text
    from nnctl.runs.listing import text_of_value

    runs = [run for group in listing.groups for run in group.runs]
    figures = list(dict.fromkeys(name for run in runs for name in run.figures))
    keys = list(dict.fromkeys(key for group in listing.groups for key in group.keys))
    rows: list[list[object]] = [["run", "status", "epochs", *figures, *keys]]
    for run in runs:
        values = [text_of_value(run.settings.get(key)) for key in keys]
        own = [run.figures.get(name, "") for name in figures]
        epochs = "" if run.epochs is None else run.epochs
        rows.append([str(run.path), run.status, epochs, *own, *values])
    print(csv_text([visible_cells(row) for row in rows]), end="")


def print_listing(listing: "Listing") -> None:
    """A table for each group, then how to go on with what has not ended."""
    from nnctl.cli.printing import print_command

    if not listing.groups:
        print("there are no such runs")
    for number, group in enumerate(listing.groups):
        if number:
            print()
        print_group(group)
    if listing.unfinished:
        print()
    for run in listing.unfinished:
        print_command("go on", ["nnctl", "resume", str(run.path)])


def print_group(group: "Group") -> None:
    """The data, and a line a run, with as many of the keys as there is room for."""
    import sys

    from nnctl.cli.bars import room
    from nnctl.cli.printing import number, print_columns, shorten, wrap
    from nnctl.errors.visible import visible
    from nnctl.runs.listing import text_of_value

    print(wrap(visible(f"data     {', '.join(group.files) or 'unknown'}"), sys.stdout) + "\n")
    head = ["run", "status", "epochs", *main_figures(group.runs)]
    rows = [
        [run.path.name, run.status, "" if run.epochs is None else str(run.epochs)]
        + [number(run.figures.get(name)) for name in head[3:]]
        for run in group.runs
    ]
    left: list[str] = []
    for key in group.keys:
        cells = [key, *(text_of_value(run.settings.get(key)) for run in group.runs)]
        cells = [shorten(visible(cell), LONGEST_CELL) for cell in cells]
        table = [[shorten(visible(cell), LONGEST_CELL) for cell in row] for row in (head, *rows)]
        columns = [*zip(*table, strict=True), cells]
        if sum(max(map(len, column)) + 2 for column in columns) - 2 > room():
            left.append(key)
            continue
        head.append(cells[0])
        rows = [[*row, cell] for row, cell in zip(rows, cells[1:], strict=True)]
    print_columns(head, [[shorten(visible(c), LONGEST_CELL) for c in row] for row in rows], left=2)
    if left:
        print(wrap(visible(f"they differ in {', '.join(left)}, too"), sys.stdout))


def main_figures(runs: "tuple[Listed, ...]") -> list[str]:
    """The loss and the first metric, of the last part of the data that any of the runs has."""
    from nnctl.runs.listing import PARTS

    names = list(dict.fromkeys(name for run in runs for name in run.figures))
    for ahead in reversed(PARTS.values()):
        own = [name for name in names if name.startswith(ahead)]
        if own:
            return own[:2]
    return []
