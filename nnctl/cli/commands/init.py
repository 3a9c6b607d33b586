"""`nnctl init`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion
from nnctl.errors.visible import shell_line, shell_word, visible


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
        names = columns_of(data, output, overwrite)
        if not sys.stdin.isatty():
            message = f"which column is to be learnt? They are: {', '.join(names)}"
            raise ArgumentError(message, f"add --target {shell_word(names[-1])}, or another")
        shown = {visible(name): name for name in names}
        print("the columns:", ", ".join(shown), file=sys.stderr)
        answer = typer.prompt("which one is to be learnt", default=visible(names[-1]), err=True)
        target = shown.get(answer, answer)
    result = init(data, target, output=output, overwrite=overwrite)
    plan = result.plan
    count = len(plan.features)
    features = "1 feature" if count == 1 else f"{count} features"
    print(f"wrote    {visible(str(result.path))}  ({plan.task}, {features})")
    for name, reason in plan.left_out.items():
        print(visible(f"left out {name}: {reason}"))
    for warning in plan.warnings:
        print(visible(f"warning: {warning}"), file=sys.stderr)
    print(f"next     {shell_line(['nnctl', 'train', str(result.path)])}")
