"""What the rows that train decide: categories, what stands in for gaps, and scales of columns.

And what a weights file keeps of them, so that new rows can be held against them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.checks import check_range
from nnctl.data.inputs import MISSING_LABEL, OTHER_LABEL, Inputs, filled
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.raw import Raw
from nnctl.data.rules import Treatment
from nnctl.data.targets import Targets
from nnctl.encoding.fitting import fit, fit_each
from nnctl.encoding.quantiles import quantiles_of
from nnctl.encoding.scaling import AnyScaling, Scaling
from nnctl.encoding.words import FILLING
from nnctl.errors import NnctlError, Problem, Setting
from nnctl.insight.drift import ColumnSummary, pack, summary_of_kinds, summary_of_numbers
from nnctl.reading.array_types import Doubles, Mask
from nnctl.reading.table import Faults
from nnctl.training.seeds import generator

MOST_ROWS, MOST_NUMBERS = 2_000, 100_000  # that shares are of, and the numbers of arrays
MOST_COLUMNS = 200  # of which something is kept
FEWEST_ROWS = 256  # that must fit into memory at once
SAMPLED_AT_ONCE = 1 << 20  # rows
HALF = np.array([0.5])


def fitted(
    preprocessing: Preprocessing, raw: Raw, training: Mask, treatment: Treatment
) -> Preprocessing:
    """The preprocessing with the categories and the statistics of the training rows."""
    targets = preprocessing.targets
    inputs = Fitting(raw, training, treatment).inputs(preprocessing.inputs)
    if inputs.categories or inputs.columns:
        check_size(len(raw), inputs, treatment.memory, raw.targets.file)
    if treatment.target_scaling != "none":
        targets = targets._replace(scaling=target_scaling(raw, targets, training, treatment))
    return preprocessing._replace(inputs=inputs, targets=targets)


class Fitting:
    """Learns what becomes of the columns from the rows `training` of a file."""

    def __init__(self, raw: Raw, training: Mask, treatment: Treatment) -> None:
        self._raw, self._training, self._treatment = raw, training, treatment
        self._numeric = raw.features.numeric
        self._fills: Doubles | None = None

    def inputs(self, plain: Inputs) -> Inputs:
        """The inputs with all that is learnt; `plain` has names, and the shape of arrays."""
        treatment = self._treatment
        categories = {
            name: self._labels(name, used) for name, used in self._raw.used(self._training).items()
        }
        if self._numeric:
            self._fills = self._what_stands_in()
        inputs = plain._replace(categories=categories, fills=self._fills)
        if treatment.columns or treatment.bins is not None:
            from nnctl.data.special_fitting import specials_of  # which few models need

            specials = specials_of(self._raw, treatment, categories, self._chunks, self._known)
            inputs = inputs._replace(columns=specials)
        if inputs.categories or inputs.columns:
            inputs = inputs._replace(shape=(sum(inputs.widths),))
        return inputs._replace(scaling=self._scaling(inputs)) if inputs.scaled else inputs

    def _labels(self, name: str, used: NDArray[np.int64]) -> tuple[str, ...]:
        """The sorted labels that the training rows use; the first count is that of rows without."""
        least = self._treatment.rule(name).min_count
        counts = dict(zip(self._raw.features.labels[name], used[1:].tolist(), strict=True))
        found = {label for label, count in counts.items() if count >= least}
        if any(0 < count < least for count in counts.values()):
            found.add(OTHER_LABEL)
        if self._treatment.missing_of(name) in FILLING and used[0]:
            found.add(MISSING_LABEL)
        return tuple(sorted(found))

    def _chunks(self) -> Iterator[Doubles]:
        """The numeric columns of the training rows, stretch by stretch, nan where missing."""
        return self._raw.chunks(self._training)

    def _known(self) -> Iterator[Doubles]:
        """The same, with what stands in for the values that are missing."""
        return (filled(chunk, self._fills) for chunk in self._chunks())

    def _what_stands_in(self) -> Doubles | None:
        """What stands in for missing values of each column, nan where nothing does."""
        fills = np.full(len(self._numeric), np.nan)
        for missing in FILLING:
            wanted = set(self._treatment.with_missing(self._numeric, missing))
            places = [place for place, name in enumerate(self._numeric) if name in wanted]
            if places:
                names = [self._numeric[place] for place in places]
                fills[places] = self._middles(places, names, missing)
        return None if np.isnan(fills).all() else fills

    def _middles(self, places: list[int], names: Sequence[str], missing: str) -> Doubles:
        """The means or medians of columns. Raises `NnctlError` for one without any value."""
        every = places == list(range(len(self._numeric)))

        def chunks() -> Iterator[Doubles]:
            return (chunk if every else chunk[:, places] for chunk in self._chunks())

        if missing == "mean":
            total, count = sums_of(chunks(), len(places))
            middles = total / np.maximum(count, 1)
            middles[count == 0] = np.nan
        else:
            total = middles = quantiles_of(chunks, HALF, self._treatment.seed)[0]
        file = self._raw.targets.file
        if (absent := np.isnan(middles)).any():
            name = names[int(np.argmax(absent))]
            message = f"the column has no value in any row that trains, so it has no {missing}"
            setting = Setting("data.features", name, "leave it out")
            place = f"column {name}"
            raise NnctlError(Problem(message, "fill it in", file, path=place, setting=setting))
        check_range(total, names, file)
        return middles

    def _scaling(self, inputs: Inputs) -> AnyScaling:
        """The scaling of all numbers."""
        scales = [self._treatment.scale_of(name) for name in inputs.scaled]
        with np.errstate(over="ignore", invalid="ignore"):
            found = fit_each(
                scales,
                lambda: map(inputs.numbers_to_scale, self._known()),
                self._treatment.seed,
            )
        for statistics in found.by_column(len(scales)):
            check_range(statistics, inputs.scaled, self._raw.targets.file)
        return found


def sums_of(chunks: Iterator[Doubles], columns: int) -> tuple[Doubles, Doubles]:
    """The sum and the count of the known values of each column."""
    total, count = np.zeros(columns), np.zeros(columns)
    for chunk in chunks:
        known = ~np.isnan(chunk)
        with np.errstate(over="ignore", invalid="ignore"):
            total += np.where(known, chunk, 0.0).sum(axis=0)
        count += known.sum(axis=0)
    return total, count


def target_scaling(raw: Raw, targets: Targets, training: Mask, treatment: Treatment) -> Scaling:
    """The scaling of a regression's targets. Raises `NnctlError` for those that are no numbers."""
    faults = Faults(raw.targets.file)
    targets.of(raw.targets, targets.names, faults)
    faults.check()
    values = raw.targets.columns(targets.names)[training]
    with np.errstate(over="ignore", invalid="ignore"):
        scaling = fit(treatment.target_scaling, lambda: [values])
    check_range(scaling.shift, targets.names, faults.file)
    check_range(scaling.divisor, targets.names, faults.file)
    return scaling


