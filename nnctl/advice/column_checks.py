"""Checks of a table's columns: which give the answer away, and which are no categories."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.samples import ENOUGH_ROWS, rows_at_once
from nnctl.assembly.build import Built
from nnctl.data.columns import QUANTITY, are_quantities, is_id
from nnctl.data.inputs import MISSING_LABEL, Inputs
from nnctl.graph import Array
from nnctl.reading.guessing import Sample, guessed_notation
from nnctl.reading.notation import is_sign
from nnctl.rules import data as rules
from nnctl.training.blocks import Blocks

FIRST_LOOK = 500  # rows at about so many, before all are compared
MOST_CATEGORIES = 0.5  # of the rows
CLOSE = 1e-5
ALIKE = 0.01  # of large numbers that are different but for rounding


def text_columns(built: Built) -> Iterator[Finding]:
    """Text columns that tell rows apart, or hold quantities."""
    config = built.config
    inputs = built.prepared.preprocessing.inputs
    rows = len(built.train)
    for name, labels in inputs.categories.items():
        if name in (config.data.text or ()) or rows < ENOUGH_ROWS:
            continue
        known = [label for label in labels if label != MISSING_LABEL]
        path, change = change_without(built, name)
        if are_quantities(known):
            found = f'the column "{name}" holds numbers such as "{known[0]}"'
            if len(inputs.names) == 1:  # which cannot be left out
                path, change = "data.text", {"data.text": [*(config.data.text or ()), name]}
            if written := notation_of(built, known):
                path, change = next(iter(written)), written
            yield Finding(rules.TEXT_NUMBERS, path, found, change)
        elif len(inputs.names) > 1 and len(known) > MOST_CATEGORIES * rows:
            found = f'the column "{name}" has {len(known):,} categories in {rows:,} rows'
            yield Finding(rules.IDENTIFIER, path, found, change)


def notation_of(built: Built, labels: Sequence[str]) -> dict[str, Any]:
    """The keys of the config by which labels are numbers, and other columns stay what they are."""
    data, inputs = built.config.data, built.prepared.preprocessing.inputs
    if data.decimal != "." or data.thousands or data.signs:
        return {}
    found = guessed_notation(Sample([""], [[label] for label in labels]), data.delimiter or ",")
    if found.is_plain:
        units = {match[1] for label in labels if (match := re.fullmatch(QUANTITY, label.strip()))}
        signs = tuple(sorted(unit for unit in units if unit and is_sign(unit)))
        found = found._replace(signs=signs)
    if any(found.number(label) is None for label in labels):
        return {}
    if found.decimal != "." and len(inputs.numeric):
        return {}  # they may have points
    written = {"data.decimal": found.decimal, "data.thousands": found.thousands}
    changes: dict[str, Any] = {
        key: value for key, value in written.items() if value not in (".", None)
    }
    if found.signs:
        changes["data.signs"] = list(found.signs)
    if changes and data.scale.type == "none":
        changes["data.scale"] = "standardize"  # so far they were 0 or 1
    return changes


def numbered_rows(built: Built) -> Iterator[Finding]:
    """Columns of whole numbers that tell rows apart, by their name and values."""
    x = built.prepared.train.x
    inputs = built.prepared.preprocessing.inputs
    named = [name for name in inputs.numeric if is_id(name, rising=True)]
    if not named or len(x) < ENOUGH_ROWS or len(inputs.names) == 1:
        return
    for name in named:
        values = column_of(numbers_of, x, inputs, inputs.numeric.index(name))[:, 0]
        rising = bool((np.diff(values) > 0).all())
        if are_distinct_and_whole(values, x.dtype) and is_id(name, rising):
            path, change = change_without(built, name)
            found = f'the column "{name}" has another whole number in each row'
            yield Finding(rules.IDENTIFIER, path, found, change)


def are_distinct_and_whole(values: Array, dtype: Any) -> bool:
    """Whether numbers were so in the file, as far as their rounding to `dtype` lets it be seen."""
    ordered = np.sort(values)
    rounding = float(np.finfo(dtype).eps * (ordered[-1] - ordered[0]))
    whole = np.abs(values - np.rint(values)) <= CLOSE + rounding
    apart = np.diff(ordered) > 0
    alike = 0.0 if rounding < 0.25 else ALIKE * len(values)
    return bool(whole.all() and np.count_nonzero(~apart) <= alike)


def target_in_features(built: Built) -> Iterator[Finding]:
    preprocessing = built.prepared.preprocessing
    inputs = preprocessing.inputs
    y = built.prepared.train.y
    of_arrays = preprocessing.arrays is not None
    if of_arrays or len(inputs.names) == 1 or len(y) < ENOUGH_ROWS:
        return
    if y.ndim > 1 and y.shape[1] > 1:
        return
    x = built.prepared.train.x
    few = slice(None, None, max(1, len(y) // FIRST_LOOK))
    y = y.reshape(len(y))
    if preprocessing.targets.task == "regression":
        y = preprocessing.targets.scaling.invert(y.astype(np.float64))
        places = same_numbers(numbers_of(x[few], inputs), y[few])
        places = [k for k in places if same_numbers(column_of(numbers_of, x, inputs, k), y)]
        names = [inputs.numeric[place] for place in places]
    else:
        places = same_classes(columns_of(x[few], inputs), y[few])
        places = [k for k in places if same_classes(column_of(columns_of, x, inputs, k), y)]
        names = [inputs.names[place] for place in places]
    for name in names:
        path, change = change_without(built, name)
        target = preprocessing.targets.names[0]
        found = f'the column "{name}" tells the target "{target}" in every row'
        yield Finding(rules.TARGET_IN_FEATURES, path, found, change)


def same_numbers(values: Array, y: Array) -> list[int]:
    """The columns of `values` that are equal to `y`, unless that is constant."""
    if y.min() == y.max():
        return []
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.abs(values - y[:, None]) > CLOSE * np.maximum(np.abs(y), 1e-30)[:, None]
    return [int(place) for place in np.flatnonzero(~far.any(axis=0))]


def same_classes(values: Array, y: Array) -> list[int]:
    """The columns of `values` that have one value for each class in `y`, another for each."""
    lows, highs = [], []
    for index in np.flatnonzero(np.bincount(y.astype(np.intp))):
        rows = values[y == index]
        lows.append(rows.min(axis=0))
        highs.append(rows.max(axis=0))
    if len(lows) < 2:
        return []
    same = np.flatnonzero((np.array(lows) == np.array(highs)).all(axis=0))
    ordered = np.sort(np.array(lows)[:, same], axis=0)
    return [int(place) for place in same[(np.diff(ordered, axis=0) > 0).all(axis=0)]]


def starts_of(inputs: Inputs) -> Any:
    """Where each column's inputs begin, and where the last one's end."""
    return np.cumsum([0, *inputs.widths])


def numbers_of(x: Array, inputs: Inputs) -> Array:
    """The numeric columns of examples in their own unit, `(rows, columns)`, float64."""
    flat = x.reshape(len(x), -1)
    pairs = zip(inputs.names, starts_of(inputs), strict=False)
    places = [int(start) for name, start in pairs if name not in inputs.categories]
    own: Array = inputs.scaling.invert(flat[:, places].astype(np.float64))
    return own


def columns_of(x: Array, inputs: Inputs) -> Array:
    """The columns of examples, `(rows, columns)`: numbers as they are, of text the category."""
    flat = x.reshape(len(x), -1)
    if not inputs.categories:
        return flat
    starts = starts_of(inputs)
    columns = [
        flat[:, start:stop].argmax(axis=1) if name in inputs.categories else flat[:, start]
        for name, start, stop in zip(inputs.names, starts[:-1], starts[1:], strict=True)
    ]
    return np.column_stack(columns)


def column_of(
    columns: Callable[[Array, Inputs], Array], x: Array | Blocks, inputs: Inputs, place: int
) -> Array:
    """One of the columns that `columns` makes of examples, `(rows, 1)`."""
    rows = rows_at_once(x.size // len(x))
    parts = [columns(x[k : k + rows], inputs)[:, [place]] for k in range(0, len(x), rows)]
    return np.concatenate(parts)


def change_without(built: Built, name: str) -> tuple[str, dict[str, Sequence[str]]]:
    """The path of the config's features, and the change to all others but `name`."""
    own = getattr(built.config.data.train, "features", None)
    path = "data.features" if own is None else "data.train.features"
    names = built.prepared.preprocessing.inputs.names
    return path, {path: [other for other in names if other != name]}


COLUMN_CHECKS = (text_columns, numbered_rows, target_in_features)
