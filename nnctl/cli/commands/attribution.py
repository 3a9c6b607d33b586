"""`nnctl attribution`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnctl.jobs.looking.attribution import Attribution, Attributions

MOST_SHOWN = 40  # columns that a terminal has room for


def command(
    run: options.Weights,
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="A data file.", autocompletion=completion.tables),
    ],
    row: Annotated[
        list[int] | None,
        typer.Option(
            "--row",
            metavar="N",
            help="A row, counted from 0; repeatable. By default all, as CSV.",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        str,
        typer.Option(help="Where contributions begin: mean, zeros, or row:K of the file."),
    ] = "mean",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="NAME",
            help="The class or the target to explain.",
            show_default="the predicted class",
        ),
    ] = None,
    features: options.Features = None,
    table: options.Table = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a row.")] = False,
) -> None:
    """Tell why a row has its prediction, column by column.

    By integrated gradients from the mean of the rows that trained: what each column adds or takes
    away sums to prediction minus baseline, which is proved for each row. A prediction is the logit
    of its class, or the target in its own unit. Of images it is parts that add or take away.

    Example: nnctl attribution runs/mnist datasets/mnist-test.csv.gz --row 0 --row 7
    """
    from nnctl.cli.printing import print_warning
    from nnctl.errors import ExitStatus
    from nnctl.jobs.looking.attribution import attribution

    found = attribution(
        run,
        data,
        rows=row or (),
        baseline=baseline,
        output=output,
        features=features or (),
        table=table,
        warn=print_warning,
    )
    if json:
        held = print_objects(found)
    elif row:
        held = print_rows(found)
    else:
        held = print_table(found)
    raise typer.Exit(ExitStatus.DONE if held else ExitStatus.NO)


def told(found: "Attributions") -> "Iterable[Attribution]":
    """The attributions; on stderr, which of them do not hold. Raises `NnctlError` for lost rows."""
    from nnctl.cli.printing import print_warning
    from nnctl.errors import Problem
    from nnctl.jobs.looking.attribution import no_row

    left = set(found.rows or ())
    for each in found:
        left.discard(each.row)
        yield each
        if not each.holds:
            message = f"row {each.row}: the contributions do not sum to prediction minus baseline"
            print_warning(Problem(message))
    if left:
        raise no_row(found.file, min(left))


def print_objects(found: "Attributions") -> bool:
    """A JSON object a row; whether all of them hold."""
    from nnctl.cli.printing import print_json

    held = True
    for each in told(found):
        print_json(each.as_json())
        held &= each.holds
    return held


def print_table(found: "Attributions") -> bool:
    """All rows as CSV, with a column for each of the model's; whether all of them hold."""
    from nnctl.errors.visible import visible, visible_cells
    from nnctl.jobs.predict import csv_text

    head = ["row", "output", "prediction", "baseline", *found.names]
    print(csv_text([visible_cells(head)]), end="")
    held = True
    for each in told(found):
        amounts = (column.amount for column in each.columns)
        row = [each.row, visible(each.output), each.prediction, each.baseline, *amounts]
        print(csv_text([row]), end="")
        held &= each.holds
    return held


def print_rows(found: "Attributions") -> bool:
    """A table a row: its columns with bars, the greatest contribution first."""
    held = True
    for number, each in enumerate(told(found)):
        if number:
            print()
        print_attribution(each, found.is_logit, "part" if found.are_images else "column")
        held &= each.holds
    return held


def print_attribution(found: "Attribution", is_logit: bool, what: str) -> None:
    """Where the prediction comes from, column by column, or part by part of an image."""
    from nnctl.cli.bars import print_lines, signed_bar
    from nnctl.cli.printing import number, wrap
    from nnctl.errors.visible import visible

    columns = sorted(found.columns, key=lambda column: -abs(column.amount))
    shown, rest = columns[:MOST_SHOWN], columns[MOST_SHOWN:]
    most = max((abs(column.amount) for column in shown), default=0.0) or 1.0
    of = f"the logit of {visible(found.output)}" if is_logit else visible(found.output)
    ends = f"{number(found.prediction)}, of the baseline {number(found.baseline)}"
    print(wrap(f"row {found.row}: {of} is {ends}", sys.stdout) + "\n")
    rows = [[c.name, value_text(c.value), signed(c.amount), ""] for c in shown]
    if rest:
        amount = sum(column.amount for column in rest)
        rows.append([f"{len(rest):,} more {what}s", "", signed(amount), ""])
    amounts = [column.amount for column in shown] + [0.0] * bool(rest)
    print_lines(
        [what, "mean" if what == "part" else "value", "adds", ""],
        rows,
        lambda place, width: signed_bar(amounts[place] / most, width),
    )
    total = found.prediction - found.baseline
    sums = f"together {number(total)}, which is prediction minus baseline"
    print("\n" + wrap(sums, sys.stdout))


def signed(amount: float) -> str:
    """What is added, or taken, with its sign."""
    from nnctl.cli.printing import number

    return number(amount) if amount < 0 else f"+{number(abs(amount))}"


def value_text(value: float | str) -> str:
    """A value in few columns."""
    from nnctl.cli.printing import shorten

    return shorten(value, 16) if isinstance(value, str) else f"{value:.6g}"
