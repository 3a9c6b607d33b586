"""`nnctl init`"""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion


def command(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA.csv", help="A table with a header row.", autocompletion=completion.tables
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="COLUMN", help="The column to be learnt.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write here.", show_default="STEM.yaml"
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
) -> None:
    """Write a first config for a table, commented, which trains as it stands.

    Example: nnctl init datasets/iris.csv --target species
    """
    from nnctl.errors import ArgumentError
    from nnctl.jobs.init import columns_of, init

    if target is None:
        names = columns_of(data)
        if not sys.stdin.isatty():
            message = f"which column is to be learnt? They are: {', '.join(names)}"
            raise ArgumentError(message, f"add --target {shlex.quote(names[-1])}, or another")
        print("the columns:", ", ".join(names), file=sys.stderr)
        target = typer.prompt("which one is to be learnt", default=names[-1], err=True)
    result = init(data, target, output=output, overwrite=overwrite)
    plan = result.plan
    print(f"wrote    {result.path}  ({plan.task}, {len(plan.features)} features)")
    for name, reason in plan.left_out.items():
        print(f"left out {name}: {reason}")
    for warning in plan.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"next     {shlex.join(['nnctl', 'train', str(result.path)])}")
