"""`nnctl profile`"""

from collections import defaultdict
from typing import TYPE_CHECKING

import typer

from nnctl.cli import options

if TYPE_CHECKING:
    from nnctl.jobs.profile import Profile

OPERATIONS_SHOWN = 20


def command(
    config: options.Config,
    set_: options.Set = None,
    seed: options.Seed = None,
    member: options.Member = None,
    threads: options.Threads = None,
    json: options.Json = False,
) -> None:
    """Measure where a training step's time goes, layer by layer.

    Operations and buffers of memory are told below the layers.

    Example: nnctl profile configs/mnist.yaml
    """
    from nnctl.cli.printing import print_json
    from nnctl.cli.threads import allowed_threads
    from nnctl.jobs.profile import profile

    with allowed_threads(threads):
        result = profile(config, overrides=set_ or (), seed=seed, member=member)
    if json:
        print_json(result.as_json())
    else:
        print_profile(result)
    raise typer.Exit()


def print_profile(result: "Profile") -> None:
    """A line an operation, the longest first; then the layers, and the step as a whole."""
    from nnctl.cli.printing import print_columns

    total = sum(entry.seconds for entry in result.entries)
    shown = result.entries[:OPERATIONS_SHOWN]
    rows = [
        [entry.layer, entry.operation, str(entry.calls), *time_cells(entry.seconds, total)]
        for entry in shown
    ]
    if rest := result.entries[OPERATIONS_SHOWN:]:
        seconds = sum(entry.seconds for entry in rest)
        calls = sum(entry.calls for entry in rest)
        rows.append([f"{len(rest)} more", "", str(calls), *time_cells(seconds, total)])
    print_columns(["layer", "operation", "calls", "µs", "share"], rows, left=2)
    layers: dict[str, float] = defaultdict(float)
    for entry in result.entries:
        layers[entry.layer] += entry.seconds
    print()
    print_columns(["layer", "µs", "share"], [[k, *time_cells(v, total)] for k, v in layers.items()])
    threads = "1 thread" if result.threads == 1 else f"{result.threads} threads"
    print(f"\na step of {result.rows:,} rows on {threads}, in µs:")
    print_columns(
        ["", "µs", "share"],
        [
            ["in training", *time_cells(result.step_seconds, result.step_seconds)],
            ["its calls alone", *time_cells(result.program_seconds, result.step_seconds)],
            ["its matrix products alone", *time_cells(result.product_seconds, result.step_seconds)],
        ],
    )


def time_cells(seconds: float, total: float) -> list[str]:
    """Microseconds and their share."""
    return [f"{seconds * 1e6:,.1f}", f"{seconds / total:.0%}" if total else ""]
