"""Charts as SVG in the text of a page, whose colours are those of the page, light or dark.

Matplotlib draws them with stand-ins for colours, which then become variables of the page's style.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from nnctl.calibration.reliability import Point
from nnctl.errors.visible import visible
from nnctl.graph import Array
from nnctl.report.predictions import even_places
from nnctl.report.wording import short

WIDTH, HEIGHT, SQUARE = 560, 260, 340  # of a chart, in units that the page stretches
LEFT, RIGHT, TOP, BOTTOM, TITLE = 68, 16, 12, 54, 20  # the space around its axes
COLORS = 8  # of lines, before they come again
DECADES = 2.0  # that positive numbers span, from which on an axis is logarithmic
FEW_EPOCHS = 20  # up to which each has a mark
MOST_POINTS = 1000
LARGEST, SMALLEST = 1e150, 1e-150  # numbers that are drawn
LEAST_BINS, MOST_BINS = 5, 30
STEPS = (1, 2, 2.5, 5, 10)  # between ticks, times a power of ten
INK, MUTED, RULE, PAGE = "#010203", "#010204", "#010205", "#010206"
VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAGE: "--page"} | {
    f"#0102{16 + k:02x}": f"--line-{k + 1}" for k in range(COLORS)
}
LINES = [color for color, name in VARIABLES.items() if name.startswith("--line")]
MARKS = "os^DvPXh"  # of classes or runs, beside their colours
SIGNS = "●■▲◆▼✚✖⬢"  # the same, in text
MARK_SIZE = 6
POINTS_MARKED = 8  # points of a long line that have a mark
DASHES = {"solid": "-", "dashed": (0, (4, 2.5))}
STYLE = {
    "svg.fonttype": "none",  # text that can be read, selected and scaled
    "svg.hashsalt": "nnctl",
    "text.parse_math": False,
    "font.size": 11,
    "font.family": "DejaVu Sans",  # which comes with Matplotlib, so that all machines lay out alike
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "xtick.major.size": 0,
    "xtick.major.pad": 8,
    "ytick.major.size": 0,
    "ytick.major.pad": 8,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.8,
    "lines.markersize": 3.5,
    "path.simplify": True,
}


@dataclass(frozen=True)
class Line:
    """A figure over the epochs: `color` and `mark` count from 0, and `dash` is solid or dashed.

    Without a mark its points are only told apart where they are few.
    """

    name: str
    epochs: Sequence[float]
    values: Sequence[float]
    color: int
    dash: str = "solid"
    mark: int | None = None


LARGEST_POINT = 9  # of a curve whose points are of many answers or few


class Charts:
    """Draws the charts of one page; no two have an identifier in common."""

    def __init__(self) -> None:
        self.count = 0

    def curves(self, title: str, lines: Sequence[Line], marks: Sequence[tuple[int, int]]) -> str:
        """Lines over the epochs, on a logarithmic axis where they span decades.

        `marks` are epochs to point out, each with the color of its line.
        """
        with drawing(WIDTH, HEIGHT) as (figure, axes):
            logarithmic = is_wide([line.values for line in lines])
            few = max((len(line.values) for line in lines), default=0) <= FEW_EPOCHS
            for line in lines:
                axes.plot(
                    line.epochs,
                    np.where(drawable(line.values), line.values, np.nan),
                    color=LINES[line.color % COLORS],
                    linestyle=DASHES[line.dash],
                    marker=("o" if few else None) if line.mark is None else MARKS[line.mark],
                    markevery=1 if few else max(1, len(line.values) // POINTS_MARKED),
                    markersize=MARK_SIZE if line.mark is not None else None,
                )
            for epoch, color in marks:
                axes.axvline(epoch, color=LINES[color % COLORS], linewidth=1, linestyle=":")
            axes.set_xlabel("epoch")
            last = max((line.epochs[-1] for line in lines), default=1)
            axes.set_xlim(1 if last > 1 else 0.5, last if last > 1 else 1.5)
            axes.xaxis.set_major_locator(MaxNLocator(8, steps=STEPS, integer=True))
            scale_values(axes, logarithmic)
            for drawn in axes.lines:
                drawn.set_clip_on(False)
            return self.svg(figure, curves_text(title, lines, logarithmic))

    def fit(self, target: str, truth: Array, predicted: Array) -> str:
        """Predicted against true numbers, with the line on which they would be equal."""
        known = drawable(predicted)
        truth, predicted = truth[known].astype(np.float64), predicted[known].astype(np.float64)
        shown = even_places(len(truth), MOST_POINTS)
        with drawing(SQUARE, SQUARE, titled=True) as (figure, axes):
            low, high = limits([truth, predicted])
            axes.plot([low, high], [low, high], color=MUTED, linewidth=1)
            axes.plot(
                truth[shown], predicted[shown], "o", color=LINES[0], alpha=0.5, markeredgewidth=0
            )
            axes.set(xlim=(low, high), ylim=(low, high), xlabel="true")
            axes.set_title("predicted", loc="left", color=MUTED)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(4, steps=STEPS))
                axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
            correlation = spread_text(truth, predicted)
            said = f"Predicted against true {target}, {len(shown)} rows{correlation}."
            return self.svg(figure, said)

    def reliability(self, points: Sequence[Point]) -> str:
        """How often answers are right, by the probability that they were given."""
        with drawing(SQUARE, SQUARE, titled=True) as (figure, axes):
            axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
            places = [(each.probability, each.share) for each in points]
            most = max((each.answers for each in points), default=1)
            axes.plot(*zip(*places, strict=True), color=LINES[0], linewidth=1)
            for point, place in zip(points, places, strict=True):
                # The area tells how many answers there are.
                size = LARGEST_POINT * max(0.1, (point.answers / most) ** 0.5)
                axes.plot(*place, "o", color=LINES[0], markersize=size)
            axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability")
            axes.set_xticks([k / 5 for k in range(6)])
            axes.set_yticks([k / 5 for k in range(1, 6)])  # 0 stands there already
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
            axes.set_title("share that is so", loc="left", color=MUTED)
            told = "; ".join(
                f"{point.share:.2f} of {point.answers} given about {point.probability:.2f}"
                for point in points
            )
            return self.svg(figure, f"How often answers are so, by their probability: {told}.")

    def errors(self, target: str, errors: Array) -> str:
        """How often errors of each size are made."""
        errors = errors[drawable(errors)].astype(np.float64)
        with drawing(SQUARE, SQUARE, titled=True) as (figure, axes):
            bins = bins_for(len(errors))
            counts, edges = np.histogram(errors, bins=bins, range=limits([errors]))
            axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=LINES[0], alpha=0.75)
            if edges[0] < 0 < edges[-1]:
                axes.axvline(0, color=INK, linewidth=1)
            axes.set_xlabel("predicted − true")
            axes.set_title("rows", loc="left", color=MUTED)
            axes.xaxis.set_major_locator(MaxNLocator(3, steps=STEPS))
            axes.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS, integer=True))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
            said = f"How often errors of {target} have each size"
            if len(errors):
                said += f"; half of them are below {short(float(np.median(errors)))}"
            return self.svg(figure, f"{said}.")

    def series(self, values: Array, low: float, high: float, said: str) -> str:
        """A small drawing of the channels of a series (steps, channels), without axes."""
        width, height, edge = 132, 56, 3
        span = (high - low) or 1.0
        x = np.linspace(edge, width - edge, max(2, len(values)))[: len(values)]
        lines = []
        if low < 0 < high:
            zero = height - edge - (0 - low) / span * (height - 2 * edge)
            lines.append(
                f'<path class="zero" d="M0 {zero:.1f}H{width}" fill="none" '
                'style="stroke: var(--rule)"/>'
            )
        for channel, column in enumerate(values.T):
            y = height - edge - (column - low) / span * (height - 2 * edge)
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
            lines.append(
                f'<polyline points="{points}" fill="none" '
                f'style="stroke: var(--line-{channel % COLORS + 1})"/>'
            )
        return opening_tag(width, height, said, "series") + "".join(lines) + "</svg>"

    def svg(self, figure: Figure, said: str) -> str:
        """A figure as an element of the page; `said` tells what it shows."""
        self.count += 1
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(file, metadata=nothing)
        width, height = figure.get_size_inches() * figure.dpi
        inner = re.sub(r"\A.*?<svg[^>]*>|</svg>\s*\Z", "", file.getvalue(), flags=re.DOTALL)
        kind = "chart square" if width < WIDTH else "chart"
        opening = opening_tag(int(width), int(height), said, kind)
        return opening + adapt_to_page(inner, self.count) + "</svg>"


def opening_tag(width: int, height: int, said: str, kind: str = "chart") -> str:
    """The tag of a drawing that is so large on the page, or as wide as the page."""
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(visible(said))}">'
    )


def adapt_to_page(svg: str, number: int) -> str:
    """Drawn elements with the page's colours and fonts, and identifiers of this chart alone."""
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<g[^>]*/>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    used = set(re.findall(r"#(\w+)[\")]", " ".join(re.findall(r"<[^>]*>", svg))))

    def changed(match: re.Match[str]) -> str:
        tag = match[0].replace("xlink:href", "href")
        for color, variable in VARIABLES.items():
            tag = tag.replace(color, f"var({variable})")
        # The page gives text its font, and the size that suits the chart's width there.
        tag = re.sub(r"font(-family|-size)?: [^;\"]*;? ?", "", tag)
        tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
        for name in re.findall(r' id="([^"]*)"', tag):
            new = f' id="chart-{number}-{name}"' if name in used else ""
            tag = tag.replace(f' id="{name}"', new)
        return re.sub(r"#(\w+)([\")])", rf"#chart-{number}-\1\2", tag)

    return re.sub(r"<[^>]*>", changed, svg)


