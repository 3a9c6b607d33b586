"""What is said of a row: the columns of predictions, and their cells."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnctl.assembly.comparison import spread_by_block
from nnctl.assembly.trained import Trained
from nnctl.data.targets import Targets
from nnctl.errors.visible import visible_cells
from nnctl.graph import Array
from nnctl.network.answers import is_yes, likeliest
from nnctl.network.losses import Loss
from nnctl.training.blocks import Inputs

JOIN = "|"  # of the labels in a set
Row = Sequence[object]


def columns_of(trained: Trained, spread: bool = False) -> list[str]:
    """The names of the columns of a model's predictions."""
    intervals = trained.readout.intervals is not None
    return predicted_columns(trained.preprocessing.targets, trained.model.loss, intervals, spread)


def predicted_columns(
    targets: Targets, loss: Loss, intervals: bool = False, spread: bool = False
) -> list[str]:
    """The names of the columns of predictions, each with its spread behind where it is wanted.

    With `intervals` each target has the ends of its range behind it, or a class its set of labels.
    """

    def numbers(*names: str) -> list[str]:
        return [each for name in names for each in ((name, f"{name}_std") if spread else (name,))]

    if targets.task == "regression":
        quantiles = getattr(loss, "quantiles", None)
        found = []
        for name in targets.names:
            found += numbers(*([name] if quantiles is None else quantile_names(name, quantiles)))
            found += [f"{name}_low", f"{name}_high"] if intervals else []
        return found
    if targets.classes is None:
        return [c for name in targets.names for c in (name, *numbers(f"probability_{name}"))]
    first = ["prediction", "prediction_set"] if intervals else ["prediction"]
    if targets.task == "binary":
        return [*first, *numbers("probability")]
    labels = targets.classes.labels
    return [*first, *numbers(*(f"probability_{label}" for label in labels))]


def quantile_names(target: str, quantiles: Sequence[float]) -> list[str]:
    """The names of a target's quantiles, such as `price_0.05`."""
    return [f"{target}_{quantile}" for quantile in quantiles]


def predicted_rows(
    trained: Trained, x: Inputs, cuts: Sequence[float], spread: bool = False
) -> Iterator[Row]:
    """The rows of predictions for inputs `x` `(rows, …)`, in the order of `columns_of`.

    `cuts` has for each output of yes or no from above which probability it is a yes.
    """
    targets = trained.preprocessing.targets
    numbers, apart = numbers_of(trained, x)
    if targets.task == "regression":
        return number_rows(trained, numbers, apart, spread)
    # The fewest digits that read back; a row's when it is asked for, of which few are held.
    cells = numbers
    if spread and apart is not None:
        cells = np.stack([numbers, apart], axis=-1).reshape(len(numbers), -1)
    texts: Iterator[list[str]] = (list(map(str, row)) for row in cells)
    each = 2 if spread else 1  # cells a number
    if targets.classes is None:
        chosen = is_yes(numbers, cuts).astype(int)
        return (
            [cell for k, own in enumerate(own_labels) for cell in (own, *row[each * k :][:each])]
            for own_labels, row in zip(chosen.tolist(), texts, strict=True)
        )
    labels = visible_cells(targets.classes.labels)
    if targets.task == "binary":
        picked = is_yes(numbers[:, 0], cuts[0]).astype(int)
    else:
        picked = likeliest(numbers, len(labels))
    most = each if targets.task == "binary" else each * len(labels)
    rows = zip(picked.tolist(), texts, strict=True)
    if trained.readout.intervals is None:
        return ([labels[k], *row[:most]] for k, row in rows)
    sets = trained.readout.intervals.sets(trained.of_classes(numbers))
    joined = (JOIN.join(str(labels[k]) for k in np.flatnonzero(row).tolist()) for row in sets)
    return ([labels[k], in_set, *row[:most]] for (k, row), in_set in zip(rows, joined, strict=True))


def number_rows(
    trained: Trained, numbers: Array, apart: Array | None, spread: bool
) -> Iterator[Row]:
    """The rows of a regression: for each target its numbers, their spread, and its range."""
    by_target = trained.by_target(numbers)
    columns = [by_target.reshape(*by_target.shape[:2], -1)]
    if spread and apart is not None:
        own = trained.by_target(apart).reshape(columns[0].shape)
        columns = [np.stack([columns[0], own], axis=-1).reshape(*by_target.shape[:2], -1)]
    intervals = trained.readout.intervals
    if intervals is not None:
        ends = intervals.bounds(by_target, apart)
        columns += [end.astype(numbers.dtype)[..., None] for end in ends]
    together = np.concatenate(columns, axis=-1)
    return (list(map(str, row)) for row in together.reshape(len(numbers), -1))


def numbers_of(trained: Trained, x: Inputs) -> tuple[Array, Array | None]:
    """The predictions for `x` `(rows, …)` in the targets' own unit, and the members' deviation."""
    inputs = x.reshape(len(x), *trained.model.input_shape)
    if isinstance(inputs, np.ndarray):
        inputs = np.ascontiguousarray(inputs)
    blocks = list(spread_by_block(trained, inputs))
    found = np.concatenate([predictions for _, predictions, _ in blocks])
    spreads = [spread for *_, spread in blocks if spread is not None]
    apart = np.concatenate(spreads) if spreads else None
    if trained.preprocessing.targets.task == "regression":
        found, apart = trained.in_own_unit(found, apart)
    return found.reshape(len(found), -1), None if apart is None else apart.reshape(len(found), -1)
