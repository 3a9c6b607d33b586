"""`nnctl validate`"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import options


def command(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG", help="YAML configs.")],
    set_: options.Set = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let advice fail, too.")] = False,
    json: options.Json = False,
) -> None:
    """Check configs without training: keys and values, data, and shapes.

    Example: nnctl validate configs/*.yaml
    """
    from nnctl.cli.ending import reader_may_leave
    from nnctl.cli.report import print_json, print_validation
    from nnctl.errors import ExitStatus
    from nnctl.jobs.validate import as_json, validate

    result = validate(configs, overrides=set_ or ())
    with reader_may_leave():
        if json:
            print_json(as_json(result))
        else:
            print_validation(result)
    if result.errors:
        raise typer.Exit(ExitStatus.COULD_NOT_RUN)
    raise typer.Exit(ExitStatus.NO if strict and result.advice else ExitStatus.DONE)
