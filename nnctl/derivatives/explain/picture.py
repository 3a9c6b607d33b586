"""The course's drawing of a computation graph as SVG: values above the arrows, derivatives below.

Every node has a stub of an arrow to its right, which has its numbers; behind it arrows part, each
on a way of its own, so that none runs through text. Parameters stand below what they are read by.
"""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from nnctl.derivatives.explain.boxes import Box, Placed, boxes_of, place
from nnctl.derivatives.explain.experiment import Experiment, Finding
from nnctl.errors.visible import visible
from nnctl.graph import Array

MARGIN, LINE = 24, 18  # around all, and of a line of text
LETTER, BOLD = 8.8, 10.8  # more than a letter is wide
STUB, WAY, TURN = 76, 10, 12  # the least arrow with text; between arrows that part; before a box
HEAD, GAP = 46, 16  # above the first row, and between what stands below each other
LISTED = 4  # entries of a tensor that are shown; of more their mean and norm
LONGEST = 24  # letters of a line of a formula
STYLE = """\
svg { --page: #fffefb; --panel: #f6f4ee; --ink: #1d1f21; --muted: #5c6064; --rule: #8a8e92; \
--value: #1a5291; --slope: #9c430b; }
@media (prefers-color-scheme: dark) { svg { --page: #15171a; --panel: #22262b; --ink: #e8e6e1; \
--muted: #a9adb1; --rule: #7d8389; --value: #8fc0f5; --slope: #f3ad6d; } }
text { font: 15px/1 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); \
font-variant-numeric: tabular-nums; }
.page { fill: var(--page); } .node { fill: var(--panel); stroke: var(--ink); stroke-width: 1.5; }
.parameter { fill: var(--page); stroke: var(--ink); } .given { fill: none; stroke: none; }
.arrow { fill: none; stroke: var(--ink); stroke-width: 1.4; } .tip { fill: var(--ink); }
.label { font-weight: 600; } .formula, .note, .layer { fill: var(--muted); font-size: 14px; }
.value { fill: var(--value); } .slope, .nudge { fill: var(--slope); } .nudge { font-size: 13px; }
.brace { stroke: var(--rule); fill: none; }"""
Point = tuple[float, float]


def picture_of(experiment: Experiment, parameters: Sequence[Finding], title: str) -> str:
    """The drawing as the text of an SVG file; `title` says what it is of."""
    return Picture(place(boxes_of(experiment, parameters)), title, experiment.epsilon).svg()


