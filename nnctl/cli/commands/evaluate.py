"""`nnctl evaluate`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from nnctl.assembly.comparison import Confusion
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
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="The array, the columns, or the IDX or .npy file of the targets; repeatable.",
            show_default=False,
        ),
    ] = None,
    threshold: options.Threshold = None,
    fail_under: options.FailUnder = None,
    fail_over: options.FailOver = None,
    threads: options.Threads = None,
    json: options.Json = False,
) -> None:
    """Evaluate a trained model: loss, metrics, confusion matrix.

    Example: nnctl evaluate runs/mnist datasets/mnist-test.csv.gz --fail-under accuracy=0.9
    """  # fmt: skip
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.cli.threads import allowed_threads
    from nnctl.errors import ExitStatus
    from nnctl.jobs.evaluate import evaluate

    with allowed_threads(threads):
        result = evaluate(
            weights,
            data,
            features=features or (),
            target=target or (),
            fail_under=fail_under or (),
            fail_over=fail_over or (),
            threshold=threshold,
        )
    for problem in result.warnings:
        print_warning(problem)
    if json:
        print_json(result.as_json())
    else:
        print_evaluation(result)
    raise typer.Exit(ExitStatus.NO if result.missed else ExitStatus.DONE)


MOST_CLASSES, MOST_PAIRS = 50, 20  # that a terminal has room for


def print_evaluation(result: "EvaluateResult") -> None:
    """Each figure beside its baseline, then the confusion matrix."""
    from nnctl.cli.printing import number, print_columns
    from nnctl.network.answers import THRESHOLD

    rows = [["loss", number(result.loss), ""]]
    for name, value in result.metrics.items():
        rows.append([name, number(value), number(result.baselines.get(name))])
    noun = "row" if result.rows == 1 else "rows"
    print_columns([f"{result.rows:,} {noun}", "", "baseline"], rows)
    if result.confusion is not None:
        print_confusion(result.confusion)
    if result.threshold not in (None, THRESHOLD):
        print(f"\nyes, or the second class, from above {result.threshold:g}")
    for metric in result.missed:
        print(f"\n{metric} misses its bound")


def print_confusion(confusion: "Confusion") -> None:
    """The confusion matrix, or of many classes what is confused most often."""
    from nnctl.cli.printing import print_columns, wrap

    labels = [str(label) for label in confusion.classes]
    if len(labels) > MOST_CLASSES or (matrix := confusion.matrix) is None:
        pairs = confusion.commonest(MOST_PAIRS)
        most = f"\nof {len(labels):,} classes, the {len(pairs)} that are confused most often"
        print(wrap(most, sys.stdout))
        cells = [[str(truth), str(guess), f"{rows:,}"] for truth, guess, rows in pairs]
        print_columns(["true", "predicted", "rows"], cells)
        return
    print(wrap("\nrows are the true classes, columns the predicted ones", sys.stdout))
    cells = [[str(count) for count in counts] for counts in matrix]
    print_columns(["", *labels], [[label, *row] for label, row in zip(labels, cells, strict=True)])
