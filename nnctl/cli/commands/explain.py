"""`nnctl explain`"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion, options


def command(
    config: options.Config,
    row: Annotated[
        int, typer.Option(help="The training row to explain, counted from 0.", metavar="N")
    ] = 0,
    epsilon: Annotated[
        float, typer.Option(help="By how much a number is raised to see how J rises.")
    ] = 0.001,
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights",
            metavar="FILE",
            help="Take the parameters of these weights, or of a run folder.",
            autocompletion=completion.weights,
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.svg",
            help="Draw the graph, with values above its arrows and derivatives below.",
            show_default=False,
        ),
    ] = None,
    set_: options.Set = None,
    seed: options.Seed = None,
    member: options.Member = None,
    json: options.Json = False,
) -> None:
    """Show the graph of one example: values and derivatives.

    Each derivative stands beside an experiment: how J changes where that value is nudged.

    Example: nnctl explain configs/backprop-two-layers.yaml -o graph.svg
    """
    from nnctl.cli.explanation import print_explanation
    from nnctl.cli.printing import print_json, print_told
    from nnctl.errors.visible import visible
    from nnctl.jobs.explain import explain

    result = explain(
        config,
        row=row,
        epsilon=epsilon,
        weights=weights,
        overrides=set_ or (),
        seed=seed,
        member=member,
        measure=not json,
        output=output,
    )
    if json:
        print_json(result.as_json())
        return
    print_explanation(result)
    if output is not None:
        path = visible(str(output))
        print()
        print_told("wrote", path, path)
