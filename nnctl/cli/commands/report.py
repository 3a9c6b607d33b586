"""`nnctl report`"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion
from nnctl.errors.visible import visible


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            help="Run folders; several are compared side by side.",
            autocompletion=completion.runs,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write here; needed for several runs.",
            show_default="RUN/report.html",
        ),
    ] = None,
) -> None:
    """Write one HTML file about a run: verdict, curves, mistakes.

    It tells what the model predicts, what it relies on, and where it is wrong.

    Several runs come side by side in one file, and a study of tune has one of its own. It needs no
    network and no other file.

    Example: nnctl report runs/mnist runs/mnist-2 -o comparison.html
    """
    from nnctl.cli.printing import print_told
    from nnctl.jobs.report import report

    result = report(runs, output=output)
    path = visible(str(result.path))
    print_told("wrote", f"{path}  ({result.size / 1000:,.0f} kB)", path)
    for name, missing in result.missing.items():
        for subject, reason in missing.items():
            print(visible(f"without  {subject} of {name}: {reason}"))
