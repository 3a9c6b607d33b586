"""`nnctl advice`"""

from typing import Annotated

import typer

from nnctl.cli import completion, options


def command(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="The code of one rule, to read at length.",
            show_default=False,
            autocompletion=completion.codes,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """List the advice rules, or explain one of them at length.

    Example: nnctl advice linear-hidden
    """
    from nnctl.cli.advising import print_page, print_rules
    from nnctl.jobs.advice import advice

    rules = advice(code)
    if json:
        from nnctl.cli.printing import print_json

        print_json({"rules": [rule._asdict() for rule in rules]})
    elif code is None:
        print_rules(rules)
    else:
        print_page(rules[0])
