"""Checks of a table's columns: which give the answer away, and which are no categories."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.leaks import FIRST_LOOK, Target, that_may_tell, told_by
from nnctl.advice.samples import ENOUGH_ROWS, rows_at_once
from nnctl.assembly.build import Built
from nnctl.config.yaml_lines import path_below
from nnctl.data.classes import listed
from nnctl.data.columns import are_quantities
from nnctl.data.identifiers import FAITHFUL, is_id, may_count_up, names_rows, numbers_rows
from nnctl.data.inputs import MISSING_LABEL, OTHER_LABEL, Inputs
from nnctl.data.notations import keys_of_notation
from nnctl.data.one_hot import select_rows
from nnctl.graph import Array
from nnctl.rules import data as rules
from nnctl.training.blocks import Blocks, slices_of
from nnctl.training.one_hot import OneHot

CLOSE = 1e-5  # to a whole number
ALIKE = 0.01  # of large numbers that are different but for rounding
MADE_UP = (MISSING_LABEL, OTHER_LABEL)
MOST_DATES = 1000  # labels of a column, of which is asked whether they are dates
MOST_LOOKED_AT = 1 << 20  # rows, before all are compared; in order they take 45 bytes each
MOST_COLUMNS = 50_000  # whose sample of rows is held in double precision
HELD = 1 << 24  # numbers of columns that are held together


def text_numbers(built: Built) -> Iterator[Finding]:
    """Text columns that hold quantities."""
    config, inputs = built.config, built.prepared.preprocessing.inputs
    if len(built.train) < ENOUGH_ROWS:
        return
    said = config.data.column_rules()
    told = {*(config.data.text or ()), *(name for name in said if said[name].type == "category")}
    odd = [pair for pair in texts_of(built) if pair[0] not in told and are_quantities(pair[1])]
    written = {name: notation_of(built, known) for name, known in odd}
    signs = sorted({sign for keys in written.values() for sign in keys.get("data.signs", ())})
    for name, known in odd:
        path, change = change_without(built, [name])
        if len(inputs.names) == 1:  # which cannot be left out
            path, change = "data.text", {"data.text": [*(config.data.text or ()), name]}
        if keys := written[name]:
            # Those of all columns at once: else one change would undo the other.
            path, change = next(iter(keys)), keys | ({"data.signs": signs} if signs else {})
        found = f'the column "{name}" holds numbers such as "{known[0]}"'
        yield Finding(rules.TEXT_NUMBERS, path, found, change)


def texts_of(built: Built) -> Iterator[tuple[str, list[str]]]:
    """The columns of text with their labels, but for those made up for several."""
    for name, labels in built.prepared.preprocessing.inputs.categories.items():
        yield name, [label for label in labels if label not in MADE_UP]


def notation_of(built: Built, labels: Sequence[str]) -> dict[str, Any]:
    """The keys of the config by which labels are numbers, and other columns stay what they are.

    Signs are added to those that the config has.
    """
    data, inputs = built.config.data, built.prepared.preprocessing.inputs
    found = keys_of_notation(labels, data.delimiter or ",")
    if data.decimal != "." or data.thousands or ("decimal" in found and len(inputs.numeric)):
        return {}  # other numbers may be written otherwise
    if not found or (data.signs and set(found) != {"signs"}):
        return {}
    if "signs" in found:
        found["signs"] = sorted({*(data.signs or ()), *found["signs"]})
    changes = {f"data.{key}": value for key, value in found.items()}
    if data.scale.type == "none":
        changes["data.scale"] = "standardize"  # so far they were 0 or 1
    return changes


def leaking_columns(built: Built) -> Iterator[Finding]:
    """Columns that tell rows apart, or tell a target; the change leaves all of them out."""
    names = built.prepared.preprocessing.inputs.names
    if built.config.data.image is not None:  # nobody can leave out a pixel of an image
        return
    if len(names) == 1 or len(names) > MOST_COLUMNS or len(built.train) < ENOUGH_ROWS:
        return
    found = {name: (rules.IDENTIFIER, told) for name, told in identifiers(built)}
    for name, target, how in columns_that_tell(built):
        told = f'tells the target "{target}" in every row, {how}'
        found.setdefault(name, (rules.TARGET_IN_FEATURES, told))
    ignored = built.config.ignore_advice
    found = {name: each for name, each in found.items() if each[0].code not in ignored}
    telling = [name for name, each in found.items() if each[0] is rules.IDENTIFIER]
    dated = {name: said for name, said in dates_in_words(built) if name in telling}
    useless = [name for name in found if name not in dated]
    every = len(useless) == len(names)
    for name, (rule, told) in found.items():
        together = [name] if every else useless
        if built.prepared.preprocessing.arrays is not None:
            shown, line = in_array(built, name, together)
            change: dict[str, Any] = {"ignore_advice": [*ignored, rule.code]}
            yield Finding(rule, "data.train", f"{shown} {told}; leave it out: {line}", change)
        elif name in dated:
            path = path_below("data.columns", name)
            clause = f'the column "{name}" {told}, which are dates'
            yield Finding(rule, path, clause, {path: dated[name]})
        else:
            path, change = change_without(built, together)
            yield Finding(rule, path, f'the column "{name}" {told}', change)


def in_array(built: Built, name: str, names: Sequence[str]) -> tuple[str, str]:
    """A column of an array as NumPy has it, and the line that leaves out some, or blanks one."""
    inputs, arrays = built.prepared.preprocessing.inputs, built.prepared.preprocessing.arrays
    array = arrays[0] if arrays is not None else ""
    places = [inputs.names.index(each) for each in names]
    within = np.unravel_index(inputs.names.index(name), inputs.shape)
    shown = f"{array}[:, {', '.join(map(str, map(int, within)))}]"
    if len(inputs.shape) > 1:
        return shown, f"{shown} = 0"
    listed_places = places[0] if len(places) == 1 else places
    return shown, f"{array} = numpy.delete({array}, {listed_places}, axis=1)"


def dates_in_words(built: Built) -> Iterator[tuple[str, dict[str, str]]]:
    """Columns of text that nobody called so, and that are dates; with what they would be."""
    data = built.config.data
    said = {*(data.text or ()), *data.column_rules()}
    for name, known in texts_of(built):
        if name not in said and (rule := date_rule_of(known)):
            yield name, rule


def date_rule_of(labels: Sequence[str]) -> dict[str, str] | None:
    """What `data.columns` says of such dates; None of others, or where there are several ways.

    Of many labels some tell.
    """
    from nnctl.reading.dates import date_of, looks_like_date, patterns_of

    labels = labels[:: max(1, len(labels) // MOST_DATES)]
    if not labels or not all(map(looks_like_date, labels)):
        return None
    is_iso = date_of(labels[0], None) is not None
    ways: list[str | None] = [None] if is_iso else [*patterns_of(labels[0])]
    fit = []
    for way in ways:
        dates = [date_of(label, way) for label in labels]
        offsets = {date is not None and date[1] for date in dates}
        if None not in dates and len(offsets) == 1:
            fit.append(way)
    if len(fit) != 1:
        return None
    return {"type": "date"} | ({} if fit[0] is None else {"format": fit[0]})


def identifiers(built: Built) -> Iterator[tuple[str, str]]:
    """Columns that tell rows apart, by name, with what each of them does."""
    rows = len(built.train)
    for name, known in texts_of(built):
        if names_rows(len(known), rows) and not are_quantities(known):
            yield name, f"has {len(known):,} categories in {rows:,} rows"
    for name in numbered_rows(built):
        yield name, "has another whole number in each row"


def numbered_rows(built: Built) -> Iterator[str]:
    """Columns of whole numbers that tell rows apart, by their name or their values."""
    x, inputs = built.prepared.train.x, built.prepared.preprocessing.inputs
    names = inputs.numbers
    looked = numbers_of(select_rows(x, slice(None, None, max(1, len(x) // FIRST_LOOK))), inputs)
    off = CLOSE + rounding_of(looked, x.dtype)
    places = [
        int(place)
        for place in np.flatnonzero((np.abs(looked - np.rint(looked)) <= off).all(axis=0))
        if may_number(names[place], looked[:, place], len(x), x.dtype)
    ]
    for place, values in columns_at(numbers_of, x, inputs, places):
        rising = bool((np.diff(values) > 0).all())
        ordered, rounding = np.sort(values), rounding_of(values, x.dtype)
        if are_distinct_and_whole(ordered, rounding) and numbers_rows(
            names[place], ordered, rising, rounding
        ):
            yield names[place]


def may_number(name: str, values: Array, rows: int, dtype: Any) -> bool:
    """Whether numbers that look like this in a sample may count that many rows, or are named so."""
    ordered, rounding = np.sort(values), rounding_of(values, dtype)
    return are_distinct_and_whole(ordered, rounding) and (
        is_id(name, rising=True) or may_count_up(ordered, rows, rounding)
    )


def rounding_of(values: Array, dtype: Any) -> Any:
    """By how much numbers (rows, ...) may be off that were scaled in `dtype`, `(...)`."""
    halves = values / 2  # whose difference cannot overflow
    return np.minimum(2 * np.finfo(dtype).eps * (halves.max(axis=0) - halves.min(axis=0)), 1e300)


def are_distinct_and_whole(ordered: Array, rounding: float) -> bool:
    """Whether numbers were so in the file, as far as their rounding lets it be seen."""
    whole = np.abs(ordered - np.rint(ordered)) <= CLOSE + rounding
    apart = np.diff(ordered) > 0
    alike = 0.0 if rounding < FAITHFUL else ALIKE * len(ordered)
    return bool(whole.all() and np.count_nonzero(~apart) <= alike)


def columns_that_tell(built: Built) -> Iterator[tuple[str, str, str]]:
    """Columns that tell a target in every row that trains: their names, which, and how."""
    x, preprocessing = built.prepared.train.x, built.prepared.preprocessing
    inputs, are_numbers = preprocessing.inputs, preprocessing.targets.task == "regression"
    for name, values in targets_of(built):
        step = -(-len(values) // MOST_LOOKED_AT)
        few = Target.of_numbers(values, step) if are_numbers else Target(values[::step])
        rows = few.sample()
        looked = columns_of(select_rows(x, rows * step), inputs)
        if not (places := that_may_tell(looked, few.at(rows))):
            continue
        target = few
        if step > 1:
            target = Target.of_numbers(values) if are_numbers else Target(values)
        if target.kinds < 2:
            continue
        for place, column in columns_at(columns_of, x, inputs, places):
            told = told_by(column, target)
            if told and told.is_no_chance(len(inputs.names)):
                yield inputs.names[place], name, told.how


def targets_of(built: Built) -> Iterator[tuple[str, Array]]:
    """The targets of the rows that train by name, `(rows,)`: numbers, or indices of classes."""
    targets, y = built.prepared.preprocessing.targets, built.prepared.train.y
    if y.ndim == 1:
        yield targets.names[0], y
    elif targets.are_one_hot:
        yield listed(targets.names), y.argmax(axis=1)
    else:
        for place, name in enumerate(targets.names):
            yield name, y[:, place]


def numbers_of(x: Array | OneHot, inputs: Inputs) -> Array:
    """The columns of numbers of examples in their own unit, `(rows, columns)`, float64."""
    return inputs.own_numbers(x)


def columns_of(x: Array | OneHot, inputs: Inputs) -> Array:
    """The columns of examples, `(rows, columns)`: of text the category, of others an input."""
    if isinstance(x, OneHot):
        return columns_held(x, inputs)
    flat = x.reshape(len(x), -1)
    if not inputs.categories and not inputs.columns:
        return flat
    starts = [*inputs.starts().values(), flat.shape[1]]
    columns = [
        flat[:, start:stop].argmax(axis=1) if name in inputs.categories else flat[:, start]
        for name, start, stop in zip(inputs.names, starts[:-1], starts[1:], strict=True)
    ]
    return np.column_stack(columns)


def columns_held(x: OneHot, inputs: Inputs) -> Array:
    """The same of examples that are held by the places of their ones."""
    starts, ones = inputs.starts(), iter(x.ones.T)
    numbers = iter(x.numbers_at([starts[name] for name in inputs.numeric]).T)
    columns = [
        # Of a category that is new all inputs are 0, and the first of these is the greatest.
        np.maximum(next(ones) - starts[name], 0) if name in inputs.categories else next(numbers)
        for name in inputs.names
    ]
    return np.column_stack(columns)


def columns_at(
    columns: Callable[[Array | OneHot, Inputs], Array],
    x: Array | Blocks,
    inputs: Inputs,
    places: list[int],
) -> Iterator[tuple[int, Array]]:
    """Some of the columns that `columns` makes of examples, each `(rows,)`, with their places."""
    held = len(inputs.names) if isinstance(x, OneHot) else x.size // len(x)
    rows, together = rows_at_once(held), max(1, HELD // len(x))
    for first in range(0, len(places), together):
        own = places[first : first + together]
        parts = [columns(select_rows(x, part), inputs)[:, own] for part in slices_of(len(x), rows)]
        made = np.concatenate(parts)
        for k, place in enumerate(own):
            yield place, made[:, k]


def change_without(built: Built, names: Collection[str]) -> tuple[str, dict[str, Any]]:
    """The path of the config where columns can be left out, and the change that does so."""
    data = built.config.data
    own, said = getattr(data.train, "features", None), data.column_rules()
    rules = [path_below("data.columns", name) for name in names if name in said]
    if len(rules) == len(names) and own is None and data.features is None:
        return rules[0], dict.fromkeys(rules, "ignore")
    path = "data.features" if own is None else "data.train.features"
    known = built.prepared.preprocessing.inputs.names
    return path, {path: [name for name in known if name not in names], **dict.fromkeys(rules)}


COLUMN_CHECKS = (text_numbers, leaking_columns)
