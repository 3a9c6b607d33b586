"""Examples as a page shows them: under which heading, and drawn where they can be."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nnctl.errors.visible import visible
from nnctl.report import png
from nnctl.report.charts import Charts
from nnctl.report.predictions import Judged, Worst
from nnctl.report.wording import count_text


@dataclass(frozen=True)
class Tile:
    """A small picture: `source` is the address of an image, `drawing` stands in for it."""

    said: str
    source: str = ""
    drawing: Markup | None = None
    worst: Worst | None = None
    reason: Markup | None = None


@dataclass(frozen=True)
class Examples:
    """Some examples under a heading, and in a sentence which they are."""

    heading: str
    said: str
    tiles: list[Tile]


def heading_of(judged: Judged, wrong: bool) -> str:
    """What some examples are: the worst only where they are wrong."""
    if judged.mistakes is None:
        return "Furthest off"
    return "Worst mistakes" if wrong else "Least sure of the right answers"


def said_of(judged: Judged, wrong: bool) -> str:
    """Which examples are shown, in a sentence."""
    if judged.mistakes is None:
        several = ", by the target that is furthest in terms of its spread"
        more = several if len(judged.fits) > 1 else ""
        return f"The {judged.part} rows furthest from the truth{more}, the worst first."
    least = "whose true class was given the smallest probability"
    if judged.confusion is None:
        least = "of which one label was given the smallest probability of what is true"
    rows = count_text(judged.rows, f"{judged.part} row")
    if wrong:
        have = "has" if judged.mistakes == 1 else "have"
        return f"Of the {rows}, {judged.mistakes:,} {have} a wrong answer. First those {least}."
    none = "No answer is wrong. " if not judged.mistakes else ""
    return f"{none}The {judged.part} rows with a right answer {least}."


def worst_tile(judged: Judged, worst: Worst, charts: Charts) -> Tile:
    """An example with its values and its reason, drawn where they can be."""
    said = f"Row {worst.row}: {worst.truth}, predicted {worst.predicted}"
    amounts = None if worst.reason is None else worst.reason.amounts
    if worst.values is None:
        return Tile(said, worst=worst)
    largest = 0.0 if amounts is None else float(np.abs(amounts).max())
    why = f"What spoke for and against {worst.predicted}, row {worst.row}"
    reason = None
    if judged.view.kind == "picture":
        if amounts is not None:
            source = png.weights(amounts.sum(axis=-1), float(np.abs(amounts.sum(axis=-1)).max()))
            reason = Markup('<img class="weights" src="{}" alt="{}">').format(source, visible(why))
        source = png.picture(worst.values, judged.low, judged.high)
        return Tile(said, source, worst=worst, reason=reason)
    if amounts is not None:
        reason = Markup(charts.series(amounts, -largest, largest, why))
    drawing = charts.series(worst.values, judged.low, judged.high, said)
    return Tile(said, drawing=Markup(drawing), worst=worst, reason=reason)