@contextmanager
def drawing(width: int, height: int, titled: bool = False) -> Iterator[tuple[Figure, Any]]:
    """A figure of that size in pixels with one pair of axes, whatever style the user prefers."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        figure.patch.set_visible(False)
        top = TOP + (TITLE if titled else 0)
        inside = width - LEFT - RIGHT, height - top - BOTTOM
        axes = figure.add_axes(
            (LEFT / width, BOTTOM / height, inside[0] / width, inside[1] / height)
        )
        axes.patch.set_visible(False)
        yield figure, axes


def scale_values(axes: Any, logarithmic: bool) -> None:
    """The axis of the values: few ticks, written plainly."""
    written = FuncFormatter(lambda value, _: short(value))
    if logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes.yaxis.set_major_formatter(written)


def is_wide(values: Sequence[Sequence[float]]) -> bool:
    """Whether all values are positive, and the largest is many times the smallest."""
    known = [value for each in values for value in each if abs(value) < LARGEST]
    return bool(known) and min(known) > SMALLEST and max(known) / min(known) >= 10**DECADES


def drawable(values: Any) -> Array:
    """Which numbers an axis can show: finite ones, not of a size that no arithmetic survives."""
    return np.asarray(np.abs(np.asarray(values, np.float64)) < LARGEST)


def limits(arrays: Sequence[Array]) -> tuple[float, float]:
    """A little less than the smallest and more than the largest number."""
    known = np.concatenate(arrays) if any(map(len, arrays)) else np.zeros(1)
    low, high = float(known.min()), float(known.max())
    margin = max((high - low) * 0.04, abs(low) * 1e-6, abs(high) * 1e-6) or 1.0
    return low - margin, high + margin


def bins_for(rows: int) -> int:
    """How many bars show so many rows: twice the cube root, as Rice's rule has it."""
    return min(MOST_BINS, max(LEAST_BINS, math.ceil(2 * math.cbrt(rows))))


def spread_text(truth: Array, predicted: Array) -> str:
    if len(truth) < 2 or not truth.std() or not predicted.std():
        return ""
    return f"; their correlation is {np.corrcoef(truth, predicted)[0, 1]:.2f}"


def curves_text(title: str, lines: Sequence[Line], logarithmic: bool) -> str:
    """What a chart of curves shows, in words."""
    parts = []
    for line in lines:
        known = [value for value in line.values if math.isfinite(value)]
        if known:
            parts.append(f"{line.name} goes from {short(known[0])} to {short(known[-1])}")
    scale = " on a logarithmic axis" if logarithmic else ""
    return f"{title} by epoch{scale}: {', '.join(parts)}." if parts else f"{title}: no numbers."
