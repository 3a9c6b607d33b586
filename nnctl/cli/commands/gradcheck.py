"""`nnctl gradcheck`"""

from enum import StrEnum
from typing import Annotated

import typer

from nnctl.cli import options


class Method(StrEnum):
    complex_step = "complex-step"
    central = "central"


def command(
    config: options.OptionalConfig = None,
    method: Annotated[
        Method, typer.Option(help="How derivatives are found by experiment.")
    ] = Method.complex_step,
    set_: options.Set = None,
    init_weights: options.InitWeights = None,
    seed: options.Seed = None,
    member: options.Member = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Of the package, tell of every case by itself.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Prove the derivatives: of the package, or of a config's model.

    Without a config every layer, activation, loss and operation of the package is checked; with
    one, its model on a batch of its data.

    Example: nnctl gradcheck configs/mnist.yaml --method central
    """
    from nnctl.cli.printing import print_json
    from nnctl.cli.proof import print_gradcheck
    from nnctl.errors import ExitStatus
    from nnctl.jobs.gradcheck import gradcheck

    result = gradcheck(
        config,
        overrides=set_ or (),
        method=method.value,
        init_weights=init_weights,
        seed=seed,
        member=member,
    )
    if json:
        print_json(result.as_json())
    else:
        print_gradcheck(result, verbose)
    raise typer.Exit(ExitStatus.DONE if result.passed else ExitStatus.NO)
