"""`nnctl lr-find`"""

from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import options
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.jobs.looking.lr_find import RateResult

CURVE_ROWS = 8


def command(
    config: options.Config,
    write: Annotated[
        bool, typer.Option("--write", help="Give the config this learning rate.")
    ] = False,
    set_: options.Set = None,
    seed: options.Seed = None,
    json: options.Json = False,
) -> None:
    """Find a learning rate: by batches at growing rates, and by trials.

    At most 100 batches, with a rate that grows from 1e-7 to 10, from three starts, show where the
    loss falls, and where it diverges. The rates around are tried, the better ones for longer.
    Nothing is written, unless with --write that one value of the config.

    Example: nnctl lr-find configs/mnist.yaml
    """
    from nnctl.cli.printing import print_json
    from nnctl.jobs.looking.lr_find import find_rate

    result = find_rate(config, overrides=set_ or (), seed=seed, write=write)
    if json:
        print_json(result.as_json())
    else:
        print_rate(result)


def print_rate(result: "RateResult") -> None:
    """The curve, the rate, and the line to type with it."""
    from nnctl.cli.printing import print_command, print_told

    if len(result.curve) > 1:
        print_curve(result)
    print_rates(result)
    print_told("rate", f"{result.rate:g}")
    if result.diverges_at is not None:
        print(f"diverges from {result.diverges_at:.2g} on")
    if result.written:
        path = visible(str(result.config))
        print_told("wrote", path, path)
    else:
        print_command("train", ["nnctl", "train", str(result.config), "--set", result.setting])


def print_rates(result: "RateResult") -> None:
    """What came of each rate that was tried, and how much of a training it had."""
    import math

    from nnctl.cli.printing import number, print_columns

    cells = [
        [f"{each.rate:g}", f"{each.share:.1%}", number(each.loss)]
        if math.isfinite(each.loss)
        else [f"{each.rate:g}", "", "diverges"]
        for each in sorted(result.tried, key=lambda each: each.rate)
    ]
    if cells:
        print_columns(["rate", "trained", "loss"], cells)
        print()


def print_curve(result: "RateResult") -> None:
    """The smoothed losses over the logarithm of the rate, with the rate marked below."""
    import math

    from nnctl.cli.bars import room
    from nnctl.cli.curve import draw, heights_of
    from nnctl.cli.printing import can_show

    rates, losses = zip(*result.curve, strict=True)
    (heights,), low, high, _ = heights_of([losses])
    ends = {0: f"{high:.3g}", CURVE_ROWS - 1: f"{low:.3g}"}
    margin = max(map(len, ends.values()))
    width = room() - margin - 1
    if can_show("\u2800\u28ff"):
        for place, cells in enumerate(draw([heights], width, CURVE_ROWS)):
            line = "".join(character for character, _ in cells)
            print(f"{ends.get(place, ''):>{margin}} {line}".rstrip())
    span = math.log(rates[-1] / rates[0])
    share = min(max(math.log(result.rate / rates[0]) / span, 0.0), 1.0)
    mark = f"{'':{margin + 1}}{'':{round(share * (width - 1))}}^"
    print(mark)
    first, last = f"{rates[0]:.0e}", f"{rates[-1]:.1e}"
    print(f"{'':{margin}} {first}{last:>{width - len(first)}}\n")
