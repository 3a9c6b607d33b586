"""What the rows that train decide: categories, means and scaling of the columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.inputs import MISSING_LABEL, Inputs, Missing, filled
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.raw import Raw
from nnctl.data.scaling import Scaling, fit
from nnctl.data.streamed import MEMORY
from nnctl.data.targets import Targets
from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.array_types import Doubles, Mask
from nnctl.reading.files import PLAIN, TextFormat
from nnctl.reading.table import Faults


class Treatment(NamedTuple):
    """What becomes of the columns: see the keys of the same names under `data` in a config.

    `text` are columns of categories, whatever they hold; `by` is what `rescale` divides by. Inputs
    of more than `memory` bytes stay on the disk.
    """

    text_format: TextFormat = PLAIN
    text: tuple[str, ...] = ()
    missing: Missing = "error"
    scaling: str = "none"
    by: float | None = None
    target_scaling: str = "none"
    sample_weight: str | None = None
    memory: int = MEMORY


AS_IS = Treatment()
FEWEST_ROWS = 256  # that must fit into memory at once


def fitted(
    preprocessing: Preprocessing, raw: Raw, training: Mask, treatment: Treatment
) -> Preprocessing:
    """The preprocessing with the categories and the statistics of the training rows."""
    inputs, targets, file = preprocessing.inputs, preprocessing.targets, raw.targets.file
    categories = {
        name: categories_of(raw.features.labels[name], used, treatment)
        for name, used in raw.used(training).items()
    }
    inputs = inputs._replace(categories=categories)
    if categories:
        inputs = inputs._replace(shape=(sum(inputs.widths),))
        check_size(len(raw), inputs, treatment.memory, file)
    means = None
    if treatment.missing == "mean":
        means = means_of(raw, training)
    if raw.features.numeric:
        with np.errstate(over="ignore", invalid="ignore"):
            statistics = fit(
                treatment.scaling,
                lambda: (filled(chunk, means) for chunk in raw.chunks(training)),
                treatment.by,
            )
        check_range(statistics.shift, raw.features.numeric, file)
        check_range(statistics.divisor, raw.features.numeric, file)
        inputs = inputs._replace(scaling=statistics, means=means)
    if treatment.target_scaling != "none":
        targets = targets._replace(scaling=target_scaling(raw, targets, training, treatment))
    return preprocessing._replace(inputs=inputs, targets=targets)


def categories_of(
    labels: tuple[str, ...], used: NDArray[np.int64], treatment: Treatment
) -> tuple[str, ...]:
    """The sorted labels that the training rows use; the first count is that of rows without."""
    found = {label for label, count in zip(labels, used[1:].tolist(), strict=True) if count}
    if treatment.missing == "mean" and used[0]:
        found.add(MISSING_LABEL)
    return tuple(sorted(found))


def means_of(raw: Raw, training: Mask) -> Doubles:
    """The means of the known values of each numeric column. Raises `NnctlError` for one of none."""
    total, count = np.zeros(len(raw.features.numeric)), np.zeros(len(raw.features.numeric))
    for chunk in raw.chunks(training):
        known = ~np.isnan(chunk)
        with np.errstate(over="ignore", invalid="ignore"):
            total += np.where(known, chunk, 0.0).sum(axis=0)
        count += known.sum(axis=0)
    if (count == 0).any():
        name = raw.features.numeric[int(np.argmin(count))]
        message = "the column has no value in any row that trains, so it has no mean"
        setting = Setting("data.features", name, "leave it out")
        file, place = raw.targets.file, f"column {name}"
        raise NnctlError(Problem(message, "fill it in", file, path=place, setting=setting))
    check_range(total, raw.features.numeric, raw.targets.file)
    return total / count


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


def check_range(statistics: Doubles, names: Sequence[str], file: str) -> None:
    """Raises `NnctlError` for columns whose statistics are beyond double precision."""
    if not (beyond := ~np.isfinite(statistics)).any():
        return
    message = "its numbers are too large, or too far apart, for a mean or a scale"
    fix = "mend them, or leave the column out of data.features"
    setting = Setting(fix=fix)
    name = names[int(np.argmax(beyond))]
    raise NnctlError(Problem(message, "mend them", file, path=f"column {name}", setting=setting))


def check_size(rows: int, inputs: Inputs, memory: int, file: str) -> None:
    """Raises `NnctlError` where one-hot encoding makes rows too long for `memory` to hold some."""
    row = sum(inputs.widths) * np.dtype(inputs.dtype).itemsize
    if row * min(rows, FEWEST_ROWS) <= memory:
        return
    name, labels = max(inputs.categories.items(), key=lambda item: len(item[1]))
    message = (
        f"the column holds text of {len(labels):,} kinds; with an input for each, "
        f"{FEWEST_ROWS} rows need {FEWEST_ROWS * row / 1e6:,.0f} MB, more than data.memory"
    )
    setting = Setting("data.features", name, "leave it out, or group its values")
    raise NnctlError(Problem(message, None, file, path=f"column {name}", setting=setting))
