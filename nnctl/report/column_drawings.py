"""The columns of a model, drawn: a bar for what each is worth, and how predictions follow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from nnctl.assembly.importance import Column, Importance
from nnctl.errors.visible import visible
from nnctl.report.charts import COLORS, opening_tag
from nnctl.report.wording import number

ACROSS, UP, EDGE = 240, 84, 6  # a small curve, in units that the page stretches
MOST_SHOWN = 30  # columns
LINES_TOGETHER = 4  # outputs that are told apart in a small curve
MOST_ALIKE = 10  # pairs of columns
SHAPES = (  # a circle, a square, a triangle and a diamond, around where they stand
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0",
    "m-3 -3h6v6h-6",
    "m0 -4l4 7h-8",
    "m0 -4.5l4 4.5l-4 4.5l-4 -4.5",
)
DASHES_OF = ("", "5 3", "1.5 2.5", "7 2.5 1.5 2.5")


@dataclass(frozen=True)
class ShownColumn:
    """A column with its importance in words, and in shares of the greatest, from 0 to 1."""

    name: str
    worth: str
    spread: str
    bar: float
    curve: Markup | None
    told: str


def shown_columns(importance: Importance) -> list[ShownColumn]:
    """The most important columns, as a page shows them."""
    columns = importance.columns[:MOST_SHOWN]
    most = max((each.importance.mean for each in columns), default=0.0)
    lines = lines_shown(importance)
    return [
        ShownColumn(
            each.name,
            number(each.importance.mean),
            number(each.importance.spread),
            round(max(0.0, each.importance.mean / most), 4) if most > 0 else 0.0,
            curve_of(each, importance.outputs, lines) if each.dependence else None,
            told_of(each, lines) if each.dependence else "",
        )
        for each in columns
    ]


def lines_shown(importance: Importance) -> list[int]:
    """The places of the outputs that the curves show: those that the columns move most."""

    def moved(place: int) -> float:
        spans = (
            [means[place] for _, means in column.dependence]
            for column in importance.columns
            if column.dependence
        )
        return max((max(values) - min(values) for values in spans), default=0.0)

    places = sorted(range(len(importance.outputs)), key=lambda place: -moved(place))
    return sorted(places[:LINES_TOGETHER])


def curve_of(column: Column, outputs: Sequence[str], lines: Sequence[int]) -> Markup:
    """The mean predictions by the values of a column, least to greatest; of categories as dots."""
    series = [[means[place] for _, means in column.dependence] for place in lines]
    everything = [value for values in series for value in values]
    together = 0 <= min(everything) <= max(everything) <= 1  # as probabilities are
    values = [value for value, _ in column.dependence]
    words = any(isinstance(value, str) for value in values)
    xs = places_of(values, words)
    parts = []
    for k, numbers in enumerate(series):
        low, high = ends_of(everything if together else numbers)
        ys = [UP - EDGE - (value - low) / (high - low) * (UP - 2 * EDGE) for value in numbers]
        points = [f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True)]
        color = f"var(--line-{k % COLORS + 1})"
        if words or len(points) == 1:
            # Side by side where several outputs share a category.
            aside = (k - (len(series) - 1) / 2) * 3
            parts += [dot(x + aside, y, k, color) for x, y in zip(xs, ys, strict=True)]
        else:
            dash = f' stroke-dasharray="{DASHES_OF[k]}"' if DASHES_OF[k] else ""
            line = " ".join(points)
            parts.append(f'<polyline points="{line}" fill="none"{dash} style="stroke: {color}"/>')
    said = f"The mean prediction by {column.name}: {told_of(column, lines)}"
    return Markup(opening_tag(ACROSS, UP, said, "small") + "".join(parts) + "</svg>")


def dot(x: float, y: float, line: int, color: str) -> str:
    """A category: on a stem the shape of a line."""
    stem = f'<path d="M{x:.1f} {UP}V{y:.1f}" style="stroke: var(--rule)"/>'
    return stem + shape_at(x, y, line, color)


def shape_at(x: float, y: float, line: int, color: str) -> str:
    """The shape that stands for a line where it is no line, at a place."""
    return f'<path d="M{x:.1f} {y:.1f}{SHAPES[line]}z" style="fill: {color}"/>'


def ends_of(numbers: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest number, which differ."""
    low, high = min(numbers), max(numbers)
    return (low, high) if high > low else (low - 1, high + 1)


def places_of(values: Sequence[float | str], words: bool) -> list[float]:
    """Where the values stand from left to right: numbers by their size, categories evenly."""
    width = ACROSS - 2 * EDGE
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if words or max(numbers) == min(numbers):
        step = width / max(1, len(values) - 1)
        return [EDGE + step * k for k in range(len(values))]
    low, high = min(numbers), max(numbers)
    return [EDGE + (value - low) / (high - low) * width for value in numbers]


def told_of(column: Column, lines: Sequence[int]) -> str:
    """Between which values the curve runs, and which predictions."""
    values = [value for value, _ in column.dependence]
    series = [[means[place] for _, means in column.dependence] for place in lines]
    everything = [value for means in series for value in means]
    if 0 <= min(everything) <= max(everything) <= 1:
        series = [everything]
    heights = ", ".join(f"{number(min(means))} to {number(max(means))}" for means in series)
    if any(isinstance(value, str) for value in values):
        place = lines[0]
        ranked = sorted(column.dependence, key=lambda pair: pair[1][place])
        least, most = (text_of_value(pair[0]) for pair in (ranked[0], ranked[-1]))
        return f"predictions {heights}, least at {least}, most at {most}"
    ends = (text_of_value(value) for value in (values[0], values[-1]))
    return f"predictions {heights}, over {' to '.join(ends)}"


def text_of_value(value: float | str) -> str:
    """A value of a column in few characters."""
    if isinstance(value, str):
        return visible(value if len(value) <= 24 else value[:23] + "…")
    return number(value)


def key_of_outputs(importance: Importance) -> list[Markup]:
    """What the lines of the curves are; nothing where there is only one."""
    lines = lines_shown(importance)
    if len(lines) < 2:
        return []
    drawn = []
    for k, place in enumerate(lines):
        dash = f' stroke-dasharray="{DASHES_OF[k]}"' if DASHES_OF[k] else ""
        line = (
            '<svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true"><path d="M1 5H27" '
            f'fill="none" stroke-width="2"{dash} style="stroke: var(--line-{k + 1})"/>'
            f"{shape_at(14, 5, k, f'var(--line-{k + 1})')}</svg>"
        )
        drawn.append(Markup(f"{line}<bdi>{escape(visible(importance.outputs[place]))}</bdi>"))
    return drawn


def pairs_alike(importance: Importance) -> list[tuple[str, str, str]]:
    """The columns that share their importance, with their r."""
    return [(a, b, number(r)) for a, b, r in importance.alike[:MOST_ALIKE]]
