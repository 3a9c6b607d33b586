"""`nnctl train`"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import options
from nnctl.errors import ArgumentError

if TYPE_CHECKING:
    from nnctl.advice import Advice
    from nnctl.jobs.smoke import SmokeResult


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
    ensemble: Annotated[
        int | None,
        typer.Option(
            "--ensemble",
            metavar="N",
            help="Train N members that predict together, in place of the config's.",
            show_default=False,
        ),
    ] = None,
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
    member: options.Member = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Train a model, and write its run folder.

    Example: nnctl train configs/mnist.yaml --set optimizer.learning_rate=0.01
    """
    from nnctl.cli.interruption import Interruption
    from nnctl.cli.mpirun import if_first, is_first, ranks_of_job, require_one_process
    from nnctl.cli.outcome import print_outcome
    from nnctl.cli.printing import print_warning
    from nnctl.cli.progress import display
    from nnctl.cli.threads import allowed_threads

    def advise(advice: "Sequence[Advice]") -> None:
        if not quiet and advice:
            from nnctl.cli.advising import print_advice

            print_advice(advice, sys.stderr)

    if smoke:
        require_one_process("--smoke")
        from nnctl.jobs.smoke import smoke as try_out

        tried = try_out(
            config,
            output=output,
            overrides=set_ or (),
            seed=seed,
            ensemble=ensemble,
            member=member,
            init_weights=init_weights,
            overwrite=overwrite,
            warn=print_warning,
            advise=advise,
        )
        print_smoke_test(tried, quiet, json)
        raise typer.Exit(tried.status)

    if member is not None:
        raise ArgumentError("--member is for --smoke, which tries one", "leave it out: all train")
    with (
        allowed_threads(threads),
        ranks_of_job() as ranks,
        Interruption() as interruption,
        display(quiet or not is_first()) as shown,
    ):
        # Only here, where a signal is noted even if some module on the way swallows what it raises.
        from nnctl.jobs.train import train

        result = train(
            config,
            output=output,
            overrides=set_ or (),
            epochs=epochs,
            seed=seed,
            ensemble=ensemble,
            init_weights=init_weights,
            overwrite=overwrite,
            callbacks=[*shown, interruption],
            ranks=ranks,
            warn=if_first(print_warning),
            advise=if_first(advise),
        )
    if is_first():
        print_outcome(result, quiet, json)
    raise typer.Exit(interruption.status_of(result.status))


def print_smoke_test(result: "SmokeResult", quiet: bool, json: bool) -> None:
    """What the smoke test has found: how the loss fell."""
    from nnctl.cli.printing import print_json, print_smoke

    if json:
        print_json({**result.job.results, "smoke": result.as_json()})
    elif not quiet:
        print_smoke(result)
