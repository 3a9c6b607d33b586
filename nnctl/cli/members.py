"""What is seen of an ensemble that trains: a row a member, as many figures as there is room for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnctl.errors.figures import figure_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nnctl.cli.progress import LiveFigures

FIRST = ("loss", "val_loss")  # the figures that are shown before others
BEST_FROM = 60  # columns from which the best figure is shown, with its epoch
LINES_AROUND = 4  # of a terminal, besides the rows
GAP = 2  # columns between two cells
SMALLEST_BAR, LARGEST_BAR = 6, 40  # columns


def draw_members(
    members: "Sequence[LiveFigures]", time_left: str, width: int, height: int
) -> "RenderableType":
    """A bar of all that is to be trained, and the table of the members."""
    from rich.console import Group
    from rich.text import Text

    shown = members[: max(1, height - LINES_AROUND)]
    more = len(members) - len(shown)
    rest = [Text(f"and {more} more", style="dim")] if more else []
    # The last line is empty, so that the ^C that a terminal shows fits on it.
    return Group(bar_of(members, time_left, width), table_of_members(shown, width), *rest, "")


def share_of(members: "Sequence[LiveFigures]") -> float:
    """How much of the training of all is done, from 0 to 1."""
    return sum(member.share for member in members) / len(members)


def bar_of(members: "Sequence[LiveFigures]", time_left: str, width: int) -> "RenderableType":
    """How much is done, how many members are over, and how long the rest will take."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    over = sum(member.ended is not None for member in members)
    texts = ("members", f"{over}/{len(members)}", time_left)
    bar = min(LARGEST_BAR, width - sum(len(text) + 1 for text in texts))
    bars = [ProgressBar(1.0, share_of(members), width=bar)] if bar >= SMALLEST_BAR else []
    grid = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(3 + len(bars)):
        grid.add_column(no_wrap=True)
    grid.add_row(*texts[:2], *bars, texts[2])
    return grid


def table_of_members(members: "Sequence[LiveFigures]", width: int) -> "RenderableType":
    """A row a member: its epoch, its figures, and the best of that which stops it, most likely."""
    from rich.table import Table
    from rich.text import Text

    names = list(dict.fromkeys(name for member in members for name in member.now))
    ordered = [name for name in FIRST if name in names]
    ordered += sorted((n for n in names if n not in FIRST), key=lambda n: not n.startswith("val_"))
    judge = next((name for name in reversed(FIRST) if name in names), None)
    head, rows = ["", "epoch"], [[str(k), epoch_of(m)] for k, m in enumerate(members, start=1)]
    best = [best_of(member, judge) if judge else "" for member in members]
    wanted = width >= BEST_FROM and any(best)
    taken = widest(head, rows) + (GAP + max(map(len, [*best, f"best {judge}"])) if wanted else 0)
    for name in ordered:
        cells = [
            figure_text(member.now[name], padded=True) if name in member.now else ""
            for member in members
        ]
        taken += GAP + max(map(len, [name, *cells]))
        if taken > width:
            break
        head.append(name)
        rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    if wanted:
        head.append(f"best {judge}")
        rows = [[*row, cell] for row, cell in zip(rows, best, strict=True)]
    table = Table.grid(padding=(0, GAP, 0, 0))
    for _ in head:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*head, style="dim")
    for row, member in zip(rows, members, strict=True):
        table.add_row(*(Text(cell, "dim" if member.ended else "") for cell in row))
    return table


def widest(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The columns that a table takes, without the gap behind the last of its own."""
    columns = zip(head, *rows, strict=True)
    return sum(max(map(len, column)) + GAP for column in columns) - GAP


def epoch_of(member: "LiveFigures") -> str:
    """Where a member is."""
    if member.run is None:
        return "waits"
    if member.ended is not None:
        return f"{member.ended.epoch}, over"
    return f"{member.epoch}/{member.run.epochs}"


def best_of(member: "LiveFigures", name: str) -> str:
    """The best of a figure, with its epoch."""
    if name not in member.best:
        return ""
    best, epoch = member.best[name]
    return f"{figure_text(best, padded=True)} ({epoch})"
