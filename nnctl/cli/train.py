"""`nnctl train`"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import options


def command(
    config: options.Config,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="The run's folder.", show_default="runs/NAME"
        ),
    ] = None,
    set_: options.Set = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="The epochs, in place of the config's.", show_default=False),
    ] = None,
    seed: options.Seed = None,
    init_weights: options.InitWeights = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that the folder holds.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print errors and warnings only.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Train a model, and write its run folder.

    Example: nnctl train configs/mnist.yaml --set optimizer.learning_rate=0.01
    """
    from nnctl.cli.ending import reader_may_leave
    from nnctl.cli.interruption import Interruption
    from nnctl.cli.progress import display
    from nnctl.cli.report import print_interruption, print_json, print_results
    from nnctl.errors import ExitStatus
    from nnctl.jobs.train import train

    with Interruption() as interruption, display(quiet) as callbacks:
        result = train(
            config,
            output=output,
            overrides=set_ or (),
            epochs=epochs,
            seed=seed,
            init_weights=init_weights,
            overwrite=overwrite,
            callbacks=callbacks,
            stop=interruption.asked,
        )
    status = result.status
    if status is ExitStatus.INTERRUPTED:
        status = interruption.status or status
        print_interruption(result)
    with reader_may_leave():
        if json:
            print_json(result.results)
        elif not quiet:
            print_results(result)
    raise typer.Exit(status)
