"""`nnctl validate`"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion, options


def command(
    configs: Annotated[
        list[Path],
        typer.Argument(metavar="CONFIG", help="YAML configs.", autocompletion=completion.configs),
    ],
    set_: options.Set = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let advice fail, too.")] = False,
    resolved: Annotated[
        bool,
        typer.Option("--resolved", help="Print the config with every default; takes one CONFIG."),
    ] = False,
    json: options.Json = False,
) -> None:
    """Check configs without training: keys, data, shapes; give advice.

    Example: nnctl validate configs/*.yaml
    """
    import sys

    from nnctl.cli.advising import print_advice
    from nnctl.cli.printing import print_json, print_validation, print_warning
    from nnctl.errors import ArgumentError, ExitStatus
    from nnctl.jobs.validate import resolved_config, validate

    result = validate(configs, overrides=set_ or ())
    for problem in result.warnings:
        print_warning(problem)
    if resolved and not result.errors:
        if len(configs) > 1 or json:
            message = "--resolved prints one config, as YAML"
            raise ArgumentError(message, "name one, without --json")
        print(resolved_config(configs[0], overrides=set_ or ()), end="")
        print_advice(result.advice, sys.stderr)
    elif json:
        print_json(result.as_json())
    else:
        print_validation(result)
        print_advice(result.advice)
    if result.errors:
        raise typer.Exit(ExitStatus.COULD_NOT_RUN)
    raise typer.Exit(ExitStatus.NO if strict and result.advice else ExitStatus.DONE)
