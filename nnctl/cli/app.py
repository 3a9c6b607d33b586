"""The Typer application, and the one place where an error becomes a message and an exit status."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from nnctl import __version__
from nnctl.cli import evaluate, gradcheck, predict, summary, train, validate
from nnctl.cli.report import print_problems
from nnctl.errors import ExitStatus, NnctlError

app = typer.Typer(
    name="nnctl",
    help="Train neural networks from a YAML file, on pure NumPy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(wanted: bool) -> None:
    if wanted:
        print(f"nnctl {__version__}")
        raise typer.Exit()


@app.callback()
def nnctl(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Train neural networks from a YAML file, on pure NumPy."""


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with its errors printed and turned into exit statuses."""

    @functools.wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except NnctlError as error:
            print_problems(error.problems, sys.stderr)
            raise typer.Exit(error.status) from None
        except BrokenPipeError:
            leave_closed_pipe()
        except KeyboardInterrupt:
            raise typer.Exit(ExitStatus.INTERRUPTED) from None

    return wrapper


def leave_closed_pipe() -> None:
    """Ends quietly once the reader has gone: nothing is left for Python to flush at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    raise typer.Exit(ExitStatus.DONE)


for module in (train, predict, evaluate, gradcheck, validate, summary):
    app.command(module.__name__.rpartition(".")[2])(reported(module.command))


def run() -> None:
    """Runs the command line of this process."""
    app(prog_name="nnctl")
