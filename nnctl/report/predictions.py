"""How a model does on some rows: what it takes for what, and where it is furthest off."""

from dataclasses import dataclass

import numpy as np

from nnctl.assembly.comparison import baselines, class_pairs, confusion, predictions_for
from nnctl.assembly.trained import Trained
from nnctl.data.classes import Label
from nnctl.graph import Array
from nnctl.network.answers import is_yes
from nnctl.report.example_views import View, cells_of, values_of, view_of
from nnctl.training.step import Examples

PICTURES, SERIES, ROWS = 24, 12, 12  # of the worst examples
MOST_COLUMNS = 50  # of a table that are shown
TINY = 1e-12


@dataclass(frozen=True)
class ClassFigures:
    """Precision, recall and F1 of a class or label, None where there is nothing to divide by.

    `hits`, `missed` and `alarms` count rows that are of the class and predicted so, not predicted
    so, and predicted so without being; `others` are the rest.
    """

    label: Label
    hits: int
    missed: int
    alarms: int
    others: int

    @property
    def support(self) -> int:
        """The rows that are of the class."""
        return self.hits + self.missed

    @property
    def precision(self) -> float | None:
        return ratio(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float | None:
        return ratio(self.hits, self.support)

    @property
    def f1(self) -> float | None:
        return ratio(2 * self.hits, 2 * self.hits + self.alarms + self.missed)


@dataclass(frozen=True)
class Fit:
    """The true and the predicted numbers of one target, (rows,) each, in its own unit."""

    target: str
    truth: Array
    predicted: Array


@dataclass(frozen=True)
class Worst:
    """An example that is predicted badly, by its place among the rows, counted from 0.

    `off` is the probability of what is true, or the error. `values` are those of the data, as a
    picture or series has them; `cells` those of a table's columns.
    """

    row: int
    truth: str
    predicted: str
    off: float
    values: Array | None = None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A model's predictions for the rows of one part of the data.

    `matrix` counts rows by true class (rows) and predicted class, where each row has one; `fits`
    are those of a regression. `low` and `high` are the extremes of the values of all rows;
    `columns` names the first columns of the data, `text_columns` those that hold text.
    """

    part: str
    rows: int
    baselines: dict[str, float]
    view: View
    worst: tuple[Worst, ...]
    low: float
    high: float
    columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    columns_left_out: int = 0
    classes: tuple[Label, ...] = ()
    matrix: list[list[int]] | None = None
    by_class: tuple[ClassFigures, ...] = ()
    fits: tuple[Fit, ...] = ()


def judge(part: str, trained: Trained, examples: Examples) -> Judged:
    """The model's predictions for the examples of a part of its data."""
    predictions = predictions_for(trained, examples)
    x = examples.x[:]
    view = view_of(trained, x)
    inputs = trained.preprocessing.inputs
    targets = trained.preprocessing.targets
    low = high = 0.0
    if view.kind != "table":
        own = values_of(inputs, x)
        low, high = float(own.min()), float(own.max())
    matrix, classes = confusion(trained, examples, predictions)
    fits: tuple[Fit, ...] = ()
    if matrix is not None and classes is not None:
        by_class = tuple(class_figures(matrix, classes))
    elif targets.task == "regression":
        by_class = ()
        fits = fits_of(trained, examples, predictions)
    else:
        by_class = tuple(label_figures(targets.names, examples.y > 0.5, is_yes(predictions)))
    return Judged(
        part,
        len(examples),
        baselines(trained.model.loss.task, targets, examples.y),
        view,
        tuple(worst_of(trained, examples, predictions, view, fits)),
        low,
        high,
        inputs.names[:MOST_COLUMNS],
        tuple(inputs.categories),
        max(0, len(inputs.names) - MOST_COLUMNS),
        tuple(classes or targets.names),
        matrix,
        by_class,
        fits,
    )


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def class_figures(matrix: list[list[int]], classes: list[Label]) -> list[ClassFigures]:
    """The figures of each class of a confusion matrix."""
    counts = np.array(matrix)
    hits, labelled, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return [
        ClassFigures(
            label,
            int(hits[k]),
            int(labelled[k] - hits[k]),
            int(predicted[k] - hits[k]),
            int(counts.sum() - labelled[k] - predicted[k] + hits[k]),
        )
        for k, label in enumerate(classes)
    ]


def label_figures(names: tuple[str, ...], truth: Array, said: Array) -> list[ClassFigures]:
    """The figures of each of several labels that a row may have, (rows, labels) each."""
    counts = [(truth & said), (truth & ~said), (~truth & said), (~truth & ~said)]
    columns = np.stack([count.sum(axis=0) for count in counts], axis=1).tolist()
    return [ClassFigures(name, *column) for name, column in zip(names, columns, strict=True)]


def fits_of(trained: Trained, examples: Examples, predictions: Array) -> tuple[Fit, ...]:
    """True against predicted numbers, target by target."""
    targets = trained.preprocessing.targets
    truth, predicted = (
        targets.in_own_unit(y.reshape(len(examples), -1)).T for y in (examples.y, predictions)
    )
    names = zip(targets.names, truth, predicted, strict=True)
    return tuple(Fit(name, true, guess) for name, true, guess in names)


def worst_of(
    trained: Trained, examples: Examples, predictions: Array, view: View, fits: tuple[Fit, ...]
) -> list[Worst]:
    """The examples whose truth was given the least probability, or that are furthest off."""
    most = {"picture": PICTURES, "series": SERIES, "table": ROWS}[view.kind]
    targets = trained.preprocessing.targets
    inputs = trained.preprocessing.inputs
    if fits:
        found = furthest_rows(fits, most)
    elif targets.classes is None:
        found = least_likely_labels(targets.names, examples.y > 0.5, predictions, most)
    else:
        found = least_likely_rows(trained, examples, predictions, most)
    made = []
    for row, truth, predicted, off in found:
        x = examples.x[row]
        if view.kind == "table":
            made.append(
                Worst(row, truth, predicted, off, None, tuple(cells_of(inputs, x)[:MOST_COLUMNS]))
            )
        else:
            values = values_of(inputs, x[None]).reshape(view.shape)
            made.append(Worst(row, truth, predicted, off, values))
    return made


Miss = tuple[int, str, str, float]  # a row, its truth, what was predicted, by how much off


def least_likely_rows(
    trained: Trained, examples: Examples, predictions: Array, most: int
) -> list[Miss]:
    """Rows whose own class was given the least probability."""
    classes = trained.preprocessing.targets.classes
    assert classes is not None
    truth, guess = class_pairs(trained, examples, predictions)
    if trained.preprocessing.targets.task == "binary":
        second = predictions[:, 0].astype(np.float64)
        probability = np.where(truth == 1, second, 1 - second)
    else:
        probability = np.take_along_axis(predictions, truth[:, None], axis=1)[:, 0]
    labels = [str(label) for label in classes.labels]
    return [
        (row, labels[truth[row]], labels[guess[row]], float(probability[row]))
        for row in first_rows(probability, most)
    ]


def least_likely_labels(
    names: tuple[str, ...], truth: Array, predictions: Array, most: int
) -> list[Miss]:
    """Rows of which one label's truth was given the least probability."""
    of_truth = np.where(truth, predictions, 1 - predictions.astype(np.float64))
    said = is_yes(predictions)
    return [
        (
            row,
            label_list(names, truth[row]),
            label_list(names, said[row]),
            float(of_truth[row].min()),
        )
        for row in first_rows(of_truth.min(axis=1), most)
    ]


def label_list(names: tuple[str, ...], chosen: Array) -> str:
    return ", ".join(name for name, there in zip(names, chosen, strict=True) if there) or "none"


def furthest_rows(fits: tuple[Fit, ...], most: int) -> list[Miss]:
    """Rows of which one target's error is the largest, measured by the spread of that target."""
    errors = np.stack([fit.predicted.astype(np.float64) - fit.truth for fit in fits], axis=1)
    spread = np.array([fit.truth.std(dtype=np.float64) for fit in fits])
    relative = np.abs(errors) / np.maximum(spread, TINY)
    found = []
    for row in first_rows(-relative.max(axis=1), most):
        target = int(relative[row].argmax())
        fit = fits[target]
        name = f"{fit.target} = " if len(fits) > 1 else ""
        truth, predicted = (f"{name}{float(y[row]):,.6g}" for y in (fit.truth, fit.predicted))
        found.append((row, truth, predicted, float(errors[row, target])))
    return found


def first_rows(badness: Array, most: int) -> list[int]:
    """The places of the smallest values, the smallest first; of equals the first, not-numbers
    before all."""
    known = np.nan_to_num(badness, nan=-np.inf)
    return [int(row) for row in np.argsort(known, kind="stable")[:most]]