class Picture:
    """Boxes that know their column and row, laid out in pixels."""

    def __init__(self, placed: Sequence[Placed], title: str, epsilon: float):
        self.placed = sorted(placed, key=lambda each: (each.column, each.row))
        self.title, self.epsilon = visible(title), epsilon
        self.at = {each.box.name: each for each in placed}
        self.columns = 1 + max(each.column for each in placed)
        self.layers = [self._in(column)[0].box.layer for column in range(self.columns)]
        self.rises = {name: k for k, name in enumerate(self._leaping())}
        self._measure_columns()
        self._measure_rows()

    def _in(self, column: int) -> list[Placed]:
        return [each for each in self.placed if each.column == column]

    def _leaping(self) -> list[str]:
        """The nodes that are read further right than in the next column."""
        reading = [(each, self.at[source]) for each in self.placed for source in each.box.sources]
        found = [source.box.name for each, source in reading if each.column > source.column + 1]
        return list(dict.fromkeys(found))

    def _measure_columns(self) -> None:
        self.left: list[float] = []
        self.width: list[float] = []
        self.stub: list[float] = []
        x: float = MARGIN + self._first_stub()
        for column in range(self.columns):
            own = [each.box for each in self._in(column)]
            self.left.append(x)
            self.width.append(max(map(self._box_width, own)))
            self.stub.append(max(map(stub_width, own)))
            rows = max((len(self._in(near)) for near in (column, column + 1)), default=1)
            ways = WAY * (rows + len(self.rises)) if rows > 1 or self.rises else 0
            x += self.width[-1] + self.stub[-1] + ways + TURN
        self.total = x + MARGIN

    def _first_stub(self) -> float:
        """The room for an arrow from the input into the first column."""
        given = [feed for each in self._in(0) for feed in each.box.feeds if feed.label == "x"]
        return max((own_width(feed) + stub_width(feed) + TURN for feed in given), default=0.0)

    def _label(self, box: Box) -> str:
        return box.label if box.layer == self.layers[self.at[box.name].column] else box.name

    def _box_width(self, box: Box) -> float:
        feeds = self._below(box)
        reach = max((own_width(feed) + stub_width(feed) for feed in feeds), default=0.0)
        formula = LETTER * max(map(len, formula_lines(box)))
        own = 24 + max(BOLD * len(self._label(box)), formula)
        return max(own, reach + 2 * TURN + WAY * len(feeds))

    def _below(self, box: Box) -> list[Box]:
        """What stands below a node: all that it reads but nodes, and the input at the left."""
        first = self.at[box.name].column == 0
        return [feed for feed in box.feeds if not (first and feed.label == "x")]

    def _measure_rows(self) -> None:
        """The middle of each row, and the top of each thing below a node."""
        rows = 1 + max(each.row for each in self.placed)
        y: float = MARGIN + LINE + HEAD + WAY * len(self.rises)
        self.middle: list[float] = []
        self.lanes: dict[str, list[float]] = {}
        for row in range(rows):
            own = [each.box for each in self.placed if each.row == row]
            half = max(map(half_height, own))
            self.middle.append(y + half)
            bottom = y + 2 * half
            for box in own:
                lane = y + 2 * half + GAP
                self.lanes[box.name] = []
                for feed in self._below(box):
                    above, below = (LINE * len(lines) for lines in texts_of(feed))
                    self.lanes[box.name].append(lane + max(above, LINE) + 4)
                    lane += max(above, LINE) + below + GAP + 8
                bottom = max(bottom, lane)
            y = bottom + GAP
        self.height = y + 2 * LINE + MARGIN

    def svg(self) -> str:
        """The text of the file."""
        width, height = (int(np.ceil(each)) for each in (self.total, self.height))
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(self.title)}</title>",
            f"<style>\n{STYLE}\n</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" '
            'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
            '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
            f'<rect class="page" width="{width}" height="{height}"/>',
            text_at(MARGIN, MARGIN + LINE - 4, self.title, "label", "start"),
            *self._braces(),
            *(line for each in self.placed for line in self._drawn(each)),
            text_at(MARGIN, self.height - MARGIN - LINE, self._note(), "note", "start"),
            "</svg>\n",
        ]
        return "\n".join(parts)

    def _note(self) -> str:
        told = "Above each arrow its value, below the derivative of J by it"
        return f"{told}; a parameter's nudge is (J(v+ε) − J(v))/ε, ε = {self.epsilon:g}."

    def _braces(self) -> Iterator[str]:
        """The names of the layers, each above its columns."""
        y = MARGIN + LINE + 22
        start = 0
        for column in range(1, self.columns + 1):
            if column < self.columns and self.layers[column] == self.layers[start]:
                continue
            left, right = self.left[start], self.left[column - 1] + self.width[column - 1]
            yield f'<path class="brace" d="M{left:.0f} {y + 12}v-6H{right:.0f}v6"/>'
            yield text_at((left + right) / 2, y, self.layers[start], "layer")
            start = column

    def _drawn(self, each: Placed) -> Iterator[str]:
        """A node, its numbers, what it is fed, and the arrows into it."""
        box, left = each.box, self.left[each.column]
        width, y = self.width[each.column], self.middle[each.row]
        half = LINE * (1 + len(formula_lines(box))) / 2 + 10
        yield f'<g class="box" data-name="{escape(visible(box.name))}">'
        yield (
            f'<rect class="node" x="{left:.0f}" y="{y - half:.1f}" width="{width:.0f}" '
            f'height="{2 * half:.1f}" rx="6"/>'
        )
        baseline = y - half + LINE + 5
        for k, (line, kind) in enumerate(
            [(self._label(box), "label"), *((line, "formula") for line in formula_lines(box))]
        ):
            yield text_at(left + width / 2, baseline + k * LINE, line, kind)
        yield from numbers_at(box, left + width, self.stub[each.column], y)
        end = left + width + self.stub[each.column]
        last = each.column == self.columns - 1
        yield arrow([(left + width, y), (end, y)], tip=last)
        yield "</g>"
        for k, (feed, lane) in enumerate(zip(self._below(box), self.lanes[box.name], strict=True)):
            turn = left + width - TURN - WAY * (len(self.lanes[box.name]) - 1 - k)
            yield from fed(feed, left, lane, [(turn, lane), (turn, y + half)])
        for feed in box.feeds:
            if feed not in self._below(box):
                start = left - own_width(feed) - stub_width(feed) - TURN
                yield from fed(feed, start, y, [(left, y)])
        for source in box.sources:
            yield arrow(self._way(self.at[source], each))

    def _way(self, source: Placed, each: Placed) -> list[Point]:
        """The corners of an arrow from the end of a node's stub to another node."""
        name = source.box.name
        x = self.left[source.column] + self.width[source.column] + self.stub[source.column]
        y, goal = self.middle[source.row], self.middle[each.row]
        left = self.left[each.column]
        if each.column == source.column + 1:
            if y == goal:
                return [(x, y), (left, goal)]
            turn = x + WAY * (1 + len(self.rises) + source.row)
            return [(x, y), (turn, y), (turn, goal), (left, goal)]
        rise = self.rises[name]
        top = MARGIN + LINE + HEAD - 4 + WAY * rise
        turn = x + WAY * (1 + rise)
        before = left - TURN - WAY * (1 + rise)
        return [(x, y), (turn, y), (turn, top), (before, top), (before, goal), (left, goal)]


