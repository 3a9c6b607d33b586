"""`nnctl tune`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import options
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.tuning.result import TuneResult


def command(
    config: options.Config,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="The study's folder; a study that it holds goes on.",
            show_default="runs/NAME-tune",
        ),
    ] = None,
    set_: options.Set = None,
    trials: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The trials in all, in place of the config's.", show_default=False
        ),
    ] = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Trials to train at once.", show_default="one a core"),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="STORAGE",
            help="Keep the study elsewhere: in a database (postgresql://USER@HOST/DATABASE), "
            "a journal file (FILE.log), redis://HOST, or grpc://HOST.",
            show_default="study.db in the folder",
        ),
    ] = None,
    worker: Annotated[
        bool,
        typer.Option("--worker", help="Join the study that a --storage has, and take its trials."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew, in place of the study that is there.")
    ] = False,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Search the keys that the config's tune section names.

    The best trial becomes best.yaml, a config that train brings to the same bytes. A study that
    was broken off goes on with the same command.

    Example: nnctl tune configs/house-prices-tune.yaml
    """
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.cli.threads import allowed_threads, workers_within
    from nnctl.cli.trials import print_study, study_display
    from nnctl.jobs.tune import tune

    try:
        with allowed_threads(threads), study_display(quiet) as watcher:
            result = tune(
                config,
                output=output,
                overrides=set_ or (),
                trials=trials,
                epochs=epochs,
                seed=seed,
                workers=workers_within(workers, threads),
                storage=storage,
                worker=worker,
                overwrite=overwrite,
                watcher=watcher,
                warn=print_warning,
            )
    except KeyboardInterrupt:
        print("broken off; the same command goes on with it", file=sys.stderr)
        raise
    tell_what_is_missing(result)
    if json:
        print_json(result.as_json())
    elif not quiet:
        print_study(result)
    raise typer.Exit(result.status)


def tell_what_is_missing(result: "TuneResult") -> None:
    """On stderr, that there was nothing to do, or that no trial came to its end."""
    from nnctl.cli.printing import print_message

    if result.nothing_to_do:
        done = f"all {len(result.view.rows)} trials are over"
        print(f"nothing to do: {done}; --trials N goes on to more", file=sys.stderr)
    if result.best is None:
        reasons = dict.fromkeys(row.reason for row in result.view.rows if row.reason)
        told = f": {next(iter(reasons))}" if reasons else ""
        print_message(f"error: no trial was trained to its end{visible(told)}", sys.stderr)
