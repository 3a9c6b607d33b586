"""`nnctl playground`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion, options
from nnctl.errors.visible import visible


def command(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="CONFIG",
            help="A config, which is trained for it, or a run in its last state; several share the "
            "page.",
            autocompletion=completion.configs,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write here.", show_default="NAME.html"
        ),
    ] = None,
    set_: options.Set = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    member: options.Member = None,
) -> None:
    """Write a page on which a network can be watched while it learns.

    It has the data with the decision surface, each unit's response, the loss curves with a slider
    in time, one row's values and derivatives, and a form or a canvas to try the model on. It needs
    no network and no other file. A config is trained for it, which leaves no run.

    Example: nnctl playground configs/moons.yaml
    """
    from nnctl.cli.exits import report_error
    from nnctl.cli.printing import print_told
    from nnctl.cli.progress import display
    from nnctl.errors import ExitStatus, NnctlError
    from nnctl.jobs.playground import playground

    try:
        result = playground(
            given,
            output=output,
            overrides=set_ or (),
            seed=seed,
            epochs=epochs,
            member=member,
            display=lambda: display(quiet=not sys.stderr.isatty()),  # a page needs no log
        )
    except KeyboardInterrupt:
        print("broken off; no page is written", file=sys.stderr)
        raise
    frames = ", ".join(
        f"{visible(name)}: {count} frame{'' if count == 1 else 's'}"
        for name, count in result.frames
    )
    path = visible(str(result.path))
    print_told("wrote", f"{path}  ({result.size / 1000:,.0f} kB; {frames})", path)
    if result.status is not ExitStatus.DONE:
        report_error(NnctlError(result.problems))
        raise typer.Exit(int(result.status))
