"""A small curve of the losses, in braille: a character holds two by four dots."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a character
BLANK = 0x2800  # the character without dots
ROWS = 5  # of characters
COLOURS = ("cyan", "magenta")  # of the series, on light and dark ground
DECADES = 2.0  # from which on losses are drawn by their logarithm
Cell = tuple[str, int]  # a character, and the series that it belongs to; -1 for none


class Series:
    """The losses of all epochs so far, in bounded memory: neighbours are merged when it is full."""

    def __init__(self, most: int = 512):
        self.most = most
        self._each = 1
        self.values: list[float] = []
        self._waiting: list[float] = []

    def add(self, value: float) -> None:
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


def curve_of(several: Mapping[str, Series], width: int) -> "Text | None":
    """The series by name, with the ends of their range; None where none has two values yet."""
    from rich.text import Text

    known = {name: series.values for name, series in several.items() if len(series.values) > 1}
    if not known:
        return None
    heights, low, high, by_logarithm = heights_of(list(known.values()))
    ends = {0: f"{high:.3g}", ROWS - 1: f"{low:.3g}"}
    margin = max(map(len, ends.values()))
    text = Text(no_wrap=True)
    for place, line in enumerate(draw(heights, width - margin - 1, ROWS)):
        text.append(f"{ends.get(place, ''):>{margin}} ", style="dim")
        for character, series in line:
            text.append(character, style=COLOURS[series] if series >= 0 else "")
        text.append("\n")
    text.append(f"{'':{margin}} {'loss, logarithmic:' if by_logarithm else 'loss:'}", style="dim")
    for name, colour in zip(known, COLOURS, strict=False):
        text.append(f" {name}", style=colour)
    return text
