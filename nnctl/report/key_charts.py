"""The searched keys of a study, each against the figure that the study is after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from nnctl.graph import Array
from nnctl.report.charts import (
    HEIGHT,
    INK,
    LINES,
    STEPS,
    WIDTH,
    Charts,
    drawable,
    drawing,
    is_wide,
    scale_values,
)
from nnctl.report.wording import count_text, setting, short

MOST_KEYS, MOST_PLACES = 12, 12
SHIFT = 0.12  # by which trials with the same word stand apart


@dataclass(frozen=True)
class KeyPicture:
    """The drawing of a key; of one whose values are words, `places` names those on its axis."""

    path: str
    drawing: Markup
    places: tuple[str, ...] = ()


def key_pictures(charts: Charts, study: Any) -> list[KeyPicture]:
    """A picture of each searched key, those that matter most first.

    `study` is a `StudyReport`; of trials that were not trained to their end nothing is shown.
    """
    complete = [row for row in study.trials if row["state"] == "complete"]
    if not complete:
        return []
    worth: Mapping[str, float] = study.results["importance"]
    paths = sorted(study.paths, key=lambda path: -worth.get(path, 0.0))[:MOST_KEYS]
    best = study.best.get("trial")
    return [key_picture(charts, path, study.monitor, complete, best) for path in paths]


def key_picture(
    charts: Charts, path: str, monitor: str, complete: Sequence[Mapping[str, Any]], best: Any
) -> KeyPicture:
    """The figure of each complete trial by its value of a key."""
    own = [row for row in complete if path in row["values"]]
    values = [row["values"][path] for row in own]
    figures = np.array([float(row["value"]) for row in own])
    known = drawable(figures)
    chosen = np.array([row["trial"] == best for row in own], np.bool_)
    numbers = all(type(value) in (int, float) for value in values)
    words = [] if numbers else list(dict.fromkeys(map(setting, values)))
    words = sorted(words)[:MOST_PLACES]
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        if numbers:
            across = np.array(values, np.float64)
            scale_numbers(axes, logarithmic=is_wide([values]))
        else:
            across = word_places(list(map(setting, values)), words)
            known = known & ~np.isnan(across)
            mark_words(axes, len(words), across[known], figures[known])
        look = {"color": LINES[0], "alpha": 0.65, "markeredgewidth": 0, "markersize": 5}
        axes.plot(across[known], figures[known], "o", **look)
        framed = known & chosen
        look = {"color": LINES[1], "markeredgecolor": INK, "markeredgewidth": 1.5, "markersize": 8}
        axes.plot(across[framed], figures[framed], "o", **look)
        scale_values(axes, is_wide([figures[known].tolist()]))
        said = f"The {monitor} of {count_text(len(own), 'trial')} by {path}"
        return KeyPicture(path, Markup(charts.svg(figure, f"{said}.")), tuple(words))


def scale_numbers(axes: Any, logarithmic: bool) -> None:
    """The axis of a key whose values are numbers."""
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=6))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def mark_words(axes: Any, words: int, across: Array, figures: Array) -> None:
    """The axis of a key whose values are words, and the middle of the trials of each."""
    axes.set_xlim(-0.6, words - 0.4)
    axes.set_xticks(range(words), [str(k) for k in range(words)])
    for k in range(words):
        inside = figures[np.rint(across) == k]
        if len(inside):
            axes.hlines(np.median(inside), k - 0.3, k + 0.3, color=INK, linewidth=1.2)


def word_places(values: Sequence[str], words: Sequence[str]) -> Array:
    """Where trials stand by their words, shifted so that they do not cover each other."""
    shifts = [(k % 3 - 1) * SHIFT for k in range(len(values))]
    places = {word: k for k, word in enumerate(words)}
    return np.array(
        [
            places[value] + shift if value in places else np.nan
            for value, shift in zip(values, shifts, strict=True)
        ]
    )
