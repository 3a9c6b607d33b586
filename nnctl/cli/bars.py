"""Bars and small curves of text, in the room that a terminal has."""

import math
import sys
from collections.abc import Callable, Sequence

from nnctl.cli.printing import can_show, columns_of, shorten
from nnctl.errors.visible import visible

LEAST_ROOM, MOST_ROOM, ELSEWHERE = 30, 200, 80  # columns of a terminal that lines are made for
SHORT_NAME = 8  # columns that a name has at least
LEAST_BAR, MOST_BAR = 6, 60
BLOCKS, PLAIN = " ▏▎▍▌▋▊▉█", " #"
LEVELS, PLAIN_LEVELS = "▁▂▃▄▅▆▇█", "_.-=+*#@"


def room() -> int:
    """The columns that a line may take: those of the terminal, within bounds."""
    wide = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    return min(max(wide or ELSEWHERE, LEAST_ROOM), MOST_ROOM)


def bar(share: float, width: int) -> str:
    """A bar of a share of so many columns; what is not finite, or below 0, has none."""
    if not (math.isfinite(share) and share > 0):
        return ""
    blocks = BLOCKS if can_show(BLOCKS) else PLAIN
    parts = len(blocks) - 1
    whole, rest = divmod(round(min(share, 1) * width * parts), parts)
    return (blocks[-1] * whole + (blocks[rest] if rest else "")) or blocks[1]


def signed_bar(share: float, width: int) -> str:
    """A bar to the right of the middle of so many columns, or to the left where it is below 0."""
    half = (width - 1) // 2
    mark = "█" if can_show(BLOCKS) else "#"
    middle = "│" if can_show("│") else "|"
    filled = round(min(abs(share), 1) * half) if math.isfinite(share) else 0
    length = max(filled, 1 if share else 0)
    left, right = (mark * length, "") if share < 0 else ("", mark * length)
    return f"{left:>{half}}{middle}{right:<{half}}"


def small_curve(values: Sequence[float]) -> str:
    """A character a value, the higher the greater; values that are not finite have a blank."""
    levels = LEVELS if can_show(LEVELS) else PLAIN_LEVELS
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = high - low

    def level(value: float) -> str:
        if not math.isfinite(value):
            return " "
        share = (value - low) / span if 0 < span < math.inf else 0.5
        return levels[min(int(share * len(levels)), len(levels) - 1)]

    return "".join(map(level, values))


def print_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], bar_of: Callable[[int, int], str]
) -> None:
    """Aligned rows within the room that there is, each with a bar before its last cell.

    `bar_of` gives that of a row in so many columns; where too few are left, there is none. The
    first cell, a name, and the last are cut if need be.
    """
    table = [[visible(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[k]) for row in table) for k in range(len(head))]
    widths[0] = min(widths[0], room() // 3)
    taken = sum(widths[:-1])
    gap = 2 if taken + 2 * (len(head) - 2) <= room() else 1
    widths[0] = max(min(widths[0], SHORT_NAME), widths[0] - max(0, taken + len(head) - 2 - room()))
    widths[-1] = min(widths[-1], room() - sum(widths[:-1]) - gap * len(widths[:-1]))
    left = room() - sum(widths) - gap * len(head)
    width = min(left, MOST_BAR) if left >= LEAST_BAR else 0
    for place, row in enumerate(table, start=-1):
        cells = [f"{shorten(row[0], widths[0]):<{widths[0]}}"]
        cells += [f"{cell:>{own}}" for cell, own in zip(row[1:-1], widths[1:-1], strict=True)]
        if width:
            cells.append(f"{bar_of(place, width) if place >= 0 else '':<{width}}")
        print((" " * gap).join([*cells, shorten(row[-1], max(widths[-1], 0))]).rstrip())
