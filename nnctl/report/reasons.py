"""What the model relies on: which columns, and what gave the worst examples their answers."""

import math
from dataclasses import replace

import numpy as np

from nnctl.assembly.attribution import Reasoning, Reasons, labels_of, mean_of_rows
from nnctl.assembly.importance import Importance, importance_of
from nnctl.assembly.trained import Trained
from nnctl.graph import Array
from nnctl.report.predictions import Judged, Reason, even_places
from nnctl.training.blocks import Blocks, Inputs
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples

MOST_PREDICTIONS = 1_000_000  # of all shuffles of all columns together
FEWEST_ROWS = 100
MOST_COLUMNS_SHUFFLED = 200
CURVES = 8  # columns whose dependence is drawn
MOST_PRODUCTS = 1_500_000_000  # of all layers for all points on the ways of attributions
POINTS, PICTURE_STEPS = (
    200,
    48,
)  # on the way of one row: of a table about so many, of a picture these
NEARLY = 0.05  # of the change of a picture's output that its reasons may be off


def columns_relied_on(
    trained: Trained, examples: Examples, is_table: bool
) -> tuple[Importance | None, str]:
    """The importance of the columns on some rows, or None, and why there is none.

    Of many rows or columns fewer rows are shuffled, at even distances, so that it takes no longer.
    """
    columns = len(trained.preprocessing.inputs.names)
    if not is_table:
        told = "pixels or steps have no importance of their own; nnctl attribution tells of a row"
        return None, told
    if columns > MOST_COLUMNS_SHUFFLED:
        told = f"of {columns:,} columns it takes long; nnctl importance tells it for each"
        return None, told
    if len(examples) < 2:
        return None, "a single row cannot be shuffled"
    most = max(FEWEST_ROWS, MOST_PREDICTIONS // (10 * columns * len(trained.members)))
    if len(examples) > most:
        places = even_places(len(examples), most)
        trained, examples = trained.for_rows(places), examples.rows(places)
    return importance_of(trained, examples, CURVES), ""


def with_reasons(
    judged: Judged, trained: Trained, x: Inputs | Blocks, train: Inputs | None
) -> Judged:
    """The same, with what gave the worst examples their predictions, counted from the mean of the
    rows that trained.

    Fewer examples have reasons where the model is large. Without rows that trained none has.
    """
    if train is None:
        return replace(judged, without_reasons="the rows that trained the model are not to be had")
    is_table = judged.view.kind == "table"
    products = sum(map(products_of, trained.members)) * (POINTS if is_table else PICTURE_STEPS)
    count = min(len(judged.worst), MOST_PRODUCTS // max(1, products))
    if not count:
        told = "the model is too large for them; nnctl attribution tells of a row"
        return replace(judged, without_reasons=told)
    made = np.stack([np.asarray(x[each.row]) for each in judged.worst[:count]])
    with np.errstate(all="ignore"):
        found = reasons_for(trained, judged, made, mean_of_rows(train))
        holds = found.holds if is_table else holds_nearly(found)
    labels, names = labels_of(trained), trained.preprocessing.inputs.names
    by_column = found.by_column(trained)
    explained = []
    for k, worst in enumerate(judged.worst):
        if k < count and holds[k] and np.isfinite(found.contributions[k]).all():
            amounts = by_column[k]
            if not is_table:
                amounts = found.contributions[k].reshape(judged.view.shape)
            order = np.argsort(-np.abs(by_column[k]), kind="stable")
            largest = tuple((names[place], float(by_column[k][place])) for place in order[:3])
            reason = Reason(labels[found.chosen[k]], amounts, largest)
            explained.append(replace(worst, reason=reason))
        else:
            explained.append(worst)
    return replace(judged, worst=tuple(explained))


def reasons_for(trained: Trained, judged: Judged, made: Array, reference: Array) -> Reasons:
    """The reasons for the first of the worst examples, whose inputs are `made`, of each for the
    number or label that is meant."""
    steps = None if judged.view.kind == "table" else PICTURE_STEPS
    if judged.confusion is not None:
        return Reasoning(trained, reference).of(made, steps)
    each = trained.model.loss.outputs_a_target
    own = np.array([worst.target for worst in judged.worst[: len(made)]])
    parts, order = [], []
    for target in np.unique(own).tolist():
        rows = np.flatnonzero(own == target)
        reasoning = Reasoning(trained, reference, target * each + each // 2)
        parts.append(reasoning.of(made[rows], steps))
        order.append(rows)
    back = np.argsort(np.concatenate(order), kind="stable")
    return Reasons(*(np.concatenate(arrays)[back] for arrays in zip(*parts, strict=True)))


def holds_nearly(found: Reasons) -> Array:
    """Whether what was found in steps sums to about the change that it is of, (rows,)."""
    change = found.output - found.baseline
    allowed = NEARLY * np.maximum(np.abs(change), np.abs(found.contributions).sum(axis=1) / 10)
    return np.asarray(np.abs(found.contributions.sum(axis=1) - change) <= allowed)


def products_of(model: Sequential) -> int:
    """About how many products a model computes for an example."""
    arrays, total = model.named_arrays(), 0
    for name, shape in zip(model.layer_names, model.shapes, strict=True):
        kernel = arrays.get(f"{name}/kernel")
        times = 1 if kernel is None else kernel.size // shape[-1] + 1
        total += times * math.prod(shape)
    return total
