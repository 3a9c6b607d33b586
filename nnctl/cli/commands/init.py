"""`nnctl init`"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options
from nnctl.errors.visible import shell_word, visible

if TYPE_CHECKING:
    from nnctl.jobs.images.init import ImageInitResult
    from nnctl.jobs.init import InitResult
    from nnctl.jobs.studies.recipes import Tried


def command(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A table that names its columns, or a folder of images with a folder a class.",
            autocompletion=completion.tables,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="COLUMN",
            help="The column to be learnt.",
            show_default=False,
            autocompletion=completion.columns,
        ),
    ] = None,
    table: options.Table = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write here.", show_default="STEM.yaml"
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
    trying: Annotated[
        bool,
        typer.Option(
            "--try",
            help="Train the few recipes that matter for the table, and write the best; until then "
            "nothing is written.",
        ),
    ] = False,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Write a commented first config for a table; it trains as it is.

    Example: nnctl init datasets/iris.csv --target species
    """
    if os.path.isdir(data):
        found = init_of_folder(data, target, table, output, overwrite, trying)
        if found is not None:
            tell_of_images(found, quiet, json)
            return
    from nnctl.jobs.init import init

    target = target or asked_target(data, output, overwrite, table)
    if not trying:
        result = init(data, target, table=table, output=output, overwrite=overwrite)
        tell(result, quiet, json)
        return
    from nnctl.cli.threads import allowed_threads
    from nnctl.cli.trials import study_display

    try:
        with allowed_threads(threads), study_display(quiet) as watcher:
            result = init(
                data,
                target,
                table=table,
                output=output,
                overwrite=overwrite,
                trying=True,
                watcher=watcher,
            )
    except KeyboardInterrupt:
        print("broken off; nothing is written (without --try it takes a moment)", file=sys.stderr)
        raise
    tell(result, quiet, json)


def tell(result: "InitResult", quiet: bool, json: bool) -> None:
    """Warnings to stderr, and the result to stdout, in words or as JSON; not where it is quiet."""
    from nnctl.cli.printing import print_json, print_message

    if result.untried:
        print_message(visible(f"nothing to try: {result.untried}"), sys.stderr)
    for warning in result.plan.warnings:
        print_message(visible(f"warning: {warning}"), sys.stderr)
    if json:
        print_json(result.as_json())
    elif not quiet:
        print_init(result)


def init_of_folder(
    data: Path,
    target: str | None,
    table: str | None,
    output: Path | None,
    overwrite: bool,
    trying: bool,
) -> "ImageInitResult | None":
    """The config for a folder of images; None for what is no such folder."""
    from nnctl.errors import ArgumentError
    from nnctl.jobs.finding import look
    from nnctl.reading.images.listing import is_image_folder, shows_images

    if look(data).kind == "run" or not is_image_folder(data):
        return None
    if target is not None and shows_images(data):
        message = "--target is for tables; an image is of the class that its folder is named after"
        raise ArgumentError(message, "leave it out")
    if table is not None:
        raise ArgumentError("--table is for databases and workbooks", "leave it out")
    if trying:
        raise ArgumentError("--try is for tables; for images there is one recipe", "leave it out")
    from nnctl.jobs.images.init import init_images

    return init_images(data, output=output, overwrite=overwrite)


def tell_of_images(result: "ImageInitResult", quiet: bool, json: bool) -> None:
    """What cannot be read to stderr, and the result to stdout; as `tell` does of tables."""
    from nnctl.cli.printing import print_command, print_json, print_told, print_warning

    plan = result.plan
    for problem in plan.unreadable:
        print_warning(problem)
    if json:
        print_json(result.as_json())
    elif not quiet:
        count, kinds = len(plan.train.files), len(plan.classes)
        path = visible(str(result.path))
        print_told("wrote", f"{path}  ({count:,} images of {kinds} classes)", path)
        print_command("next", ["nnctl", "train", str(result.path)])


def asked_target(data: Path, output: Path | None, overwrite: bool, table: str | None = None) -> str:
    """The column to be learnt, as the user answers where there is somebody to be asked."""
    from nnctl.cli.printing import print_message
    from nnctl.errors import ArgumentError
    from nnctl.jobs.init import columns_of

    names = columns_of(data, output, overwrite, table)
    if not sys.stdin.isatty():
        message = f"which column is to be learnt? They are: {', '.join(names)}"
        raise ArgumentError(message, f"add --target {shell_word(names[-1])}, or another")
    shown = {visible(name): name for name in names}
    print_message(f"the columns: {', '.join(shown)}", sys.stderr)
    question = f"which one is to be learnt [{visible(names[-1])}]: "
    print(question, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D
        print(file=sys.stderr)
        raise ArgumentError("no column was named", f"add --target {shell_word(names[-1])}")
    return shown.get(answer.strip(), answer.strip() or names[-1])


def print_init(result: "InitResult") -> None:
    """The config that was written, what was tried for it, and what to run next."""
    from nnctl.cli.printing import print_command, print_message, print_told

    plan = result.plan
    count = len(plan.features)
    if result.tried is not None:
        print_tried(result.tried)
    features = "1 feature" if count == 1 else f"{count} features"
    path = visible(str(result.path))
    print_told("wrote", f"{path}  ({plan.task}, {features})", path)
    for name, reason in plan.left_out.items():
        print_message(visible(f"left out {name}: {reason}"), sys.stdout)
    print_command("next", ["nnctl", "train", str(result.path)])


def print_tried(tried: "Tried") -> None:
    """The recipes with their figures, and how long each took; which of them is written, and why."""
    from nnctl.cli.printing import print_columns, print_told
    from nnctl.jobs.studies.recipes import cells_of

    head, *rows = cells_of(tried)
    seconds = [f"{each.row.seconds:.1f}" for each in tried.recipes]
    cells = [[*row[:-1], took, row[-1]] for row, took in zip(rows, seconds, strict=True)]
    print_columns([*head[:-1], "seconds", head[-1]], cells, left=0)
    why = "none is better than the rule's by more than twice its noise, so that stays"
    if not tried.is_the_rule:
        why = "it is better than the rule's by more than twice the noise"
        if tried.best.behind is None:
            why = "it is the best of those that were trained to their end"
    print()
    print_told("best", f"{tried.best.recipe.bins or 'no'} bins: {why}")
