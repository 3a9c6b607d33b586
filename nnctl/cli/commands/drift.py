"""`nnctl drift`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from nnctl.jobs.looking.drift import DriftColumn, DriftResult

NEW_SHOWN = 3  # categories


def command(
    run: options.Weights,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A file of new rows.", autocompletion=completion.tables
        ),
    ],
    fail_over: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-over",
            metavar="psi=VALUE",
            help="Exit 1 if the index of a column is above.",
            show_default="psi=0.2",
        ),
    ] = None,
    features: options.Features = None,
    table: options.Table = None,
    target: options.Target = None,
    json: options.Json = False,
) -> None:
    """Tell whether new rows are still like those that trained.

    Each column is told by itself: the population stability index compares the deciles of numbers
    and the commonest categories, less what chance would give. Exit 1 where a column of at least
    100 rows is beyond the bound, and further than chance is likely to move it.

    Example: nnctl drift runs/house-prices-tune datasets/sacramento.csv
    """
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.errors import ExitStatus
    from nnctl.jobs.looking.drift import drift

    result = drift(
        run,
        data,
        fail_over=fail_over or (),
        features=features or (),
        table=table,
        target=target or (),
    )
    for problem in result.warnings:
        print_warning(problem)
    if json:
        print_json(result.as_json())
    else:
        print_drift(result)
    raise typer.Exit(ExitStatus.NO if result.drifted else ExitStatus.DONE)


def print_drift(result: "DriftResult") -> None:
    """A line a column, then the metrics, and what it comes to."""
    from nnctl.cli.bars import bar, print_lines
    from nnctl.cli.printing import number, print_columns

    columns = result.columns
    print(f"{result.rows:,} row{'' if result.rows == 1 else 's'}\n")
    print_lines(
        ["column", "psi", "missing", "before", "outside", ""],
        [
            [
                column.name,
                f"{column.psi:.3f}",
                f"{column.missing:.1%}",
                f"{column.missing_before:.1%}",
                "" if column.outside is None else f"{column.outside:.1%}",
                remark(column),
            ]
            for column in columns
        ],
        lambda place, width: bar(columns[place].psi, width),
    )
    if result.figures:
        print()
        print_columns(["on these rows", ""], [[k, number(v)] for k, v in result.figures.items()])
    drifted = sum(column.drifted for column in columns)
    verdict = f"{drifted:,} of {len(columns):,} columns have drifted" if drifted else "no drift"
    print(f"\n{verdict}")


def remark(column: "DriftColumn") -> str:
    """Whether a column has drifted, and which of its categories are new."""
    from nnctl.cli.printing import shorten
    from nnctl.errors.visible import visible

    words = ["DRIFTED"] if column.drifted else []
    if new := column.new_categories:
        shown = [shorten(visible(label), 12) for label in new[:NEW_SHOWN]]
        more = ", …" if len(new) > NEW_SHOWN else ""
        words.append(f"new: {', '.join(shown)}{more}")
    return " ".join(words)
