"""One run as the page shows it: its numbers, and its drawings, ready to be laid out."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup

from nnctl.config.types import Entry
from nnctl.data.classes import Label
from nnctl.report import png
from nnctl.report.charts import SIGNS, Charts
from nnctl.report.collecting import PARTS, RunReport
from nnctl.report.column_drawings import ShownColumn, key_of_outputs, pairs_alike, shown_columns
from nnctl.report.curves import first_not_finite
from nnctl.report.example_tiles import Examples, Tile, heading_of, said_of, worst_tile
from nnctl.report.first_layer import FirstLayer
from nnctl.report.matrices import Cell, classes_a_cell, matrix_picture, matrix_rows
from nnctl.report.surface_charts import surface_charts
from nnctl.report.wording import count_text, number

POWER = r"-?\d[\d.]*e[-+]?\d+"  # a number, as messages have it
MOST_CONFUSIONS = 12
MOST_TARGETS = 6
SIZES = ("units", "filters", "rate")
PACKAGES = {"nnctl": "nnctl", "numpy": "NumPy", "python": "Python"}


@dataclass(frozen=True)
class Fitted:
    """A target's drawings: predicted against true numbers, and how often there are which errors."""

    target: str
    fit: Markup
    errors: Markup


class DrawnRun:
    """A run's report with its drawings, made when the template asks for them."""

    def __init__(self, run: RunReport, charts: Charts):
        self.run = run
        self.charts = charts

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def parts(self) -> list[str]:
        """The parts of the data that there are figures of."""
        return [part for part in PARTS if part in self.run.figures]

    @property
    def figure_names(self) -> list[str]:
        names = (name for part in self.parts for name in self.run.figures[part])
        return list(dict.fromkeys(names))

    def rows_text(self, part: str) -> str:
        """How many rows a part has, as far as that is known."""
        rows = self.run.rows.get(part)
        return "" if rows is None else count_text(rows, "row")

    @property
    def members(self) -> list[tuple[str, dict[str, float]]]:
        """Mean, worst and best of an ensemble's members, on the part that it is judged by."""
        found = self.run.results.get("members")
        part = self.run.judged.part if self.run.judged is not None else None
        if not isinstance(found, dict) or part is None:
            return []
        each = [(key, found.get(key)) for key in ("mean", "worst", "best")]
        own = [(key, known.get(part)) for key, known in each if isinstance(known, dict)]
        return [(key, figures) for key, figures in own if isinstance(figures, dict)]

    @property
    def lead(self) -> str:
        """The outcome in a sentence."""
        run = self.run
        if not run.ended:
            return "The run has not come to its end: it was interrupted, diverged, or is going on."
        judged = run.judged
        part = judged.part if judged is not None else (self.parts or ["train"])[-1]
        figures = run.figures.get(part, {})
        said = []
        for name, value in figures.items():
            baseline = None if judged is None else judged.baselines.get(name)
            beside = "" if baseline is None else f" (baseline {number(baseline)})"
            said.append(f"{name} {number(value)}{beside}")
        rows = run.rows.get(part)
        where = f"{part} rows" if rows is None else count_text(rows, f"{part} row")
        return f"On the {where}: {', '.join(said)}." if said else ""

    @property
    def layers(self) -> str:
        """The layers, from the input to the output."""
        return " → ".join(layer_text(entry) for entry in self.run.config.layers)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the run was, in short."""
        run = self.run
        config = self.run.config
        facts = [("layers", self.layers)]
        if run.parameters is not None:
            facts.append(("parameters", f"{run.parameters:,}"))
        counts = [len(history.get("epoch", ())) for history in run.histories] or [0]
        epochs = f"{max(counts):,} of {config.epochs:,}"
        if min(counts) < max(counts):
            epochs = f"{min(counts):,} to {epochs}"
        facts += [
            ("loss", config.loss.type),
            ("optimizer", config.optimizer.type),
            ("epochs", epochs),
            ("batch size", str(config.batch_size)),
        ]
        return [*facts, ("members", f"{config.members:,}")] if config.members > 1 else facts

    @property
    def environment(self) -> list[tuple[str, str]]:
        """What the figures were made with, as far as it is known."""
        results = self.run.results
        config = self.run.config
        versions = results.get("versions")
        known = versions if isinstance(versions, dict) else {}
        facts = [(title, str(known[key])) for key, title in PACKAGES.items() if key in known]
        facts += [("seed", str(config.seed)), ("dtype", config.dtype)]
        seconds = results.get("seconds")
        if not isinstance(seconds, float):
            seconds = sum(sum(history.get("seconds", ())) for history in self.run.histories)
        together = ", of all members together" if config.members > 1 else ""
        return [*facts, ("training", f"{number(seconds)} s{together}")]

    @property
    def not_finite(self) -> int | None:
        return first_not_finite(self.run)

    @property
    def matrix(self) -> list[tuple[Label, list[Cell]]] | None:
        """The confusion matrix by true class, where it fits a table."""
        return None if self.run.judged is None else matrix_rows(self.run.judged)

    @cached_property
    def matrix_picture(self) -> str | None:
        """The address of a picture of a confusion matrix that fits no table."""
        return None if self.run.judged is None else matrix_picture(self.run.judged)

    @property
    def classes_a_cell(self) -> int:
        """How many classes share a row and a column of the picture of a confusion matrix."""
        return 1 if self.run.judged is None else classes_a_cell(self.run.judged)

    @property
    def confusions(self) -> list[tuple[Label, Label, int]]:
        """The true and predicted classes that are confused most often, with their counts."""
        judged = self.run.judged
        if judged is None or judged.confusion is None:
            return []
        return judged.confusion.commonest(MOST_CONFUSIONS)

    @cached_property
    def fits(self) -> list[Fitted]:
        judged = self.run.judged
        return [
            Fitted(
                fit.target,
                Markup(self.charts.fit(fit.target, fit.truth, fit.predicted)),
                Markup(self.charts.errors(fit.target, fit.predicted - fit.truth)),
            )
            for fit in (() if judged is None else judged.fits[:MOST_TARGETS])
        ]

    @cached_property
    def reliability(self) -> Markup | None:
        """The curve of how often answers are so, by the probability that they were given."""
        judged = self.run.judged
        if judged is None or judged.reliability is None or not judged.reliability.points:
            return None
        return Markup(self.charts.reliability(judged.reliability.points))

    @property
    def coverage_text(self) -> str:
        """How many ranges or sets hold the truth; empty where there are none."""
        coverage = None if self.run.judged is None else self.run.judged.coverage
        if coverage is None:
            return ""
        kind = "sets of labels" if self.run.judged and self.run.judged.confusion else "ranges"
        low, high = (number(end) for end in coverage.by_chance)
        return (
            f"The {kind} hold the truth of {number(coverage.found)} of the rows; "
            f"{number(coverage.wanted)} is wanted, and chance allows {low} to {high}."
        )

    @cached_property
    def examples(self) -> list[Examples]:
        """The worst examples, or those that the model is least sure of, drawn where they can be."""
        judged = self.run.judged
        if judged is None:
            return []
        groups = []
        for wrong in (True, False):
            own = [each for each in judged.worst if each.wrong == wrong]
            if own:
                tiles = [worst_tile(judged, each, self.charts) for each in own]
                groups.append(Examples(heading_of(judged, wrong), said_of(judged, wrong), tiles))
        return groups

    @property
    def explains(self) -> bool:
        """Whether any example has a reason."""
        judged = self.run.judged
        return judged is not None and any(each.reason for each in judged.worst)

    @cached_property
    def surface(self) -> list[tuple[str, Markup]]:
        """The decision surface or the fitted curve, each drawing with its title."""
        surface = self.run.surface
        if surface is None:
            return []
        return [(title, Markup(drawn)) for title, drawn in surface_charts(self.charts, surface)]

    @property
    def surface_key(self) -> list[tuple[str, str, int]]:
        """The sign and the color, counted from 1, of each class on a surface."""
        surface = self.run.surface
        classes = () if surface is None else surface.classes
        return [(SIGNS[k], name, k + 1) for k, name in enumerate(classes)]

    @cached_property
    def columns(self) -> list[ShownColumn]:
        """The columns by their importance."""
        return [] if self.run.importance is None else shown_columns(self.run.importance)

    @property
    def column_key(self) -> list[Markup]:
        """What the lines of the columns' curves are."""
        return [] if self.run.importance is None else key_of_outputs(self.run.importance)

    @property
    def alike(self) -> list[tuple[str, str, str]]:
        """The pairs of columns that share their importance."""
        return [] if self.run.importance is None else pairs_alike(self.run.importance)

    @property
    def verdict(self) -> str:
        """What was told of the training, as a sentence; empty where nothing was."""
        told = self.run.told
        if told is None:
            return ""
        text = re.sub(POWER, lambda found: number(float(found[0])), told.text)
        begun = bool(told.codes) or text.partition(" ")[0] in self.figure_names
        return text if begun else text[:1].upper() + text[1:]

    @property
    def files_text(self) -> list[tuple[str, str, str]]:
        """Each part of the data, its file or what it is of, and its rows, as far as known."""
        names = {file.part.partition(".")[0]: file.name for file in self.run.files}
        written = self.run.config.data.validation
        parts = [part for part in PARTS if part in names or part in self.run.rows]
        found = []
        for part in parts:
            name = names.get(part)
            if name is None and isinstance(written, float):
                name = f"{number(100 * written)} % of the training file"
            found.append((part, name or "", self.rows_text(part)))
        return found

    @cached_property
    def first_layer(self) -> list[Tile]:
        """The parts of the first layer's kernel, drawn."""
        layer = self.run.first_layer
        return [] if layer is None else layer_tiles(layer, self.charts)


def layer_text(entry: Entry) -> str:
    """A layer as a reader would name it: its type, size and activation."""
    given = entry.arguments()
    sizes = [str(given[key]) for key in SIZES if given.get(key) is not None]
    activation = given.get("activation")
    name = getattr(activation, "type", activation)
    if name not in (None, "linear"):
        sizes.append(str(name))
    return " ".join([entry.type, *sizes])


def layer_tiles(layer: FirstLayer, charts: Charts) -> list[Tile]:
    tiles = []
    for name, values in layer.parts:
        if layer.kind == "series":
            low, high = -layer.largest, layer.largest
            said = f"{name}: weights of {len(values)} steps"
            drawing = Markup(charts.series(values[:, None], low, high, said))
            tiles.append(Tile(name, drawing=drawing))
        else:
            tiles.append(Tile(name, png.weights(np.atleast_2d(values), layer.largest)))
    return tiles
