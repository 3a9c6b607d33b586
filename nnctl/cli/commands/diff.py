"""`nnctl diff`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnctl.cli import completion, options
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnctl.jobs.looking.difference import RunDifference

LONGEST_VALUE = 60


def command(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="A run.", autocompletion=completion.runs)
    ],
    second: Annotated[
        Path, typer.Argument(metavar="B", help="Another run.", autocompletion=completion.runs)
    ],
    json: options.Json = False,
) -> None:
    """Tell what two runs differ in: config, data, versions, bytes.

    The bytes are those of the weights. The status is 0 where they are the same, else 1.

    Example: nnctl diff runs/mnist runs/mnist
    """
    from nnctl.cli.printing import print_json
    from nnctl.errors import ExitStatus
    from nnctl.jobs.looking.difference import difference

    found = difference(first, second)
    if json:
        print_json(found.as_json())
    else:
        print_difference(found)
    raise typer.Exit(ExitStatus.DONE if found.same_bytes else ExitStatus.NO)


def print_difference(found: "RunDifference") -> None:
    """A table for each kind of difference, then what the weights come to."""
    from nnctl.cli.printing import wrap

    print_pairs(found, "config", found.config)
    print_pairs(found, "data, by SHA-256", found.data)
    print_pairs(found, "versions", found.versions)
    print_pairs(found, "figures", found.figures)
    if found.same_bytes is None:
        print("weights  one of the two has none yet")
    elif found.same_bytes:
        print("weights  the same bytes")
    elif not found.arrays:
        print("weights  the same arrays, in other files")
    else:
        others = f", and {len(found.arrays) - 1:,} more" if len(found.arrays) > 1 else ""
        text = f"weights  {visible(found.arrays[0])} is the first that differs{others}"
        print(wrap(text, sys.stdout))


def print_pairs(found: "RunDifference", title: str, pairs: "Mapping[str, tuple[Any, Any]]") -> None:
    """A line a name, with both values; nothing where there are none."""
    from nnctl.cli.bars import room
    from nnctl.cli.printing import print_columns, shorten
    from nnctl.runs.listing import text_of_value

    if not pairs:
        return
    name_columns = max(len(visible(name)) for name in (title, *pairs))
    most = LONGEST_VALUE
    if sys.stdout.isatty():
        most = min(most, max((room() - name_columns - 4) // 2, room() // 3))
    rows = [
        [name, *(shorten(visible(text_of_value(value)), most) for value in pair)]
        for name, pair in pairs.items()
    ]
    print_columns([title, *found.runs], rows, left=3)
    print()
