"""How a model does on some rows: what it takes for what, and where it is furthest off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.assembly.by_class import ClassFigures
from nnctl.assembly.comparison import (
    Confusion,
    Guesses,
    baselines,
    guesses_for,
    predictions_by_block,
    predictions_for,
)
from nnctl.assembly.example_views import View, values_of, view_of
from nnctl.assembly.judging import Coverage, judge_answers
from nnctl.assembly.trained import Trained
from nnctl.calibration.reliability import Reliability
from nnctl.data.classes import Label
from nnctl.data.inputs import Inputs
from nnctl.graph import Array
from nnctl.network.answers import is_yes
from nnctl.report.example_cells import cells_of
from nnctl.report.wording import number
from nnctl.training.blocks import Blocks, rows_by_bytes, slices_of
from nnctl.training.step import Examples

PICTURES, SERIES, ROWS = 24, 12, 12  # of the worst examples
MOST_COLUMNS = 50  # of a table that are shown
MOST_BY_CLASS = 100  # classes
TINY = 1e-12


@dataclass(frozen=True)
class Miss:
    """A row, what is true and what is predicted, how far off, and whether the answer is wrong.

    Of several numbers or labels the `target` is that which is furthest off.
    """

    row: int
    truth: str
    predicted: str
    off: float
    wrong: bool
    target: int = 0


@dataclass(frozen=True)
class Fit:
    """The true and the predicted numbers of one target, (rows,) each, in its own unit."""

    target: str
    truth: Array
    predicted: Array


@dataclass(frozen=True)
class Reason:
    """What gave an example its prediction: which `output` is meant, what each column added to it.

    `amounts` are (columns,), or as a picture or series has its values; `largest` names the columns
    that added or took most.
    """

    output: str
    amounts: Array
    largest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Worst:
    """An example that is predicted badly, by its place among the rows, counted from 0.

    `off` is the probability of what is true, or the error; `wrong` says that the answer is, which
    numbers always are, and `target` which of several numbers or labels is meant. `values` are those
    of the data, as a picture or series has them; `cells` those of a table's columns.
    """

    row: int
    truth: str
    predicted: str
    off: float
    wrong: bool = True
    target: int = 0
    values: Array | None = None
    cells: tuple[str, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class Judged:
    """A model's predictions for the rows of one part of the data.

    `confusion` tells which class was taken for which, where each row has one; `by_class` has the
    figures of those with the most rows, `fits` those of a regression. `low` and `high` are the
    extremes of the values of all rows; `columns` names the first columns of the data,
    `text_columns` those that hold text. `reliability` compares probabilities with what happened,
    `coverage` ranges or sets with the truth. `mistakes` counts the rows with a wrong answer, None
    where answers are numbers; `without_reasons` says why no example has a reason.
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
    confusion: Confusion | None = None
    by_class: tuple[ClassFigures, ...] = ()
    fits: tuple[Fit, ...] = ()
    reliability: Reliability | None = None
    coverage: Coverage | None = None
    mistakes: int | None = None
    without_reasons: str = ""

    @property
    def matrix(self) -> list[list[int]] | None:
        """The rows by true class (rows) and predicted class, unless the classes are too many."""
        return None if self.confusion is None else self.confusion.matrix


def judge(part: str, trained: Trained, examples: Examples) -> Judged:
    """The model's predictions for the examples of a part of its data."""
    view = view_of(trained, examples.x)
    inputs = trained.preprocessing.inputs
    targets = trained.preprocessing.targets
    low, high = (0.0, 0.0) if view.kind == "table" else extremes(inputs, examples.x)
    confusion, fits, mistakes = None, tuple[Fit, ...](), None
    answers = judge_answers(trained, examples, trained.cuts)
    most = {"picture": PICTURES, "series": SERIES, "table": ROWS}[view.kind]
    if targets.classes is not None:
        confusion = answers.confusion
        guesses = guesses_for(trained, examples)
        mistakes = int((guesses.truth != guesses.guess).sum())
        found = least_likely_rows(targets.classes.labels, guesses, most)
    elif targets.task == "regression":
        fits = fits_of(trained, examples, predictions_for(trained, examples.x))
        found = furthest_rows(fits, most)
    else:
        found, mistakes = worst_labelled(trained, examples, most)
    return Judged(
        part,
        len(examples),
        baselines(trained.model.loss.task, targets, examples.y),
        view,
        tuple(worst_of(inputs, examples.x, view, found)),
        low,
        high,
        inputs.names[:MOST_COLUMNS],
        (*inputs.categories, *inputs.dates),
        max(0, len(inputs.names) - MOST_COLUMNS),
        targets.names if confusion is None else confusion.classes,
        confusion,
        tuple(commonest(answers.by_class)),
        fits,
        answers.reliability,
        answers.coverage,
        mistakes,
    )


