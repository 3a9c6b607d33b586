"""`nnctl summary`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnctl.data.overview import ColumnInputs
    from nnctl.jobs.summary import Speed, Summary

LABEL_WIDTH = 12  # columns


def command(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG-or-WEIGHTS",
            help="A config, weights, or a run folder.",
            autocompletion=completion.configs_or_weights,
        ),
    ],
    set_: options.Set = None,
    threads: options.Threads = None,
) -> None:
    """Show a model's layers, shapes, parameters, memory and work.

    Example: nnctl summary configs/mnist.yaml
    """
    from nnctl.cli.threads import allowed_threads
    from nnctl.jobs.summary import summary

    with allowed_threads(threads):
        result = summary(path, overrides=set_ or ())
    print_summary(result)


def print_summary(result: "Summary") -> None:
    """A line a layer, then the totals."""
    from nnctl.cli.printing import print_columns

    rows = [
        [
            f"{layer.name} ({layer.type})",
            f"({', '.join(['rows', *map(str, layer.output_shape)])})",
            f"{layer.parameters:,}",
            f"{layer.flops:,}",
        ]
        for layer in result.layers
    ]
    print_columns(["layer", "output shape", "parameters", "FLOPs an example"], rows)
    if result.columns:
        print()
        print_places(result.columns)
    kept = result.parameters - result.trainable
    print()
    held = f"{result.parameters:,} ({size(result.parameter_bytes)})"
    print_about("parameters", held + (f", of which {kept:,} are not trained" if kept else ""))
    work = sum(layer.flops for layer in result.layers)
    print_about("work", f"{work:,} FLOPs an example, forward")
    if result.members > 1:
        parameters = result.members * result.parameters
        held = size(result.members * result.parameter_bytes)
        print_about("members", f"{result.members} such models: {parameters:,} parameters ({held})")
    if result.step_bytes is not None:
        print_about("memory", f"{size(result.step_bytes)} for training, besides the data")
    if result.data_bytes is not None:
        read = "" if result.blocks is None else f", read in {result.blocks:,} blocks each epoch"
        print_about("data", f"{size(result.data_bytes)} in memory{read}")
    if result.peak_bytes is not None:
        peak = size(result.peak_bytes)
        print_about("peak", f"{peak}, Python included, to read the data and train")
    if result.cores is not None:
        print_about("cores", f"{result.cores.usable} of {result.cores.all}, {result.cores.why}")
    if result.speed is not None:
        print_speed(result.speed)


def print_places(columns: "Sequence[ColumnInputs]") -> None:
    """A line a column of a table: which inputs it became."""
    from nnctl.cli.printing import MOST_COLUMNS, print_columns

    rows = [[each.name, each.kind, each.places, each.told] for each in columns[:MOST_COLUMNS]]
    print_columns(["column", "kind", "inputs", "which are"], rows, left=4)
    if len(columns) > MOST_COLUMNS:
        print(f"and {len(columns) - MOST_COLUMNS:,} more columns")


def print_speed(speed: "Speed") -> None:
    """How long a step takes, and how near that is to the limit of this machine."""
    step, alone = (f"{s * 1e6:,.0f} µs" for s in (speed.step_seconds, speed.product_seconds))
    threads = "1 thread" if speed.threads == 1 else f"{speed.threads} threads"
    rows = f"{speed.rows:,} rows" + (f" in {speed.parts:,} parts" if speed.parts > 1 else "")
    share = f"{speed.product_share:.0%} of that limit is reached"
    step = f"{step} a step of {rows} on {threads}"
    print_about("speed", f"{step}; its matrix products alone take {alone}: {share}")


def print_about(label: str, text: str) -> None:
    """A line of what a model comes to."""
    from nnctl.cli.printing import print_told

    print_told(label, text, indent=LABEL_WIDTH)


def size(nbytes: int) -> str:
    """Bytes for people: `113.5 kB`."""
    number = float(nbytes)
    units = ["B", "kB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number /= 1000
        units.pop(0)
    return f"{number:.1f} {units[0]}" if units[0] != "B" else f"{nbytes} B"
