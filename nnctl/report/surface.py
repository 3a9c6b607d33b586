"""What a model of one or two columns of numbers says all over them, and the rows that are there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnctl.assembly.comparison import guesses_for
from nnctl.assembly.example_views import View, values_of
from nnctl.assembly.importance import output_names
from nnctl.assembly.predicted import numbers_of
from nnctl.assembly.trained import Trained
from nnctl.data.notices import Notices
from nnctl.graph import Array
from nnctl.reading.table import Faults, Table
from nnctl.report.predictions import even_places
from nnctl.training.step import Examples

CURVE_POINTS, PLANE_POINTS = 240, 64  # along each axis
MARGIN = 0.04  # of the range of the rows, on either side
MOST_DOTS, MOST_MEASURED = 600, 10_000  # rows that are drawn, and whose range is shown
MOST_OUTPUTS = 8  # curves, or classes, that are told apart
WIDEST = 1e100  # numbers up to which ranges can be computed


@dataclass(frozen=True)
class Surface:
    """Predictions on a grid over the ranges of one or two columns, and the rows on it.

    `axes` has the places along each column, `values` (…, outputs) the predictions there: numbers,
    or probabilities, of which those of yes and no have one. `rows` (rows, columns) are some of the
    judged part, `truth` (rows,) the class of each, or (rows, targets) its numbers; `wrong` marks
    those that are predicted wrongly. `cut` is above which probability the answer is yes.
    """

    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    axes: tuple[Array, ...]
    values: Array
    rows: Array
    truth: Array
    wrong: NDArray[np.bool_]
    cut: float


def surface_of(
    whole: Trained, judging: Trained, examples: Examples, view: View, train: Examples | None
) -> Surface | None:
    """The surface of a model whose inputs are one or two columns of numbers; None of any other.

    `whole` is all of the model, `judging` what judges the rows, which an ensemble may share out.
    It reaches over these rows and those that trained.
    """
    inputs, targets = whole.preprocessing.inputs, whole.preprocessing.targets
    numbers_alone = all(kind == "number" for kind in inputs.kinds())
    if view.kind != "table" or not numbers_alone or len(inputs.names) > 2:
        return None
    if targets.task != "regression" and targets.classes is None:
        return None
    outputs = output_names(whole)
    places = even_places(len(examples), MOST_DOTS)
    own = examples.rows(places)
    rows = values_of(inputs, own.x[:])
    reached = rows
    if train is not None:
        more = train.rows(even_places(len(train), MOST_MEASURED)).x[:]
        reached = np.concatenate([rows, values_of(inputs, more)])
    if len(outputs) > MOST_OUTPUTS or not np.all(np.abs(reached) < WIDEST):
        return None
    points = CURVE_POINTS if len(inputs.names) == 1 else PLANE_POINTS
    axes = tuple(spread_over(column, points) for column in reached.T)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    names = inputs.names
    table = Table("", names, grid)
    made = inputs.encoded(table, list(names), grid, [], Faults(""), Notices(""))
    values, _ = numbers_of(whole, made)
    values = values[:, : len(outputs)].reshape(*map(len, axes), len(outputs))
    wrong = np.zeros(len(rows), np.bool_)
    if targets.classes is None:
        truth, labels = targets.in_own_unit(own.y.reshape(len(own), -1)), tuple[str, ...]()
    else:
        guesses = guesses_for(judging.for_rows(places), own)
        truth, wrong = guesses.truth, guesses.truth != guesses.guess
        labels = tuple(map(str, targets.classes.labels))
    cut = whole.cuts[0] if targets.task == "binary" else 0.5
    return Surface(names, outputs, labels, axes, values, rows, truth, wrong, cut)


def spread_over(column: Array, points: int) -> Array:
    """Places at even distances, from below the least number of a column to above the greatest."""
    low, high = float(column.min()), float(column.max())
    margin = (high - low) * MARGIN or max(1.0, abs(low)) * MARGIN
    return np.linspace(low - margin, high + margin, points)