def check_size(rows: int, inputs: Inputs, memory: int, file: str) -> None:
    """Raises `NnctlError` where single columns make rows too long for `memory` to hold some."""
    row = sum(inputs.widths) * np.dtype(inputs.dtype).itemsize
    if row * min(rows, FEWEST_ROWS) <= memory:
        return
    widest, name = max(zip(inputs.widths, inputs.names, strict=True))
    needed = f"{FEWEST_ROWS} rows need {FEWEST_ROWS * row / 1e6:,.0f} MB, more than data.memory"
    message = f"the column becomes {widest:,} inputs; {needed}"
    setting = Setting("data.memory", fix="raise it, or take fewer bins")
    if name in inputs.categories:
        message = f"the column holds text of {widest:,} kinds; with an input for each, {needed}"
        fix = "leave it out, group its values, or give it a min_count in data.columns"
        setting = Setting("data.features", name, fix)
    raise NnctlError(Problem(message, None, file, path=f"column {name}", setting=setting))


def summary_of_rows(
    raw: Raw, trains: Mask, preprocessing: Preprocessing, seed: int
) -> NDArray[np.uint8]:
    """The summaries of the first columns of a table, or of all numbers of arrays: a row each.

    Shares and deciles are those of a sample of many rows, ranges those of all rows of a table.
    """
    chosen = sample_of(trains, seed)
    if preprocessing.arrays is not None:
        return pack([summary_of_arrays(raw, chosen)])
    inputs = preprocessing.inputs
    names = inputs.names[:MOST_COLUMNS]
    numeric = [name for name in names if name not in inputs.categories]
    found = dict(zip(numeric, summaries_of_numbers(raw, trains, chosen, numeric), strict=True))
    for name, used in raw.used(chosen).items() if len(numeric) < len(names) else ():
        counts = np.zeros(len(inputs.categories[name]), np.int64)
        places = {label: place for place, label in enumerate(inputs.categories[name])}
        other = places.get(OTHER_LABEL)
        missing = int(used[0])
        for label, count in zip(raw.features.labels[name], used[1:].tolist(), strict=True):
            place = places.get(label, other)
            if label == MISSING_LABEL:  # written out, it is encoded as a gap is
                missing += count
            elif place is not None:
                counts[place] += count
        found[name] = summary_of_kinds(counts, missing)
    return pack([found[name] for name in names])


