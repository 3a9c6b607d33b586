"""`nnctl derivative`"""

from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import options

if TYPE_CHECKING:
    from nnctl.jobs.derivative import DerivativeResult


def command(
    expression: Annotated[
        str, typer.Argument(metavar="EXPR", help="A formula, such as '(w*x + b - y)**2/2'.")
    ],
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="More values, after --at.", show_default=False),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="NAME=VALUE",
            help="The value of a variable; repeatable.",
            show_default=False,
        ),
    ] = None,
    epsilon: Annotated[
        list[float] | None,
        typer.Option(
            help="By how much a variable is raised to see how J rises; repeatable.",
            show_default="0.002, 0.001, 0.0001",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Derive a formula, and see how its value rises at a point.

    It prints the derivative, its value there, and the course's table of ever smaller steps.

    Example: nnctl derivative 'w**2' --at w=3
    """
    from nnctl.cli.printing import print_json
    from nnctl.jobs.derivative import derivative_in_time

    result = derivative_in_time(expression, [*(at or ()), *(more or ())], epsilon or ())
    if json:
        print_json(result.as_json())
    else:
        print_derivatives(result)


def print_derivatives(result: "DerivativeResult") -> None:
    """The value, then for each variable its derivative and the table of experiments."""
    from nnctl.cli.printing import print_columns
    from nnctl.cli.spelling import say, spell

    names = list(result.derivatives)
    point = ", ".join(f"{name} = {value:.10g}" for name, value in result.at.items())
    say(f"J({', '.join(names)}) = {result.expression}")
    say(f"J = {result.value:.10g} at {point}")
    d = "d" if len(names) == 1 else "∂"
    for name, found in result.derivatives.items():
        number = f"{found.value:.10g}"
        formula = "" if found.formula == number else f" = {found.formula}"
        say(f"\n{d}J/{d}{name}{formula} = {number}\n")
        head = ["raise by ε", f"J({name} + ε)", "J rises by", "rise/ε"]
        rows = [
            [f"{rise.epsilon:g}", *map(cell, (rise.value, rise.rise, rise.ratio))]
            for rise in found.rises
        ]
        print_columns([spell(title) for title in head], rows)


def cell(value: float | None) -> str:
    return "not real" if value is None else f"{value:.10g}"
