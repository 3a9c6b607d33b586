"""Drawings of a surface: a fitted curve, regions of classes, a number's lines of equal height."""

from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nnctl.graph import Array
from nnctl.report.charts import (
    HEIGHT,
    INK,
    LINES,
    MARKS,
    MUTED,
    PAGE,
    STEPS,
    WIDTH,
    Charts,
    drawable,
    drawing,
    scale_values,
)
from nnctl.report.surface import Surface
from nnctl.report.wording import short

SHADES = ((0.0, 0.08), (0.25, 0.16), (0.5, 0.24), (0.75, 0.32))  # from how sure on, how opaque
TALL, CLASSES_HEIGHT = 420, 420
STROKES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))  # of curves, beside colours
HEIGHTS = 8  # of lines of equal numbers


def surface_charts(charts: Charts, surface: Surface) -> list[tuple[str, str]]:
    """The drawings of a surface, each with what its height or colour is: a target, or a class."""
    if len(surface.axes) == 1 and not surface.classes:
        each = surface.values.shape[-1] // surface.truth.shape[1]
        starts = range(0, surface.values.shape[-1], each)
        names = [", ".join(surface.outputs[start : start + each]) for start in starts]
        return [(name, curve(charts, surface, k, each)) for k, name in enumerate(names)]
    if len(surface.axes) == 1:
        return [("probability", probabilities(charts, surface))]
    if surface.classes:
        return [("", regions(charts, surface))]
    shown = surface.outputs[: surface.values.shape[-1]]
    return [(name, heights(charts, surface, k)) for k, name in enumerate(shown)]


def curve(charts: Charts, surface: Surface, target: int, each: int) -> str:
    """A number by the one column: the predictions as a line, or several, and the rows as dots."""
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        rows, truth = surface.rows[:, 0], surface.truth[:, target].astype(np.float64)
        known = drawable(truth)
        axes.plot(
            rows[known], truth[known], "o", color=LINES[1], alpha=0.55, markeredgewidth=0, zorder=2
        )
        lines = surface.values[:, target * each : (target + 1) * each].astype(np.float64)
        for k, line in enumerate(lines.T):
            shown = np.where(drawable(line), line, np.nan)
            axes.plot(surface.axes[0], shown, color=LINES[0], linestyle=STROKES[k % 4], zorder=3)
        finish(axes)
        first, last = (short(float(line)) for line in lines[[0, -1], len(lines.T) // 2])
        said = f"The prediction by {surface.columns[0]}: from {first} at the left to {last}"
        return charts.svg(figure, f"{said}, with {len(rows)} rows.")


def probabilities(charts: Charts, surface: Surface) -> str:
    """The probability of each class by the one column, and the rows, at the top where they are."""
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        binary = len(surface.outputs) < len(surface.classes)
        for k, line in enumerate(surface.values.T):
            color = LINES[k + 1] if binary else LINES[k]
            axes.plot(surface.axes[0], line, color=color, linestyle=STROKES[k % 4], zorder=3)
        for k in range(len(surface.classes)):
            own = surface.truth == k
            height = float(k) if binary else 1.06 + 0.07 * k
            axes.plot(
                surface.rows[own, 0],
                np.full(own.sum(), height),
                MARKS[k],
                color=LINES[k],
                alpha=0.6,
                markeredgewidth=0,
                markersize=4.5,
            )
        if binary:
            axes.axhline(surface.cut, color=MUTED, linewidth=1, linestyle=":")
        finish(axes)
        rows = len(surface.rows)
        said = f"Probabilities by {surface.columns[0]}, with {rows} rows by their class."
        return charts.svg(figure, said)


def regions(charts: Charts, surface: Surface) -> str:
    """Where each class is predicted, the fuller the surer, and the rows, wrong ones outlined."""
    with drawing(WIDTH, CLASSES_HEIGHT) as (figure, axes):
        across, up = surface.axes
        for k, margin in enumerate(margins(surface)):
            levels = [start for start, _ in SHADES] + [1.01]
            for (low, opacity), high in zip(SHADES, levels[1:], strict=True):
                if margin.max() > low:
                    bounds = [low, high]
                    axes.contourf(across, up, margin.T, bounds, colors=[LINES[k]], alpha=opacity)
            edged = k > 0 or len(surface.classes) > 2  # two classes have the same edge
            if edged and margin.min() < 0 < margin.max():
                axes.contour(across, up, margin.T, [0.0], colors=[INK], linewidths=1)
        for k in range(len(surface.classes)):
            for wrong in (False, True):
                own = (surface.truth == k) & (surface.wrong == wrong)
                axes.plot(
                    *surface.rows[own].T,
                    MARKS[k],
                    color=LINES[k],
                    markersize=8 if wrong else 5.5,
                    markeredgecolor=INK if wrong else PAGE,
                    markeredgewidth=2 if wrong else 0.7,
                )
        axes.grid(visible=False)
        finish(axes)
        names = " and ".join(surface.columns)
        count = int(surface.wrong.sum())
        said = f"The predicted class by {names}, with {len(surface.rows)} rows, {count} of them"
        return charts.svg(figure, f"{said} predicted wrongly.")


def margins(surface: Surface) -> list[Array]:
    """For each class by how much it is ahead of all others on the grid; below 0 where it is not."""
    values = surface.values.astype(np.float64)
    if len(surface.outputs) < len(surface.classes):  # yes and no, of which yes has a number
        yes, cut = values[..., 0], min(max(surface.cut, 1e-9), 1 - 1e-9)
        ahead = np.where(yes > cut, (yes - cut) / (1 - cut), (yes - cut) / cut)
        return [-ahead, ahead]
    found = []
    for k in range(values.shape[-1]):
        others = np.delete(values, k, axis=-1)
        found.append(values[..., k] - others.max(axis=-1))
    return found


def heights(charts: Charts, surface: Surface, output: int) -> str:
    """A number over the plane: lines where it is the same, with their numbers, and the rows."""
    with drawing(WIDTH, TALL) as (figure, axes):
        across, up = surface.axes
        values = surface.values[..., output].astype(np.float64)
        values = np.where(drawable(values), values, np.nan)
        levels = MaxNLocator(HEIGHTS, steps=STEPS).tick_values(np.nanmin(values), np.nanmax(values))
        opacities = np.linspace(0.04, 0.4, max(1, len(levels) - 1))
        for low, high, opacity in zip(levels, levels[1:], opacities, strict=False):
            if ((values >= low) & (values <= high)).any():
                axes.contourf(
                    across, up, values.T, [low, high], colors=[LINES[0]], alpha=float(opacity)
                )
        lines = axes.contour(across, up, values.T, levels, colors=[INK], linewidths=0.8)
        axes.clabel(lines, fmt=lambda value: short(float(value)), fontsize=11, inline=True)
        axes.plot(*surface.rows.T, "o", color=LINES[1], alpha=0.6, markeredgewidth=0)
        axes.grid(visible=False)
        finish(axes)
        ends = " to ".join(short(float(edge)) for edge in (np.nanmin(values), np.nanmax(values)))
        names = " and ".join(surface.columns)
        said = f"The prediction of {surface.outputs[output]} by {names}: from {ends}"
        return charts.svg(figure, f"{said}, with {len(surface.rows)} rows.")


def finish(axes: Any) -> None:
    """Axes of numbers with few ticks, as wide as what is drawn."""
    axes.margins(x=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    scale_values(axes, logarithmic=False)
