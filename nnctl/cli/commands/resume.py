"""`nnctl resume`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion, options
from nnctl.errors.visible import visible


def command(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="The folder of a run.", autocompletion=completion.runs),
    ],
    epochs: Annotated[
        int | None,
        typer.Option(help="The new total of epochs; extends a run that has ended."),
    ] = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Go on with a run from its last checkpoint, as if never stopped.

    Example: nnctl resume runs/mnist --epochs 200
    """
    from nnctl.cli.interruption import Interruption
    from nnctl.cli.mpirun import if_first, is_first, ranks_of_job
    from nnctl.cli.outcome import print_outcome
    from nnctl.cli.printing import print_warning
    from nnctl.cli.progress import display
    from nnctl.cli.threads import allowed_threads

    with (
        allowed_threads(threads),
        ranks_of_job() as ranks,
        Interruption() as interruption,
        display(quiet or not is_first()) as shown,
    ):
        from nnctl.jobs.resume import resume

        result = resume(
            run,
            epochs=epochs,
            callbacks=[*shown, interruption],
            ranks=ranks,
            warn=if_first(print_warning),
        )
    if not is_first():
        raise typer.Exit(interruption.status_of(result.status) if result else 0)
    if result is None:
        ended = f"{visible(str(run))} has ended"
        print(f"nothing to do: {ended}; --epochs N trains it further", file=sys.stderr)
        if json:
            from nnctl.jobs.finding import find_run

            print((find_run(run) / "results.json").read_text(encoding="utf-8"), end="")
        return
    print_outcome(result, quiet, json)
    raise typer.Exit(interruption.status_of(result.status))
