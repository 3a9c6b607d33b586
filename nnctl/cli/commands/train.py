"""`nnctl train`"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

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
    epochs: options.Epochs = None,
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
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Train a model, and write its run folder.

    Example: nnctl train configs/mnist.yaml --set optimizer.learning_rate=0.01
    """
    from nnctl.cli.advising import print_advice
    from nnctl.cli.interruption import Interruption
    from nnctl.cli.mpirun import is_first, ranks_of_job, require_one_process
    from nnctl.cli.outcome import print_outcome
    from nnctl.cli.printing import print_warning
    from nnctl.cli.progress import display

    chosen: dict[str, Any] = {
        "output": output,
        "overrides": set_ or (),
        "seed": seed,
        "overwrite": overwrite,
    }
    chosen["init_weights"] = init_weights
    if smoke:
        require_one_process("--smoke")
        raise typer.Exit(smoke_status(config, chosen, quiet, json))
    with (
        ranks_of_job() as ranks,
        Interruption() as interruption,
        display(quiet or not is_first()) as shown,
    ):
        # Only here, where a signal is noted even if some module on the way swallows what it raises.
        from nnctl.jobs.train import train

        chosen |= {"epochs": epochs, "ranks": ranks}
        if is_first():
            chosen["warn"] = print_warning
        if is_first() and not quiet:
            chosen["advise"] = lambda advice: print_advice(advice, sys.stderr)
        result = train(config, **chosen, callbacks=[*shown, interruption])
    if is_first():
        print_outcome(result, quiet, json)
    raise typer.Exit(interruption.status_of(result.status))


def smoke_status(config: Path, chosen: Mapping[str, Any], quiet: bool, json: bool) -> int:
    """Runs the smoke test, prints how the loss fell, and returns the exit status."""
    from nnctl.cli.exits import reader_may_leave
    from nnctl.cli.printing import print_json, print_smoke
    from nnctl.jobs.smoke import smoke

    result = smoke(config, **chosen)
    with reader_may_leave():
        if json:
            print_json({**result.job.results, "smoke": result.as_json()})
        elif not quiet:
            print_smoke(result)
    return result.status