def extremes(inputs: Inputs, x: Array | Blocks) -> tuple[float, float]:
    """The least and the greatest number of the data that inputs `x` were made of."""
    size = rows_by_bytes(x[:1].size * np.dtype(np.float64).itemsize)
    blocks = (values_of(inputs, x[rows]) for rows in slices_of(len(x), size))
    found = [(float(values.min()), float(values.max())) for values in blocks]
    return min(low for low, _ in found), max(high for _, high in found)


def commonest(figures: Sequence[ClassFigures]) -> list[ClassFigures]:
    """The classes with the most rows, as many as are shown, in the order that they have."""
    places = sorted(range(len(figures)), key=lambda k: -figures[k].support)[:MOST_BY_CLASS]
    return [figures[k] for k in sorted(places)]


def worst_labelled(trained: Trained, examples: Examples, most: int) -> tuple[list[Miss], int]:
    """The rows furthest off of which each may have several labels, and how many are wrong."""
    badness, wrong = [], []
    for rows, predictions in predictions_by_block(trained, examples.x):
        truth = examples.y[rows] > 0.5
        badness.append(of_truth(truth, predictions).min(axis=1))
        wrong.append((is_yes(predictions, trained.cuts) != truth).any(axis=1))
    are_wrong = np.concatenate(wrong)
    chosen = first_rows(np.concatenate(badness), most, are_wrong)
    return least_likely_labels(trained, examples, chosen), int(are_wrong.sum())


def of_truth(truth: Array, predictions: Array) -> Array:
    """The probability that was given to what is true of each label, (rows, labels)."""
    return np.where(truth, predictions, 1 - predictions.astype(np.float64))


def fits_of(trained: Trained, examples: Examples, predictions: Array) -> tuple[Fit, ...]:
    """True against predicted numbers, target by target."""
    targets = trained.preprocessing.targets
    truth, predicted = (
        targets.in_own_unit(y.reshape(len(examples), -1)).T
        for y in (examples.y, trained.model.loss.judged(predictions))
    )
    names = zip(targets.names, truth, predicted, strict=True)
    return tuple(Fit(name, true, guess) for name, true, guess in names)


def worst_of(
    inputs: Inputs, x: Array | Blocks, view: View, found: Sequence[Miss]
) -> Iterator[Worst]:
    """The examples whose truth was given the least probability, or that are furthest off."""
    for each in found:
        told = each.row, each.truth, each.predicted, each.off, each.wrong, each.target
        if view.kind == "table":
            cells = tuple(cells_of(inputs, x[each.row])[:MOST_COLUMNS])
            yield Worst(*told, None, cells)
        else:
            yield Worst(*told, values_of(inputs, x[each.row][None]).reshape(view.shape))


def least_likely_rows(classes: Sequence[Label], guesses: Guesses, most: int) -> list[Miss]:
    """Rows whose own class was given the least probability, those of a wrong answer first."""
    truth, guess, probability = guesses
    wrong = truth != guess
    return [
        Miss(
            row,
            str(classes[truth[row]]),
            str(classes[guess[row]]),
            float(probability[row]),
            bool(wrong[row]),
        )
        for row in first_rows(probability, most, wrong)
    ]


def least_likely_labels(trained: Trained, examples: Examples, rows: Sequence[int]) -> list[Miss]:
    """Those rows, with what is true of them and what was said."""
    names = trained.preprocessing.targets.names
    places = np.array(rows)
    chosen = examples.rows(places)
    predictions = predictions_for(trained.for_rows(places), chosen.x)
    truth, said = chosen.y > 0.5, is_yes(predictions, trained.cuts)
    given = of_truth(truth, predictions)
    least, label = given.min(axis=1).tolist(), given.argmin(axis=1).tolist()
    wrong = (truth != said).any(axis=1).tolist()
    return [
        Miss(
            row,
            label_list(names, truth[k]),
            label_list(names, said[k]),
            least[k],
            wrong[k],
            label[k],
        )
        for k, row in enumerate(rows)
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
        truth, predicted = (f"{name}{number(float(y[row]))}" for y in (fit.truth, fit.predicted))
        found.append(Miss(row, truth, predicted, float(errors[row, target]), True, target))
    return found


def even_places(count: int, most: int) -> Array:
    """The places of all of so many rows, or of some, at even distances."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))


def first_rows(badness: Array, most: int, wrong: Array | None = None) -> list[int]:
    """The places of the smallest values, the smallest first, those that are `wrong` before others;
    of equals the first, not-numbers before all."""
    known = np.nan_to_num(badness, nan=-np.inf)
    keys = (known,) if wrong is None else (known, ~wrong)
    return [int(row) for row in np.lexsort(keys)[:most]]
