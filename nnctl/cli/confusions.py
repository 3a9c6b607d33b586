"""A confusion matrix on the terminal: shaded, and with letters where its labels do not fit."""

import os
import string
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nnctl.cli.colour import has_colours
from nnctl.cli.printing import columns_of, print_columns, wrap
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.assembly.by_class import ClassFigures
    from nnctl.assembly.comparison import Confusion

MOST_CLASSES, MOST_PAIRS = 50, 20  # that a terminal has room for
BY_CLASS = ["prec.", "recall", "f1"]
# Black on ever stronger red, each of which is darker than the one before where there is no colour.
SHADES = ("38;5;16;48;5;224", "38;5;16;48;5;217", "38;5;16;48;5;210", "38;5;16;48;5;203")
RIGHT, NOBODY = "1", "2"  # how a count of right answers looks, and one of none


def print_confusion(confusion: "Confusion", by_class: "Sequence[ClassFigures]") -> None:
    """The confusion matrix and figures by class, or of many what is confused most often."""
    labels = [visible(str(label)) for label in confusion.classes]
    if len(labels) > MOST_CLASSES or (matrix := confusion.matrix) is None:
        print_commonest(confusion, len(labels))
        return
    counts = [[int(count) for count in row] for row in matrix]
    figures = [class_cells(own) for own in by_class]
    room = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    shades = shades_of(counts) if has_shades() else {}
    note = "rows are the true classes, columns the predicted ones"
    print(wrap(f"\n{note}{'; the redder, the more' if shades else ''}", sys.stdout))
    whole = [["", *labels, *BY_CLASS]]
    whole += [
        [label, *map(str, row), *own]
        for label, row, own in zip(labels, counts, figures, strict=True)
    ]
    if not room or width_of(whole, 2) <= room:
        print_matrix(whole, shades, room, 2)
        return
    for names in (labels, codes := codes_of(len(labels))):
        table = [["", *names]]
        table += [[name, *map(str, row)] for name, row in zip(names, counts, strict=True)]
        gap = 2 if width_of(table, 2) <= room else 1
        if width_of(table, gap) <= room:
            break
    print_matrix(table, shades, room, gap)
    print()
    if names is labels:
        print_columns(
            ["", *BY_CLASS], [[name, *own] for name, own in zip(names, figures, strict=True)]
        )
    else:
        print_legend(codes, labels, figures, room)


def print_legend(
    codes: Sequence[str], labels: Sequence[str], figures: Sequence[Sequence[str]], room: int
) -> None:
    """The class that each code stands for, with its figures: below those where room is short."""
    named = [f"{code} = {label}" for code, label in zip(codes, labels, strict=True)]
    table = [["", *BY_CLASS], *([name, *own] for name, own in zip(named, figures, strict=True))]
    if width_of(table, 2) > room:
        for row, code in zip(table, ["", *codes], strict=True):
            row[0] = code
    print_columns(table[0], table[1:])
    if table[1][0] != named[0]:
        print()
        for name in named:
            print(textwrap.fill(name, room, subsequent_indent="    ", break_on_hyphens=False))


def print_commonest(confusion: "Confusion", classes: int) -> None:
    """Which of many classes are taken for which others."""
    pairs = confusion.commonest(MOST_PAIRS)
    most = f"\nof {classes:,} classes, the {len(pairs)} that are confused most often"
    print(wrap(most, sys.stdout))
    cells = [[str(truth), str(guess), f"{rows:,}"] for truth, guess, rows in pairs]
    print_columns(["true", "predicted", "rows"], cells)


def class_cells(figures: "ClassFigures") -> list[str]:
    """Precision, recall and F1 of a class; a line where there is nothing to divide by."""
    found = (figures.precision, figures.recall, figures.f1)
    return ["-" if value is None else f"{value:.3f}" for value in found]


def codes_of(count: int) -> list[str]:
    """So many codes: A to Z, then AA, AB and so on."""
    letters = string.ascii_uppercase
    return [*letters, *(a + b for a in letters for b in letters)][:count]


def widths_of(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def width_of(table: Sequence[Sequence[str]], gap: int) -> int:
    """The columns that a table takes, with so much between two of its own."""
    widths = widths_of(table)
    return sum(widths) + gap * (len(widths) - 1)


def print_matrix(
    table: Sequence[Sequence[str]], shades: dict[tuple[int, int], str], room: int, gap: int
) -> None:
    """The table, in blocks where it is too wide; shades by the row and column of a count."""
    widths = widths_of(table)
    for number, block in enumerate(blocks_within(widths, room, gap)):
        if number:
            print()
        for row, cells in enumerate(table, start=-1):
            line = cells[0].ljust(widths[0])
            for place in block:
                shade = shades.get((row, place - 1)) if row >= 0 else None
                text = cells[place].rjust(widths[place])
                line += " " * gap + (f"\x1b[{shade}m{text}\x1b[0m" if shade else text)
            print(line.rstrip())


def blocks_within(widths: Sequence[int], room: int, gap: int) -> Iterator[list[int]]:
    """The columns behind the first, in blocks that fit beside it; in one where `room` is 0."""
    block: list[int] = []
    taken = widths[0]
    for place, width in enumerate(widths[1:], start=1):
        if block and 0 < room < taken + gap + width:
            yield block
            block, taken = [], widths[0]
        block.append(place)
        taken += gap + width
    yield block


def has_shades() -> bool:
    """Whether stdout is a terminal with 256 colours."""
    many = "256" in os.environ.get("TERM", "") or bool(os.environ.get("COLORTERM"))
    return many and has_colours(sys.stdout)


def shades_of(counts: Sequence[Sequence[int]]) -> dict[tuple[int, int], str]:
    """How each count looks: wrong ones shaded among themselves, right ones bold."""
    cells = {(k, j): count for k, row in enumerate(counts) for j, count in enumerate(row)}
    most = max((count for (k, j), count in cells.items() if k != j), default=0)

    def shade(place: tuple[int, int], count: int) -> str:
        if not count:
            return NOBODY
        if place[0] == place[1]:
            return RIGHT
        return SHADES[-(-count * len(SHADES) // most) - 1]

    return {place: shade(place, count) for place, count in cells.items()}
