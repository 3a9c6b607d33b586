"""The page about a study: its trials, which keys mattered, and the config that came out best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import UndefinedError
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from nnctl.config import Config, dump_yaml, load
from nnctl.errors import NnctlError, Problem
from nnctl.report.charts import (
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
from nnctl.report.collecting import settings_to_share
from nnctl.report.key_charts import key_pictures
from nnctl.report.page import environment
from nnctl.report.wording import count_text, number, setting, short
from nnctl.runs.folder import RESULTS
from nnctl.runs.results import read_results
from nnctl.runs.study_folder import BEST

STUDY_TEMPLATE = "study.html.j2"
TRIALS_HEIGHT = 240


@dataclass(frozen=True)
class StudyReport:
    """All that the page shows of a study; `results` are those of `results.json`.

    Those of a study that has not ended tell how many trials were `planned`.
    """

    name: str
    results: dict[str, Any]
    config: str

    @property
    def monitor(self) -> str:
        return str(self.results["monitor"])

    @property
    def trials(self) -> list[dict[str, Any]]:
        """The trials in their order."""
        return list(self.results["history"])

    @property
    def paths(self) -> list[str]:
        """The searched keys."""
        return list(dict.fromkeys(path for each in self.trials for path in each["values"]))

    @property
    def best(self) -> dict[str, Any]:
        return dict(self.results.get("best") or {})

    @property
    def has_ended(self) -> bool:
        return "planned" not in self.results

    @property
    def progress(self) -> str:
        """How far a study is that has not ended."""
        over = len(self.trials)
        planned = self.results["planned"]
        if over > planned:  # it goes further than it was meant to
            return f"the study has not ended: {count_text(over, 'trial')} are over"
        are = "is" if over == 1 else "are"
        return f"the study has not ended: {over} of {count_text(planned, 'trial')} {are} over"

    @property
    def lead(self) -> str:
        """The outcome in a sentence, or what there is of it."""
        trials = count_text(len(self.trials), "trial")
        if not self.best:
            return f"Of {trials} none was trained to its end."
        value = number(self.best["value"])
        so_far = "" if self.has_ended else " so far"
        best = f"trial {self.best['trial']} came out best{so_far}"
        return f"Of {trials} {best}, with a {self.monitor} of {value}."

    @property
    def facts(self) -> list[tuple[str, str]]:
        states = [(state, str(self.results[state])) for state in ("complete", "pruned", "failed")]
        versions = ", ".join(f"{k} {each}" for k, each in self.results["versions"].items())
        seconds = f"{self.results['seconds']:.1f} s"
        known = [("training", seconds), ("seed", str(self.results["seed"]))]
        return [*states, *known, *([("versions", versions)] if versions else [])]


def ended_study(folder: Path, name: str) -> StudyReport:
    """What there is to show of the study in `folder`, which has ended.

    Raises `NnctlError` where its files are damaged.
    """
    results = read_results(folder / RESULTS) or {}
    best = load(folder / BEST) if results.get("best") else None
    return study_report(name, results, best)


def study_report(name: str, results: dict[str, Any], best: Config | None) -> StudyReport:
    """What there is to show of a study with such results and the config of its best trial."""
    return StudyReport(
        name, results, dump_yaml(settings_to_share(best)) if best is not None else ""
    )


def study_page(study: StudyReport) -> str:
    """The report on a study, as HTML; the same study gives the same text.

    Raises `NnctlError` for results that are not what `nnctl tune` writes.
    """
    try:
        return render(study)
    except (LookupError, TypeError, ValueError, AttributeError, UndefinedError):
        message = f"its {RESULTS} is not what nnctl tune writes"
        raise NnctlError(Problem(message, "run nnctl tune again", study.name)) from None


def render(study: StudyReport) -> str:
    """The text of the page."""
    charts = Charts()
    text: str = (
        environment()
        .get_template(STUDY_TEMPLATE)
        .render(
            study=study,
            chart=Markup(trials_chart(charts, study)),
            pictures=key_pictures(charts, study),
            importance=list(study.results["importance"].items()),
            sections=sections_of(study),
            setting=setting,
        )
    )
    return text


def sections_of(study: StudyReport) -> list[tuple[str, str]]:
    """The sections of the page, by their identifiers."""
    found = [("outcome", "Outcome"), ("importance", "Importance of each key")]
    if study.best:
        found.append(("keys", f"Each key against {study.monitor}"))
    if study.trials:
        found.append(("trials", "Trials"))
    return [*found, ("config", "Config of the best trial")] if study.config else found


def trials_chart(charts: Charts, study: StudyReport) -> str:
    """The figure of each trial that was trained to its end, and the best so far."""
    complete = [row for row in study.trials if row["state"] == "complete"]
    numbers = [row["trial"] for row in complete]
    values = [float(row["value"]) for row in complete]
    best = best_so_far(values, study.results["direction"])
    with drawing(WIDTH, TRIALS_HEIGHT) as (figure, axes):
        known = np.where(drawable(values), values, np.nan)
        axes.plot(numbers, known, "o", color=LINES[0], alpha=0.7, markeredgewidth=0, markersize=5)
        axes.step(numbers, best, where="post", color=INK, linewidth=1)
        axes.set_xlabel("trial")
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=STEPS, integer=True))
        scale_values(axes, is_wide([values]))
        said = f"The {study.monitor} of {count_text(len(values), 'complete trial')}"
        if best:
            said += f"; the best goes from {short(best[0])} to {short(best[-1])}"
        return charts.svg(figure, f"{said}.")


def best_so_far(values: Sequence[float], direction: str) -> list[float]:
    """For each value the best up to it."""
    better = min if direction == "minimize" else max
    found: list[float] = []
    for value in values:
        found.append(better(value, found[-1]) if found and math.isfinite(found[-1]) else value)
    return found
