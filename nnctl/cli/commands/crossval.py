"""`nnctl crossval`"""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from nnctl.cli import options
from nnctl.errors.visible import visible_cells

if TYPE_CHECKING:
    from nnctl.jobs.crossval import CrossvalResult, FoldResult


def command(
    config: options.Config,
    folds: Annotated[
        int, typer.Option(metavar="K", help="How many parts the rows are dealt into.")
    ] = 5,
    set_: options.Set = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Folds to train at once.", show_default="one a core"),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            metavar="FILE.csv",
            help="Write what each row was predicted to be when it was held out.",
            show_default=False,
        ),
    ] = None,
    fail_under: options.FailUnder = None,
    fail_over: options.FailOver = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Train on all rows but a part, for each part; tell the spread.

    Figures come with their mean and spread; --fail-under and --fail-over hold the means.

    Example: nnctl crossval configs/logistic-regression.yaml --folds 5
    """
    from nnctl.cli.printing import print_json, print_warning
    from nnctl.cli.threads import allowed_threads, workers_within
    from nnctl.jobs.crossval import crossval
    from nnctl.reading.storage import temporary_folder

    done = list["FoldResult"]()

    def tell(fold: "FoldResult") -> None:
        done.append(fold)
        if not quiet:
            print_fold(fold, folds)

    try:
        # What cannot be written is told before the training.
        with (
            allowed_threads(threads),
            file_of(predictions) as file,
            nullcontext() if file is None else temporary_folder() as parts,
        ):
            result = crossval(
                config,
                folds=folds,
                overrides=set_ or (),
                epochs=epochs,
                seed=seed,
                workers=workers_within(workers, threads),
                predictions=parts,
                fail_under=fail_under or (),
                fail_over=fail_over or (),
                tell=tell,
                warn=print_warning,
            )
            if file is not None:
                write_predictions(file, result)
    except KeyboardInterrupt:
        print(f"broken off after {len(done)} of {folds} folds; none is kept", file=sys.stderr)
        raise
    if json:
        print_json(result.as_json())
    elif not quiet:
        print_crossval(result)
    raise typer.Exit(result.status)


def print_fold(fold: "FoldResult", folds: int) -> None:
    """A line about a fold that is done, on stderr."""
    from nnctl.cli.printing import number

    figures = "  ".join(f"{name} {number(value)}" for name, value in fold.figures.items())
    print(f"fold {fold.fold}/{folds}  {figures}", file=sys.stderr)


def print_crossval(result: "CrossvalResult") -> None:
    """A row a fold, then mean and spread."""
    from nnctl.cli.printing import number, print_columns

    names = list(result.mean)
    rows = [
        [f"fold {each.fold}", str(each.rows), *(number(each.figures[name]) for name in names)]
        for each in result.folds
    ]
    rows.append(["mean", "", *(number(result.mean[name]) for name in names)])
    rows.append(["std", "", *(number(result.std[name]) for name in names)])
    print_columns(["", "rows", *names], rows)


def file_of(path: Path | None) -> AbstractContextManager[IO[str] | None]:
    """The file of the predictions, where they are asked for."""
    from nnctl.system.atomic import atomic_file

    return nullcontext() if path is None else atomic_file(path, "w")


def write_predictions(file: IO[str], result: "CrossvalResult") -> None:
    """Writes the predictions of all folds, in the order of the file's rows."""
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(visible_cells(result.folds[0].columns))
    writer.writerows(map(visible_cells, result.held_out()))
