"""`nnctl help`"""

from typing import Annotated

import typer

from nnctl.cli import completion


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="COMMAND",
            help="A command; without it, all are listed.",
            show_default=False,
            autocompletion=completion.commands,
        ),
    ] = None,
) -> None:
    """Show the help of nnctl, or of one of its commands.

    Example: nnctl help train
    """
    from nnctl.cli.app import help_of_all
    from nnctl.cli.help_pages import page_of_command
    from nnctl.cli.registry import COMMANDS
    from nnctl.cli.usage import unknown_command
    from nnctl.errors import NnctlError

    if name is None:
        print(help_of_all())
    elif name in COMMANDS:
        print(page_of_command(name))
    else:
        raise NnctlError(unknown_command(name))
