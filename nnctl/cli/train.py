"""`nnctl train`"""

from collections.abc import Sequence
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
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke", help="For CI: a few batches through every step, then whether a loss falls."
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print errors and warnings only.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Train a model, and write its run folder.

    Example: nnctl train configs/mnist.yaml --set optimizer.learning_rate=0.01
    """
    if smoke:
        raise typer.Exit(smoke_status(config, output, set_ or (), seed, overwrite, quiet, json))
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


def smoke_status(
    config: Path,
    output: Path | None,
    overrides: Sequence[str],
    seed: int | None,
    overwrite: bool,
    quiet: bool,
    json: bool,
) -> int:
    """Runs the smoke test, prints how the loss fell, and returns the exit status."""
    from nnctl.cli.report import print_json
    from nnctl.jobs.smoke import smoke

    result = smoke(config, output=output, overrides=overrides, seed=seed, overwrite=overwrite)
    if json:
        print_json({**result.job.results, "smoke": result.as_json()})
    elif not quiet:
        verdict = "fell" if result.status == 0 else "did not fall"
        print(
            f"smoke test: every step ran; on one batch the loss {verdict} "
            f"from {result.before:.4g} to {result.after:.4g} in {result.steps} steps"
        )
    return result.status
