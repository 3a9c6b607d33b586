"""`nnctl drift`: whether new rows are still like those that trained a model."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.assembly.examples import examples_for, given_file
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.inputs import MISSING_LABEL, OTHER_LABEL
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Examples
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.graph import Array
from nnctl.insight.drift import (
    RECORD,
    ColumnSummary,
    Counts,
    bin_counts,
    edges_of,
    index,
    may_be_chance,
    unpack,
)
from nnctl.jobs.finding import find_weights_and_data
from nnctl.reading.files import DataFile
from nnctl.reading.table import Faults, Table, TextColumn, text_of
from nnctl.runs.weights import load_weights
from nnctl.training import step

PSI, FEWEST_JUDGED = 0.2, 100
MOST_NEW = 20  # categories of a column that are told by name
MEMORY = 16_000_000  # bytes of arrays that are held and not read where they are
ARRAYS = "all numbers"


@dataclass(frozen=True)
class DriftColumn:
    """How far a column has moved, and whether that is too far.

    `missing` is the share of rows without a value, now and `missing_before`; `outside`, of numbers,
    that beyond the range of the training. `new_categories` are such as the training did not have.
    """

    name: str
    psi: float
    missing: float
    missing_before: float
    outside: float | None
    new_categories: tuple[str, ...]
    drifted: bool


@dataclass(frozen=True)
class DriftResult:
    """The columns, in the order of the table.

    `figures` are loss and metrics, where the rows have targets. `warnings` tell what to know.
    """

    rows: int
    columns: tuple[DriftColumn, ...]
    figures: dict[str, float]
    warnings: tuple[Problem, ...]

    @property
    def drifted(self) -> bool:
        """Whether any column has moved too far."""
        return any(column.drifted for column in self.columns)

    def as_json(self) -> dict[str, Any]:
        """The result as plain data."""
        keys = ("name", "psi", "missing", "missing_before", "outside", "new_categories", "drifted")
        columns = [{key: getattr(each, key) for key in keys} for each in self.columns]
        plain: dict[str, Any] = {"drifted": self.drifted, "rows": self.rows, "columns": columns}
        return plain | ({"metrics": self.figures} if self.figures else {})


class Watched:
    """A column of new rows, counted as they come by, against what is kept of it."""

    def __init__(
        self, name: str, summary: ColumnSummary, labels: tuple[str, ...] | None = None
    ) -> None:
        self.name, self._summary = name, summary
        self._rows = self._missing = self._outside = 0
        self._new: dict[str, None] = {}
        self._edges = np.empty(0) if summary.ends is None else edges_of(summary.ends)
        self._labels = {label: place for place, label in enumerate(labels or ())}
        kept = [] if summary.places is None else summary.places.tolist()
        self._bins = {place: k for k, place in enumerate(kept)}
        count = len(self._bins) + 1 if labels is not None else len(self._edges) + 1
        self._counts: Counts = np.zeros(count, np.int64)

    def numbers(self, values: Array) -> None:
        """Counts numbers (n,), nan where missing."""
        known = values[~np.isnan(values)]
        self._rows += len(values)
        self._missing += len(values) - len(known)
        self._counts += bin_counts(known, self._edges)
        ends = self._summary.ends
        if ends is not None and len(known):
            inside = (known >= ends[0]) & (known <= ends[-1])  # of no range, nothing is inside
            self._outside += len(known) - int(np.count_nonzero(inside))

    def text(self, column: TextColumn) -> None:
        """Counts the rows of a column of text."""
        found = np.bincount(column.codes + 1, minlength=1 + len(column.labels)).tolist()
        self._rows += len(column.codes)
        self._missing += found[0]
        other = self._labels.get(OTHER_LABEL)
        for label, rows in zip(column.labels, found[1:], strict=True):
            if label == MISSING_LABEL:  # as in the summary
                self._missing += rows
                continue
            place = self._labels.get(label, other)
            self._counts[self._bins.get(-1 if place is None else place, -1)] += rows
            if place is None and rows and len(self._new) < MOST_NEW:
                self._new[label] = None

    def result(self, most: float, columns: int) -> DriftColumn:
        """What it has come to; above `most` it has drifted, if there are rows enough to tell it
        from what chance does to one of so many columns."""
        told = self._summary, self._counts, self._missing
        psi = index(*told) if self._rows else 0.0
        drifted = self._rows >= FEWEST_JUDGED and psi > most and not may_be_chance(*told, columns)
        rows = max(1, self._rows)
        return DriftColumn(
            self.name,
            psi,
            self._missing / rows,
            self._summary.missing,
            None if self._labels else self._outside / rows,
            tuple(self._new),
            drifted,
        )


def drift(
    run: Path,
    data: Path,
    *,
    fail_over: Sequence[str] = (),
    features: Sequence[str] = (),
    target: Sequence[str] = (),
    table: str | None = None,
) -> DriftResult:
    """Holds the rows of a file against what the weights keep of those that trained.

    A column has drifted where its stability index is above that of `fail_over`, psi=0.2 by default,
    there are 100 rows, and chance would hardly move so few so far. Raises `NnctlError` for weights
    that keep nothing, and for files that cannot be read.
    """
    most = bound_of(fail_over)
    run, data = find_weights_and_data(run, data)
    trained = load_trained(run)
    watched = watched_columns(run, trained)
    file = given_file(trained.config, data, features, target, table)
    rows = count_rows(trained, file, watched)
    if not rows:
        raise NnctlError(Problem("it has no rows", None, str(file.path)))
    figures, warnings = figures_on(trained, file)
    if rows < FEWEST_JUDGED:
        message = f"it has {rows:,} rows; with less than {FEWEST_JUDGED} nothing counts as drifted"
        warnings.append(Problem(message, None, str(file.path)))
    columns = tuple(each.result(most, len(watched)) for each in watched.values())
    return DriftResult(rows, columns, figures, tuple(warnings))


def bound_of(fail_over: Sequence[str]) -> float:
    """The index above which a column has drifted. Raises `ArgumentError` for another figure."""
    most = PSI
    for text in fail_over:
        name, _, value = text.partition("=")
        try:
            most = float(value) if name == "psi" else math.nan
        except ValueError:
            most = math.nan
        if math.isnan(most):
            raise ArgumentError(f"--fail-over {text}: it must be psi=NUMBER, as in psi={PSI}")
    return most


def watched_columns(run: Path, trained: Trained) -> dict[str, Watched]:
    """The columns that the weights keep something of. Raises `NnctlError` where that is nothing."""
    weights = load_weights(run)
    kept, inputs = weights.training_rows, trained.preprocessing.inputs
    if kept is None:
        message = "it keeps nothing of the rows that trained: an earlier nnctl has written it"
        raise NnctlError(Problem(message, "train the model again", weights.file))
    names = inputs.names if trained.preprocessing.arrays is None else (ARRAYS,)
    try:
        if kept.dtype != np.uint8 or kept.ndim != 2 or kept.shape[1] != RECORD:
            raise ValueError("they have another form")
        if not 0 < len(kept) <= len(names):
            raise ValueError("they are of other columns")
        return {
            name: watched_column(name, record, inputs.categories.get(name))
            for name, record in zip(names, kept, strict=False)
        }
    except ValueError as error:
        message = f"what it keeps of the rows that trained is damaged ({error})"
        raise NnctlError(Problem(message, "train the model again", weights.file)) from None


def watched_column(name: str, record: Array, labels: tuple[str, ...] | None) -> Watched:
    """One of them. Raises ValueError for a record that is damaged."""
    summary = unpack(record, None if labels is None else len(labels))
    return Watched(name, summary, labels)


def count_rows(trained: Trained, file: DataFile, watched: dict[str, Watched]) -> int:
    """Lets the rows of a file pass by the columns; returns how many they were."""
    preprocessing = trained.preprocessing
    rows = 0
    with preprocessing.source_of(file, targets=False, memory=MEMORY) as source:
        names = preprocessing.columns(source, file, targets=False).features
        kinds = preprocessing.kinds_read(names, ())
        for table in source.tables(names, **kinds, streaming=True):
            rows += len(table)
            pass_by(table, names, trained, watched)
    return rows


def pass_by(
    table: Table, names: Sequence[str], trained: Trained, watched: dict[str, Watched]
) -> None:
    """Counts a stretch of rows, whose columns are called `names`."""
    inputs = trained.preprocessing.inputs
    if trained.preprocessing.arrays is not None:
        watched[ARRAYS].numbers(table.columns(names).ravel())
        return
    for (own, column), name in zip(watched.items(), names, strict=False):
        if own in inputs.categories:
            column.text(text_of(table, name))
        else:
            column.numbers(table.columns([name])[:, 0])


def figures_on(trained: Trained, file: DataFile) -> tuple[dict[str, float], list[Problem]]:
    """Loss and metrics on the rows, where they have targets; or why there are none."""
    try:
        notices = Notices(str(file.path))
        figures = trained.model.evaluator.figures_of_all(stretches(trained, file, notices))
    except NnctlError as error:
        first = error.problems[0]
        message = f"there are no metrics: {first.message}"
        return {}, [first._replace(message=message, fix=None, setting=None)]
    return figures, notices.problems()


def stretches(trained: Trained, file: DataFile, notices: Notices) -> Iterator[step.Examples]:
    """The rows of a file that have targets, stretch by stretch. Raises `NnctlError` for others."""
    preprocessing = trained.preprocessing
    with preprocessing.source_of(file, memory=MEMORY) as source:
        columns = preprocessing.columns(source, file)
        for table in preprocessing.tables(source, columns, notices):
            faults = Faults(table.file)
            unheard = Notices(table.file)  # of new categories, which are told of with their column
            x = preprocessing.inputs.of(table, columns.features, faults, unheard)
            y = preprocessing.targets.of(table, columns.targets, faults)
            weight = None
            if columns.weight is not None:
                weight = preprocessing.weights(table, columns.weight, faults)
            faults.check()
            if len(table):
                yield examples_for(trained.model, Examples(x, y, weight))
        notices.check_targets()
