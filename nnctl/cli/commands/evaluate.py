"""`nnctl evaluate`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options
from nnctl.errors.figures import figure_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnctl.jobs.evaluate import EvaluateResult


def command(
    weights: options.Weights,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A data file with targets.", autocompletion=completion.tables
        ),
    ],
    features: options.Features = None,
    table: options.Table = None,
    target: options.Target = None,
    threshold: options.Threshold = None,
    fail_under: options.FailUnder = None,
    fail_over: options.FailOver = None,
    threads: options.Threads = None,
    intervals: Annotated[
        bool,
        typer.Option(
            "--intervals/--no-intervals",
            help="Tell how far figures may be off by chance, 95 times in 100.",
        ),
    ] = True,
    json: options.Json = False,
) -> None:
    """Evaluate a trained model: loss, metrics, confusion matrix.

    Example: nnctl evaluate runs/mnist datasets/mnist-test.csv.gz --fail-over loss=1
    """
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.cli.threads import allowed_threads
    from nnctl.errors import ExitStatus
    from nnctl.jobs.evaluate import evaluate

    with allowed_threads(threads):
        result = evaluate(
            weights,
            data,
            features=features or (),
            table=table,
            target=target or (),
            fail_under=fail_under or (),
            fail_over=fail_over or (),
            threshold=threshold,
            intervals=intervals,
        )
    for problem in result.warnings:
        print_warning(problem)
    if json:
        print_json(result.as_json())
    else:
        print_evaluation(result)
    raise typer.Exit(ExitStatus.NO if result.missed else ExitStatus.DONE)


def print_evaluation(result: "EvaluateResult") -> None:
    """Each figure with its interval beside its baseline, then the confusions and what is sure."""
    from nnctl.cli.confusions import BY_CLASS, MOST_CLASSES, class_cells, print_confusion
    from nnctl.cli.printing import number, print_columns, wrap

    rows = []
    for name, value in {"loss": result.loss, **result.metrics}.items():
        rows.append([name, number(value), "", number(result.baselines.get(name))])
        if name in result.intervals:
            rows[-1][2] = range_text(result.intervals[name])
    noun = "row" if result.rows == 1 else "rows"
    head = [f"{result.rows:,} {noun}", "", "95% interval", "baseline"]
    shown = [0, 1, 2, 3] if result.intervals else [0, 1, 3]
    print_columns([head[k] for k in shown], [[row[k] for k in shown] for row in rows])
    if result.confusion is not None:
        print_confusion(result.confusion, result.answers.by_class)
    elif 0 < len(result.answers.by_class) <= MOST_CLASSES:
        print()
        cells = [[str(c.label), f"{c.support:,}", *class_cells(c)] for c in result.answers.by_class]
        print_columns(["", "rows", *BY_CLASS], cells)
    if told := list(sureness(result)):
        print("", *(wrap(line, sys.stdout) for line in told), sep="\n")
    for metric in result.missed:
        print(f"\n{metric} misses its bound")


def range_text(ends: tuple[float, float]) -> str:
    return f"{figure_text(ends[0])} to {figure_text(ends[1])}"


def sureness(result: "EvaluateResult") -> "Iterator[str]":
    """What there is to say of probabilities, of the cut, and of ranges."""
    from nnctl.network.answers import THRESHOLD

    if result.calibration_error is not None:
        yield f"probabilities are {result.calibration_error:.3f} off on the average"
    if isinstance(result.threshold, dict):
        cuts = ", ".join(f"{name} {figure_text(cut)}" for name, cut in result.threshold.items())
        yield f"yes from above {cuts}"
    elif result.threshold not in (None, THRESHOLD):
        answer = "yes" if result.confusion is None else "yes, or the second class,"
        yield f"{answer} from above {result.threshold:g}"
    if (coverage := result.answers.coverage) is not None:
        kind = "ranges" if result.confusion is None else "sets"
        yield (
            f"{kind} hold the truth of {coverage.found:.3g} of the rows, "
            f"wanted {coverage.wanted:g}, by chance {coverage.by_chance[0]:.3g} to "
            f"{coverage.by_chance[1]:.3g}"
        )
        if len(coverage.sizes) == 1:  # widths of several targets are numbers of different units
            (size,) = coverage.sizes.values()
            what = f"{figure_text(size)} wide" if kind == "ranges" else f"of {size:.3g} labels"
            yield f"{kind} are {what} on the average"
