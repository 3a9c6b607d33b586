"""`nnctl predict`"""

import io
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion, options


def command(
    weights: options.Weights,
    input: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A data file; - reads CSV from standard input.",
            allow_dash=True,
            autocompletion=completion.tables,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write here; JSON Lines where it ends in .jsonl.",
            show_default="standard output",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="COLUMN",
            help="Carry a column of INPUT along, such as an id; repeatable.",
            show_default=False,
            autocompletion=completion.columns,
        ),
    ] = None,
    features: options.Features = None,
    table: options.Table = None,
    threshold: options.Threshold = None,
    spread: Annotated[
        bool,
        typer.Option("--spread", help="Add how far the members of an ensemble lie apart."),
    ] = False,
    threads: options.Threads = None,
) -> None:
    """Predict: CSV in, CSV out, a row for each row.

    Example: nnctl predict runs/mnist datasets/mnist-test.csv.gz -o out.csv
    """
    check_name(output)
    from nnctl.cli.printing import print_warning
    from nnctl.cli.threads import allowed_threads
    from nnctl.jobs.predict import predict
    from nnctl.system.atomic import atomic_file

    with allowed_threads(threads):
        predictions = predict(
            weights,
            sys.stdin.buffer if str(input) == "-" else input,
            threshold=threshold,
            keep=keep or (),
            features=features or (),
            table=table,
            spread=spread,
            warn=print_warning,
        )
        if output is None:
            print_chunks(predictions.chunks())
            return
        # A file may be a pipe, too, whose reader has left.
        with suppress(BrokenPipeError), atomic_file(output, "w") as file:
            for text in predictions.chunks(as_json=output.suffix.lower() == ".jsonl"):
                file.write(text)


def check_name(output: Path | None) -> None:
    """Raises `ArgumentError` for a name that says another format than what is written to it."""
    if output is None:
        return
    from nnctl.errors import ArgumentError
    from nnctl.reading.typed.opening import format_of

    if output.suffix.lower() != ".jsonl" and (
        output.suffix.lower() == ".gz" or format_of(output) is not None
    ):
        message = f"predictions are written as CSV, or as JSON Lines, and not as {output.suffix}"
        fix = "end the name in .csv or .jsonl"
        raise ArgumentError(f"-o {output}: {message}", fix)


def print_chunks(chunks: Iterator[str]) -> None:
    """Writes text to stdout, until there is no more of it, or nobody reads it any more."""
    from nnctl.cli.streams import takes_results

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="strict")  # as the input is
    for text in chunks:
        sys.stdout.write(text)
        if not takes_results():
            break
