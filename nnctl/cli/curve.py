"""A small curve of the losses, in braille: a character holds two by four dots."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a character
BLANK = 0x2800  # the character without dots
LEAST_ROWS, MOST_ROWS = 4, 20  # of characters
MIDDLE_FROM = 7  # rows from which the middle of the axis has its number, too
STEPS = (1, 2, 5)  # times a power of ten, from one epoch that the axis names to the next
AXIS = "epoch"
SHORT = 5  # letters of a name that stand where its curve ends
COLOURS = ("cyan", "magenta")  # of the series, on light and dark ground
DECADES = 2.0  # from which on losses are drawn by their logarithm
Cell = tuple[str, int]  # a character, and the series that it belongs to; -1 for none


class Series:
    """The losses of all epochs so far, in bounded memory: neighbours are merged when it is full."""

    def __init__(self, most: int = 512):
        self.most = most
        self._each = 1
        self.values: list[float] = []
        self.epochs = (0, 0)  # the first and the last
        self._waiting: list[float] = []

    def add(self, value: float, epoch: int) -> None:
        self.epochs = (self.epochs[0] or epoch, epoch)
        self._waiting.append(value)
        if len(self._waiting) < self._each:
            return
        self.values = [*self.values, sum(self._waiting) / self._each]  # another thread may read
        self._waiting = []
        if len(self.values) == self.most:
            pairs = zip(self.values[::2], self.values[1::2], strict=True)
            self.values = [(a + b) / 2 for a, b in pairs]
            self._each *= 2


def heights_of(several: Sequence[Sequence[float]]) -> tuple[list[list[float]], float, float, bool]:
    """The series from 0 to 1, the least and the greatest value, and whether by the logarithm.

    What is not finite becomes nan.
    """
    finite = [value for values in several for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    by_logarithm = low > 0 and math.log10(high / low) >= DECADES
    ends = [math.log(low), math.log(high)] if by_logarithm else [low, high]
    span = ends[1] - ends[0]

    def height(value: float) -> float:
        if not math.isfinite(value):
            return math.nan
        at = math.log(value) if by_logarithm else value
        return (at - ends[0]) / span if span > 0 else 0.5

    return [[height(value) for value in values] for values in several], low, high, by_logarithm


def stretch(values: Sequence[float], columns: int) -> list[float]:
    """A value a column: of several values the mean, between two of them a straight line."""
    count = len(values)
    if count >= columns:
        ends = [count * column // columns for column in range(columns + 1)]
        parts = [values[a:b] for a, b in itertools.pairwise(ends)]
        return [sum(part) / len(part) for part in parts]
    found = []
    for column in range(columns):
        place, share = divmod(column * (count - 1) / (columns - 1), 1)
        left, right = values[int(place)], values[min(int(place) + 1, count - 1)]
        found.append(left + (right - left) * share if share else left)
    return found


def draw(heights: Sequence[Sequence[float]], width: int, rows: int) -> list[list[Cell]]:
    """Lines of `width` characters: the series, from 0 at the bottom to 1 at the top.

    Where two meet in a character, it belongs to the first.
    """
    bits = [[0] * width for _ in range(rows)]
    owner = [[-1] * width for _ in range(rows)]
    for series, values in enumerate(heights):
        before: int | None = None
        for column, height in enumerate(stretch(values, 2 * width)):
            if math.isnan(height):
                before = None
                continue
            dot = round((1 - height) * (4 * rows - 1))
            last = dot if before is None else before
            for row in range(min(dot, last), max(dot, last) + 1):
                line, place = row // 4, column // 2
                bits[line][place] |= DOTS[row % 4][column % 2]
                if owner[line][place] < 0:
                    owner[line][place] = series
            before = dot
    return [
        [(chr(BLANK + each) if each else " ", own) for each, own in zip(line, owners, strict=True)]
        for line, owners in zip(bits, owner, strict=True)
    ]


def number_at(height: float, low: float, high: float, by_logarithm: bool) -> float:
    """The value that lies so high between the least and the greatest, from 0 to 1."""
    return low * (high / low) ** height if by_logarithm else low + (high - low) * height


def ends_of(heights: Sequence[Sequence[float]], rows: int) -> dict[int, int]:
    """The row in which each series ends, with the series; of two in one row the later goes by."""
    found: dict[int, int] = {}
    for series, values in enumerate(heights):
        known = [value for value in values if not math.isnan(value)]
        if known:
            row = round((1 - known[-1]) * (4 * rows - 1)) // 4
            around = sorted(range(rows), key=lambda own: abs(own - row))
            found[next(own for own in around if own not in found)] = series
    return found


def axis_of(first: int, last: int, columns: int) -> str:
    """The epochs below a curve of so many columns: the first, the last, and round ones between."""
    line = [" "] * columns
    room = len(str(last)) + 4
    least = room * (last - first) / max(1, columns - 1)
    power = 10 ** max(0, math.floor(math.log10(max(1.0, least))))
    step = next(own for own in (*(s * power for s in STEPS), 10 * power) if own >= least)
    for epoch in (first, last, *range(first // step * step, last, step)):
        text = str(epoch)
        place = round((epoch - first) * (columns - 1) / (last - first)) - len(text) // 2
        place = min(max(0, place), columns - len(text))
        around = line[max(0, place - 1) : place + len(text) + 1]
        if first <= epoch and not any(map(str.strip, around)):
            line[place : place + len(text)] = text
    return "".join(line).rstrip()


def curve_of(several: Mapping[str, Series], width: int, rows: int) -> "Text | None":
    """The series by name, with the ends of their range and the epochs below, and a legend.

    It has two lines more than `rows`. None where no series has two values yet.
    """
    from rich.text import Text

    known = {name: series for name, series in several.items() if len(series.values) > 1}
    if not known:
        return None
    heights, low, high, by_logarithm = heights_of([series.values for series in known.values()])
    numbers = {0: high, rows - 1: low}
    if rows >= MIDDLE_FROM:
        middle = rows // 2
        share = 1 - (4 * middle + 1.5) / (4 * rows - 1)  # of the middle of its four dots
        numbers[middle] = number_at(share, low, high, by_logarithm)
    labels = {row: f"{number:.3g}" for row, number in numbers.items()}
    margin = max(map(len, (*labels.values(), AXIS)))
    ends = ends_of(heights, rows) if len(known) > 1 else {}
    columns = width - margin - 1 - (SHORT + 1 if ends else 0)
    text = Text(no_wrap=True)
    names = [name[:SHORT] for name in known]
    for place, line in enumerate(draw(heights, columns, rows)):
        text.append(f"{labels.get(place, ''):>{margin}} ", style="dim")
        for character, series in line:
            text.append(character, style=COLOURS[series] if series >= 0 else "")
        if place in ends:
            text.append(f" {names[ends[place]]}", style=COLOURS[ends[place]])
        text.append("\n")
    first, last = next(iter(known.values())).epochs
    text.append(f"{AXIS:>{margin}} {axis_of(first, last, columns)}\n", style="dim")
    text.append(f"{'':{margin}} {'loss, logarithmic:' if by_logarithm else 'loss:'}", style="dim")
    for name, colour in zip(known, COLOURS, strict=False):
        text.append(f" {name}", style=colour)
    return text
