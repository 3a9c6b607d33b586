"""The page: what was collected of some runs, drawn, and laid out by the templates."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from nnctl.errors.visible import visible, visible_lines
from nnctl.report.charts import Charts
from nnctl.report.collecting import PARTS, RunReport
from nnctl.report.curves import curves, epochs_kept, is_cut, key_of
from nnctl.report.figures import DrawnRun
from nnctl.report.wording import ABSENT, count_text, number, signed
from nnctl.runs.listing import text_of_value

RUN_TEMPLATE = "page.html.j2"
SECTIONS = [
    ("outcome", "Outcome"),
    ("curves", "Learning curves"),
    ("predictions", "Predictions"),
    ("sure", "How sure it was"),
    ("importance", "What it relies on"),
    ("worst", "Examples"),
    ("advice", "Warnings and advice"),
    ("config", "Config"),
    ("environment", "Environment and data"),
]


def page(runs: Sequence[RunReport]) -> str:
    """The report on one run, or on several beside each other, as HTML.

    The same runs give the same text. All that comes from the runs is escaped, and visible.
    """
    charts = Charts()
    text: str = (
        environment()
        .get_template(RUN_TEMPLATE)
        .render(
            runs=[DrawnRun(run, charts) for run in runs],
            several=len(runs) > 1,
            sections=SECTIONS,
            curves=curves(runs, charts),
            key=key_of(runs),
            kept=epochs_kept(runs),
            cut=is_cut(runs),
            figures=compared_figures(runs),
            differences=differences(runs),
        )
    )
    return text


@cache
def environment() -> Environment:
    """The templates, in which everything is escaped, and visible.

    Each is compiled once in a process.
    """
    found = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates"), encoding="utf-8"),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(counted=count_text, lines=preformat, number=number, signed=signed)
    return found


def preformat(text: str) -> Markup:
    """Text of several lines as an element `pre` has it."""
    return escape(visible_lines(text))


def compared_figures(runs: Sequence[RunReport]) -> list[tuple[str, str, list[float | None]]]:
    """Each figure of each part of the data, with its value for every run."""
    named = {
        (part, name): None for part in PARTS for run in runs for name in run.figures.get(part, {})
    }
    return [
        (part, name, [run.figures.get(part, {}).get(name) for run in runs]) for part, name in named
    ]


def differences(runs: Sequence[RunReport]) -> list[tuple[str, list[str]]]:
    """The config's keys, by their dotted paths, in which the runs are not all the same."""
    settings = [flat(run.settings) for run in runs]
    keys = dict.fromkeys(key for each in settings for key in each if key != "name")
    rows = [(key, [setting_text(each.get(key)) for each in settings]) for key in keys]
    return [(key, texts) for key, texts in rows if len(set(texts)) > 1]


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Nested plain data as one mapping from dotted paths to scalars and lists of them."""
    if isinstance(value, dict) and value:
        items = [(str(key), below) for key, below in value.items()]
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        items = [(str(place), below) for place, below in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for key, below in items:
        found |= flat(below, f"{path}.{key}" if path else key)
    return found


def setting_text(value: Any) -> str:
    """A setting as the table of differences has it, and `nnctl diff`."""
    return ABSENT if value is None else text_of_value(value)
