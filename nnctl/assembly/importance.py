"""Which columns a model relies on, and how its prediction follows each, on some rows."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from nnctl.assembly.predicted import numbers_of, predicted_columns
from nnctl.assembly.trained import Trained
from nnctl.graph import Array
from nnctl.insight.dependence import mean_predictions, rows_at_quantiles, rows_of_kinds
from nnctl.insight.importance import Figures, Harm, alike_columns, harm_of_shuffling
from nnctl.insight.patches import parts_of_images
from nnctl.insight.swapping import Own, column_of, kinds_of
from nnctl.system.waiting import tell_waiting
from nnctl.training.blocks import Inputs
from nnctl.training.one_hot import OneHot, pick_rows
from nnctl.training.seeds import generator
from nnctl.training.step import Examples

SHUFFLES = 10
MOST_AVERAGED = 1000  # that a mean prediction is of
MOST_COMPARED = 10_000  # rows that tell how alike columns are
DIGITS = 6  # of a value that comes back from a scale


@dataclass(frozen=True)
class Column:
    """What a model makes of a column.

    `importance` is by how much the first metric becomes worse where the column is shuffled, or the
    loss where there is none; `loss` is that of the loss. `dependence` has values of the column,
    each with the mean prediction, a number an output; it is empty for dates, and for parts of
    images, which stand in the place of columns.
    """

    name: str
    importance: Harm
    loss: Harm
    dependence: tuple[tuple[float | str, tuple[float, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        """The column as plain data."""
        return {
            "name": self.name,
            "importance": self.importance.mean,
            "spread": self.importance.spread,
            "loss": self.loss.mean,
            "loss_spread": self.loss.spread,
            "dependence": [
                {"value": value, "prediction": means[0] if len(means) == 1 else list(means)}
                for value, means in self.dependence
            ],
        }


@dataclass(frozen=True)
class Importance:
    """The columns, the most important first.

    `outputs` name the numbers of a prediction; `alike` has pairs of columns with their r, which
    share their importance.
    """

    rows: int
    metric: str
    outputs: tuple[str, ...]
    columns: tuple[Column, ...]
    alike: tuple[tuple[str, str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "rows": self.rows,
            "metric": self.metric,
            "outputs": list(self.outputs),
            "columns": [column.as_json() for column in self.columns],
            "alike": [{"columns": [a, b], "r": r} for a, b, r in self.alike],
        }


def importance_of(trained: Trained, examples: Examples, curves: int | None = None) -> Importance:
    """What the model makes of its columns on some rows, which are shuffled as its seed has it.

    So many of the columns, the most important, have curves; None stands for all.
    """
    spans = spans_of(trained)
    draws = generator(trained.config.seed, "importance")
    orders = [draws.permutation(len(examples)) for _ in range(SHUFFLES)]
    metric = next(iter(trained.model.metrics), "loss")

    def figures(x: Inputs) -> Figures:
        found = trained.model.evaluator.figures(Examples(x, examples.y, examples.weight))
        return {name: found[name] for name in ("loss", metric)}

    columns = []
    what = "parts shuffled" if are_images(trained) else "columns shuffled"
    for place, (name, own) in enumerate(spans.items(), start=1):
        harm = harm_of_shuffling(figures, examples.x, own, orders)
        columns.append(Column(name, harm[metric], harm["loss"], ()))
        tell_waiting(what, place, len(spans))
    columns.sort(key=lambda column: (-column.importance.mean, -column.loss.mean))
    for place, column in enumerate(columns[:curves]):
        own = spans[column.name]
        if isinstance(own, slice):
            dependence = dependence_on(trained, examples.x, column.name, own)
            columns[place] = replace(column, dependence=dependence)
    return Importance(
        len(examples),
        metric,
        output_names(trained),
        tuple(columns),
        () if are_images(trained) else alike_names(trained, examples.x),
    )


def are_images(trained: Trained) -> bool:
    """Whether the model takes images, and so has no columns but parts of them."""
    return trained.config.data.image is not None


def spans_of(trained: Trained) -> dict[str, Own]:
    """The inputs of each column, or of each part of images, among all of a row."""
    inputs = trained.preprocessing.inputs
    if are_images(trained):
        height, width, channels = inputs.shape
        return {**parts_of_images((height, width, channels))}
    ends = np.cumsum([0, *inputs.widths]).tolist()
    return dict(zip(inputs.names, (slice(*each) for each in pairwise(ends)), strict=True))


def output_names(trained: Trained) -> tuple[str, ...]:
    """What the numbers of a prediction are: targets, or classes, of two the second."""
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        return tuple(predicted_columns(targets, trained.model.loss))
    if targets.classes is None:
        return tuple(targets.names)
    labels = tuple(map(str, targets.classes.labels))
    return labels[1:] if targets.task == "binary" else labels


def dependence_on(
    trained: Trained, x: Inputs, name: str, own: slice
) -> tuple[tuple[float | str, tuple[float, ...]], ...]:
    """Values of a column, each with the mean prediction where all rows have it."""
    inputs = trained.preprocessing.inputs
    kind, special = inputs.kind(name), inputs.columns.get(name)
    if kind == "date":
        return ()
    if kind == "category":
        kinds = kinds_of(x, own)
        givers = rows_of_kinds(kinds)
        values: list[float | str] = [inputs.categories[name][k] for k in kinds[givers].tolist()]
    else:
        numbers = column_of(x, own).astype(np.float64)
        if special is not None and special.indicator:
            numbers[numbers[:, -1] > 0, 0] = np.nan  # what stood in for a value is none
        givers = rows_at_quantiles(numbers[:, 0])
        there = inputs.own_numbers(x[givers])[:, inputs.numbers.index(name)]
        values = [float(f"{value:.{DIGITS}g}") for value in there.tolist()]
    count = len(output_names(trained))
    step = max(1, len(x) // MOST_AVERAGED)
    sample = np.arange(0, len(x), step)
    rows = np.concatenate([sample, givers])
    few, own_model = pick_rows(x, rows), trained.for_rows(rows)

    def predict(made: Inputs) -> Array:
        return numbers_of(own_model, made)[0][: len(sample), :count]

    places = np.arange(len(sample), len(rows))
    means = mean_predictions(predict, few, own, places).tolist()
    return tuple((value, tuple(mean)) for value, mean in zip(values, means, strict=True))


def alike_names(trained: Trained, x: Inputs) -> tuple[tuple[str, str, float], ...]:
    """The pairs of columns of numbers that tell much the same, with their r."""
    inputs = trained.preprocessing.inputs
    places = [
        place
        for place, name in zip(inputs.places_scaled(), inputs.scaled, strict=True)
        if inputs.kind(name) == "number"
    ]
    rows = np.arange(0, len(x), max(1, len(x) // MOST_COMPARED))
    if not places:
        return ()
    if isinstance(x, OneHot):
        numbers = x.numbers_at(places)[rows]
    else:
        numbers = x[rows].reshape(len(rows), -1)[:, places]
    names = inputs.numbers
    pairs = alike_columns(numbers.astype(np.float64))
    return tuple((names[a], names[b], r) for a, b, r in pairs)
