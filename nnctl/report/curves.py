"""Learning curves: each figure over the epochs, of one run or of several in one chart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nnctl.report.charts import COLORS, LARGEST, MARKS, SIGNS, Charts, Line
from nnctl.report.collecting import RunReport

NOT_FIGURES = ("epoch", "learning_rate", "seconds")
VALIDATION = "val_"


@dataclass(frozen=True)
class Curves:
    """A chart, the title over it, and what it is measured in, where that is not plain."""

    title: str
    drawing: Markup
    unit: str = ""


@dataclass(frozen=True)
class Key:
    """What a line of the charts stands for: its color, counted from 1, its dash, in words, and its
    sign, where the lines of each run have one."""

    name: str
    color: int
    dash: str
    sign: str = ""


def curves(runs: Sequence[RunReport], charts: Charts) -> list[Curves]:
    """A chart of each figure, and of the learning rate where it changes."""
    names = dict.fromkeys(
        name.removeprefix(VALIDATION)
        for run in runs
        for history in run.histories
        for name in history
        if name not in NOT_FIGURES
    )
    drawn = []
    for name in names:
        lines = [
            line for place, run in enumerate(runs) for line in lines_of(runs, place, run, name)
        ]
        marks = [
            (epoch, color_of(runs, place, has_validation(run)))
            for place, run in enumerate(runs)
            for epoch in run.best_epochs
        ]
        units = {run.units.get(name, "") for run in runs}
        unit = units.pop() if len(units) == 1 else ""
        drawn.append(Curves(name, Markup(charts.curves(name, lines, marks)), unit))
    if any(changes(run) for run in runs):
        rates = [
            Line(
                run.name,
                history["epoch"],
                history["learning_rate"],
                place,
                mark=None if len(runs) == 1 else place % len(MARKS),
            )
            for place, run in enumerate(runs)
            for history in run.histories
            if "learning_rate" in history
        ]
        title = "learning rate"
        drawn.append(Curves(title, Markup(charts.curves(title, rates, []))))
    return drawn


def lines_of(runs: Sequence[RunReport], place: int, run: RunReport, name: str) -> list[Line]:
    """The lines of one run in the chart of a figure: training, and validation if there is one.

    Those of an ensemble's members are alike.
    """
    lines = []
    for number, history in enumerate(run.histories, start=1):
        member = f"member {number}, " if len(run.histories) > 1 else ""
        for ahead, part in (("", "train"), (VALIDATION, "validation")):
            if (values := history.get(ahead + name)) is not None:
                said = f"{member}{part}" if len(runs) == 1 else f"{run.name}, {member}{part},"
                color, dash = color_of(runs, place, bool(ahead)), dash_of(run, bool(ahead))
                mark = None if len(runs) == 1 else place % len(MARKS)
                lines.append(Line(said, history["epoch"], values, color, dash, mark))
    return lines


def color_of(runs: Sequence[RunReport], place: int, validation: bool) -> int:
    """A line's color: that of its part of the data, or, of several runs, that of its run."""
    return int(validation) if len(runs) == 1 else place % COLORS


def dash_of(run: RunReport, validation: bool) -> str:
    return "dashed" if has_validation(run) and not validation else "solid"


def has_validation(run: RunReport) -> bool:
    return any(name.startswith(VALIDATION) for history in run.histories for name in history)


def changes(run: RunReport) -> bool:
    """Whether the learning rate is not the same in all epochs."""
    return any(len(set(history.get("learning_rate", ()))) > 1 for history in run.histories)


def key_of(runs: Sequence[RunReport]) -> list[Key]:
    """What the lines stand for; nothing where there is only one kind."""
    keys = []
    for place, run in enumerate(runs):
        if not any(run.histories):
            continue
        for validation in (False, True) if has_validation(run) else (False,):
            part = "validation" if validation else "train"
            name = part if len(runs) == 1 else f"{run.name}, {part}"
            dash = dash_of(run, validation)
            sign = "" if len(runs) == 1 else SIGNS[place % len(SIGNS)]
            keys.append(Key(name, color_of(runs, place, validation) + 1, dash, sign))
    return keys


def epochs_kept(runs: Sequence[RunReport]) -> str:
    """What the dotted lines mark, in words; nothing where there are none."""
    marked = [run for run in runs if run.best_epochs and any(run.histories)]
    if not marked:
        return ""
    if len(runs) == 1 and len(marked[0].best_epochs) == 1:
        return f"The dotted line marks epoch {marked[0].best_epochs[0]}, whose weights were kept."
    if len(runs) == 1:
        epochs = ", ".join(map(str, marked[0].best_epochs))
        return f"Dotted lines mark the epochs whose weights were kept, member by member: {epochs}."
    epochs = ", ".join(f"{', '.join(map(str, run.best_epochs))} ({run.name})" for run in marked)
    return f"Dotted lines mark the epochs whose weights were kept: {epochs}."


def is_cut(runs: Sequence[RunReport]) -> bool:
    """Whether some figure is a number all right, and too large to be drawn."""
    return any(
        LARGEST <= abs(value) < math.inf
        for run in runs
        for history in run.histories
        for values in history.values()
        for value in values
    )


def first_not_finite(run: RunReport) -> int | None:
    """The first epoch of which some figure is no finite number."""
    epochs = [
        int(row[list(history).index("epoch")])
        for history in run.histories
        for row in zip(*history.values(), strict=True)
        if not all(map(math.isfinite, row))
    ]
    return min(epochs, default=None)
