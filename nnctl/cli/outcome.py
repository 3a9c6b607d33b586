"""What a run prints when it is over, whichever command it was."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nnctl.cli.advising import print_advice
from nnctl.cli.printing import number, print_columns, print_json, print_problems, print_warning
from nnctl.errors import ExitStatus
from nnctl.visible import shell_line, visible

if TYPE_CHECKING:
    from nnctl.jobs.run import TrainResult

PARTS = ("train", "validation", "test")


def print_outcome(result: "TrainResult", quiet: bool, json: bool) -> None:
    """Warnings and advice to stderr, the results to stdout; with `quiet` the warnings alone."""
    print_shortfall(result)
    if not quiet:
        print_advice(result.advice, sys.stderr)
    if json:
        print_json(result.results)
    elif not quiet:
        print_results(result)


def print_results(result: "TrainResult") -> None:
    """The figures of each part of the data, the run's folder, the command to run next."""
    results = result.results
    parts = [part for part in PARTS if part in results]
    if parts:
        print_columns(
            ["", *parts],
            [
                [name, *(number(results[part].get(name)) for part in parts)]
                for name in results[parts[0]]
            ],
        )
        print()
    epochs = f"{results['epochs']} epoch" + ("" if results["epochs"] == 1 else "s")
    if result.restored:
        epochs += f", the weights of epoch {results['best_epoch']}"
    print(f"run      {visible(str(result.folder))}  ({epochs}, {results['seconds']:.1f} s)")
    if result.status is ExitStatus.DONE:
        file = result.input
        command = ["nnctl", "predict", str(result.weights), short_path(file.path)]
        if file.is_npz and file.features:
            command += ["--features", *file.features]
        print(f"predict  {shell_line(command)}")


def print_shortfall(result: "TrainResult") -> None:
    """What looks wrong with a run, and why it has no weights, if so, and what is kept of it."""
    for warning in result.warnings:
        print_warning(warning)
    if result.status is ExitStatus.DONE:
        return
    kept = result.folder / "checkpoint.npz"
    if result.problems:
        print_problems(result.problems, sys.stderr)
        print(f"the last good state is kept in {visible(str(kept))}", file=sys.stderr)
        return
    epochs = result.results["epochs"]
    done = f"after {epochs} whole epoch" + ("" if epochs == 1 else "s")
    print(f"interrupted {done}; the state is kept in {visible(str(kept))}", file=sys.stderr)
    print(f"go on    {shell_line(['nnctl', 'resume', str(result.folder)])}", file=sys.stderr)


def short_path(path: Path) -> str:
    """The path as it would be typed in the current folder: relative, unless that is longer."""
    try:
        return min(os.path.relpath(path), os.path.abspath(path), key=len)
    except OSError:  # there is no current folder any more
        return str(path)
