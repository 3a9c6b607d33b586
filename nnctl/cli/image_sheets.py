"""What is printed of the images of a config."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nnctl.cli.printing import print_columns
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.jobs.images.sheet import Sheets, Twins

MOST_TWINS = 10
MOST_NAMED = 10  # classes, and kinds of pixels


def print_sheets(sheets: "Sheets") -> None:
    """A row a part of the data, then the images that two parts nearly share."""
    rows = [
        [
            sheet.part,
            f"{sheet.images:,}",
            spread_words(sheet.heights),
            spread_words(sheet.widths),
            count_words(sheet.modes),
            f"{sheet.unreadable:,}",
            count_words(sheet.classes),
        ]
        for sheet in sheets.parts
    ]
    head = ["images of", "count", "height", "width", "pixels", "unreadable", "classes"]
    print_columns(head, rows, left=7)
    print()
    print_twins(sheets.twins)


def print_twins(twins: "Sequence[Twins]") -> None:
    """The images that train and validation nearly share."""
    if not twins:
        return
    some = "1 image that validates is" if len(twins) == 1 else f"{len(twins):,} that validate are"
    print(f"{some} nearly the same as one that trains:")
    for twin in twins[:MOST_TWINS]:
        print(visible(f"  {twin.validation}  like  {twin.train}"))
    if len(twins) > MOST_TWINS:
        print(f"  and {len(twins) - MOST_TWINS:,} more")
    print()


def spread_words(spread: tuple[int, int, int]) -> str:
    """The least, the middle one and the greatest; one number where they are alike."""
    least, middle, greatest = spread
    return f"{least}" if least == greatest else f"{least} to {greatest}, {middle} in the middle"


def count_words(counts: Mapping[str, int]) -> str:
    """How many there are of each."""
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:MOST_NAMED]]
    return ", ".join(shown) + (", …" if len(counts) > MOST_NAMED else "")