def sample_of(trains: Mask, seed: int) -> Mask:
    """Those of the rows (rows,) that stand for all: at most so many, which the seed draws."""
    count = int(np.count_nonzero(trains))
    if count <= MOST_ROWS:
        return trains
    chosen = np.zeros_like(trains)
    drawn = generator(seed, "quantiles").choice(count, MOST_ROWS, replace=False, shuffle=False)
    before = 0
    for start in range(0, len(trains), SAMPLED_AT_ONCE):
        rows = np.flatnonzero(trains[start : start + SAMPLED_AT_ONCE])
        own = drawn[(drawn >= before) & (drawn < before + len(rows))]
        chosen[start + rows[own - before]] = True
        before += len(rows)
    return chosen


def summaries_of_numbers(
    raw: Raw, trains: Mask, chosen: Mask, names: list[str]
) -> list[ColumnSummary]:
    """Those of the first columns of numbers and dates, which are called `names`."""
    count = len(names)
    if not count:
        return []
    values = np.concatenate([*raw.pieces(chosen, count)], dtype=np.float64)
    least, greatest = range_of(raw, trains, count) if chosen is not trains else ends_of(values)
    return [summary_of_numbers(values[:, k], least[k], greatest[k]) for k in range(count)]


def range_of(raw: Raw, trains: Mask, count: int) -> tuple[Doubles, Doubles]:
    """The least and the greatest number of each of the first columns, in all rows that train."""
    least, greatest = np.full(count, np.nan), np.full(count, np.nan)
    for numbers in raw.pieces(trains, count):
        if len(numbers):
            low, high = ends_of(numbers)
            least, greatest = np.fmin(least, low), np.fmax(greatest, high)
    return least, greatest


def ends_of(values: NDArray[Any]) -> tuple[Doubles, Doubles]:
    """The least and the greatest known number of each column; nan where there is none."""
    return np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)


def summary_of_arrays(raw: Raw, chosen: Mask) -> ColumnSummary:
    """That of all numbers of some rows together, or of every few of them."""
    values = np.concatenate([chunk.ravel() for chunk in raw.chunks(chosen)])
    values = values[:: max(1, len(values) // MOST_NUMBERS)]
    return summary_of_numbers(values, float(np.fmin.reduce(values)), float(np.fmax.reduce(values)))