def fed(feed: Box, left: float, y: float, way: Sequence[Point]) -> Iterator[str]:
    """A parameter or what is given, its numbers, and the arrow from it."""
    width = own_width(feed)
    yield f'<g class="box" data-name="{escape(visible(feed.name))}">'
    yield (
        f'<rect class="{feed.kind}" x="{left:.0f}" y="{y - LINE / 2 - 4:.1f}" '
        f'width="{width:.0f}" height="{LINE + 8}" rx="4"/>'
    )
    yield text_at(left + width / 2, y + 5, feed.label, "label")
    yield from numbers_at(feed, left + width, stub_width(feed), y)
    yield "</g>"
    yield arrow([(left + width, y), *way])


def numbers_at(box: Box, left: float, width: float, y: float) -> Iterator[str]:
    """The value of a box above an arrow, what is derived by it below."""
    above, below = texts_of(box)
    x = left + width / 2
    for k, line in enumerate(reversed(above)):
        yield text_at(x, y - 8 - k * LINE, line, "value")
    for k, line in enumerate(below):
        kind = "nudge" if line.startswith("nudge") else "slope"
        yield text_at(x, y + LINE + 2 + k * LINE, line, kind)


def texts_of(box: Box) -> tuple[list[str], list[str]]:
    """The lines above the arrow of a box, and those below."""
    below = [] if box.gradient is None else array_lines(box.gradient)
    if box.nudge is not None and box.value.size == 1:
        below = [*below, f"nudge {plain(box.nudge.item())}"]
    elif box.nudge is not None:
        below = [*below, f"nudge mean {plain(float(box.nudge.mean()), 3)}"]
    shape = "×".join(str(n) for n in box.value.shape if n > 1)
    return ([shape] if box.value.size > LISTED else []) + array_lines(box.value), below


def array_lines(array: Array) -> list[str]:
    """A number, a few below each other, or the mean and the norm of more."""
    if array.size <= LISTED:
        return [plain(number) for number in array.reshape(-1).tolist()]
    norm = float(np.linalg.norm(array))
    return [f"mean {plain(float(array.mean()), 3)}", f"norm {plain(norm, 3)}"]


def plain(value: float, digits: int = 6) -> str:
    """A number to so many digits, as the terminal has it, with a true minus."""
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def stub_width(box: Box) -> float:
    """The length of an arrow that has a box's numbers on it."""
    above, below = texts_of(box)
    return max(STUB, 16 + LETTER * max(map(len, [*above, *below]), default=0))


def own_width(feed: Box) -> float:
    """The width of the box of a parameter, or of what is given."""
    return max(30, 16 + BOLD * len(feed.label))


def half_height(box: Box) -> float:
    """Half of the room that a node needs, with its numbers."""
    above, below = texts_of(box)
    return max(
        LINE * (1 + len(formula_lines(box))) / 2 + 12, LINE * max(len(above), len(below)) + 8
    )


def formula_lines(box: Box) -> list[str]:
    """The right-hand side of a node's equation, in lines of no more letters than a box is wide."""
    words = visible(box.formula).replace("(", "(\0").replace(" ", " \0").split("\0")
    lines = ["= "]
    for word in words:
        if lines[-1] not in ("", "= ") and len(lines[-1] + word) > LONGEST:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines if line.strip()]


def text_at(x: float, y: float, text: str, kind: str, anchor: str = "middle") -> str:
    """A line of text; `y` is where its letters stand."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(visible(text))}</text>"
    )


def arrow(points: Sequence[Point], tip: bool = True) -> str:
    """A line through some points, which ends in a tip."""
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    marker = ' marker-end="url(#tip)"' if tip else ""
    return f'<path class="arrow" d="M{way}"{marker}/>'
