"""`nnctl importance`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnctl.assembly.importance import Column
    from nnctl.insight.importance import Harm
    from nnctl.jobs.looking.importance import ImportanceResult

MOST_IMPORTANT, MOST_ALIKE = 40, 10  # columns, and pairs of columns, that a terminal has room for
SPREAD_FROM = 50  # columns of a terminal, from which on a mean has its spread
SHORT_CURVE = 12  # columns of a curve, where a terminal has fewer
BOTH_FROM = 90  # columns of a terminal, from which on the loss stands beside the metric


def command(
    run: options.Weights,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="A data file with targets; by default the rows that the run validated on.",
            show_default=False,
            autocompletion=completion.tables,
        ),
    ] = None,
    features: options.Features = None,
    table: options.Table = None,
    target: options.Target = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE.csv", help="Write a row a column.", show_default=False
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Tell which columns a model relies on, shuffling one at a time.

    How much worse the figures become tells how much it relies on the column. The curve shows the
    mean prediction where all rows have the same value of the column, over its quantiles or
    categories. What a model relies on need not cause anything, and columns that tell the same share
    their importance. Of images parts are shuffled, up to eight along a side.

    Example: nnctl importance runs/house-prices-tune datasets/sacramento.csv
    """
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.jobs.looking.importance import importance

    result = importance(
        run, data, features=features or (), target=target or (), table=table, output=output
    )
    for problem in result.warnings:
        print_warning(problem)
    if json:
        print_json(result.as_json())
    else:
        print_importance(result)


def print_importance(result: "ImportanceResult") -> None:
    """A line a column: how much worse the figures become, and the curve of its dependence."""
    from nnctl.cli.bars import bar, print_lines, room
    from nnctl.cli.printing import wrap

    shown = result.columns[:MOST_IMPORTANT]
    harms = [[column.importance, column.loss] for column in shown]
    if result.metric == "loss" or room() < BOTH_FROM:
        harms = [own[:1] for own in harms]
    most = max((column.importance.mean for column in shown), default=0.0)
    what, rows = ("part", "images") if result.are_images else ("column", "rows")
    count = f"1 {rows[:-1]}" if result.rows == 1 else f"{result.rows:,} {rows}"
    print(wrap(f"how much worse where a {what} is shuffled, on {count}", sys.stdout) + "\n")
    print_lines(
        [what, *[name for name, _ in zip((result.metric, "loss"), harms[0], strict=False)], ""],
        [
            [column.name, *map(amount, own), dependence_curve(column)]
            for column, own in zip(shown, harms, strict=True)
        ],
        lambda place, width: bar(shown[place].importance.mean / most if most > 0 else 0.0, width),
    )
    if len(result.columns) > MOST_IMPORTANT:
        print(f"and {len(result.columns) - MOST_IMPORTANT:,} more {what}s")
    if not result.are_images:
        print_notes(result)


def amount(harm: "Harm") -> str:
    """A mean with its spread."""
    from nnctl.cli.bars import room
    from nnctl.cli.printing import can_show, number

    if room() < SPREAD_FROM:
        return number(harm.mean)
    sign = "±" if can_show("±") else "+-"
    return f"{number(harm.mean)} {sign} {number(harm.spread)}"


def dependence_curve(column: "Column") -> str:
    """The column's dependence, of several outputs that of the one that follows it most."""
    from nnctl.cli.bars import room, small_curve
    from nnctl.cli.curve import stretch

    if not column.dependence:
        return ""
    series = list(zip(*(means for _, means in column.dependence), strict=True))
    followed: Sequence[float] = max(series, key=lambda values: max(values) - min(values))
    if room() < SPREAD_FROM and len(followed) > SHORT_CURVE:
        followed = stretch(followed, SHORT_CURVE)
    return small_curve(followed)


def print_notes(result: "ImportanceResult") -> None:
    """What the curves are of, and which columns share their importance."""
    from nnctl.cli.printing import wrap
    from nnctl.errors.visible import visible

    one = len(result.outputs) == 1
    of = f"the mean prediction of {visible(result.outputs[0])}" if one else "the prediction"
    most = "" if one else " that follows the column most"
    text = f"curve: {of}{most}, where all rows have the same value, from the least to the greatest"
    print("\n" + wrap(text, sys.stdout))
    for first, second, r in result.alike[:MOST_ALIKE]:
        pair = f"{visible(first)} and {visible(second)} share their importance (r = {r:.2f})"
        print(wrap(pair, sys.stdout))
    if len(result.alike) > MOST_ALIKE:
        print(f"and {len(result.alike) - MOST_ALIKE:,} more pairs do")
