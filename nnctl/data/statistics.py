"""What the rows that train decide: categories, means and scaling of the columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnctl import machine
from nnctl.data.files import PLAIN, TextFormat
from nnctl.data.inputs import MISSING_LABEL, Inputs, Missing, filled
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.raw import Mask, Raw
from nnctl.data.scaling import Doubles, Scaling, fit
from nnctl.data.table import Faults
from nnctl.data.targets import Targets
from nnctl.errors import NnctlError, Problem


@dataclass(frozen=True)
class Treatment:
    """What becomes of the columns: see the keys of the same names under `data` in a config.

    `text` are columns of categories, whatever they hold; `by` is what `rescale` divides by.
    """

    text_format: TextFormat = PLAIN
    text: tuple[str, ...] = ()
    missing: Missing = "error"
    scaling: str = "none"
    by: float | None = None
    target_scaling: str = "none"
    sample_weight: str | None = None


AS_IS = Treatment()


def fitted(
    preprocessing: Preprocessing, raw: Raw, training: Mask, treatment: Treatment
) -> Preprocessing:
    """The preprocessing with the categories and the statistics of the training rows."""
    inputs, targets, file = preprocessing.inputs, preprocessing.targets, raw.targets.file
    categories = {name: categories_of(raw, name, training, treatment) for name in raw.text}
    inputs = replace(inputs, categories=categories)
    if categories:
        inputs = replace(inputs, shape=(sum(inputs.widths),))
        check_size(len(raw), inputs, file)
    means = None
    if treatment.missing == "mean":
        means = means_of(raw, training)
    if raw.numeric:
        with np.errstate(over="ignore", invalid="ignore"):
            statistics = fit(
                treatment.scaling,
                lambda: (filled(chunk, means) for chunk in raw.chunks(training)),
                treatment.by,
            )
        check_range(statistics.shift, raw.numeric, file)
        check_range(statistics.divisor, raw.numeric, file)
        inputs = replace(inputs, scaling=statistics, means=means)
    if treatment.target_scaling != "none":
        targets = replace(targets, scaling=target_scaling(raw, targets, training, treatment))
    return replace(preprocessing, inputs=inputs, targets=targets)


def categories_of(raw: Raw, name: str, training: Mask, treatment: Treatment) -> tuple[str, ...]:
    """The sorted labels of a text column among the training rows."""
    column = raw.text[name].rows(training)
    used = np.flatnonzero(np.bincount(column.codes[column.codes >= 0]))
    labels = {column.labels[code] for code in used.tolist()}
    if treatment.missing == "mean" and (column.codes < 0).any():
        labels.add(MISSING_LABEL)
    return tuple(sorted(labels))


def means_of(raw: Raw, training: Mask) -> Doubles:
    """The means of the known values of each numeric column. Raises `NnctlError` for one of none."""
    total, count = np.zeros(len(raw.numeric)), np.zeros(len(raw.numeric))
    for chunk in raw.chunks(training):
        known = ~np.isnan(chunk)
        with np.errstate(over="ignore", invalid="ignore"):
            total += np.where(known, chunk, 0.0).sum(axis=0)
        count += known.sum(axis=0)
    if (count == 0).any():
        name = raw.numeric[int(np.argmin(count))]
        message = "the column has no value in any row that trains, so it has no mean"
        fix = "leave it out of data.features"
        raise NnctlError(Problem(message, fix, raw.targets.file, path=f"column {name}"))
    check_range(total, raw.numeric, raw.targets.file)
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
    name = names[int(np.argmax(beyond))]
    raise NnctlError(Problem(message, fix, file, path=f"column {name}"))


def check_size(rows: int, inputs: Inputs, file: str) -> None:
    """Raises `NnctlError` where one-hot encoding would need more memory than there is."""
    needed = rows * sum(inputs.widths) * np.dtype(inputs.dtype).itemsize
    available = machine.memory()
    if available is None or needed < available:
        return
    name, labels = max(inputs.categories.items(), key=lambda item: len(item[1]))
    message = (
        f"the column holds text of {len(labels):,} kinds; with an input for each, the rows need "
        f"{needed / 1e9:,.0f} GB, more than this computer has"
    )
    fix = "leave it out of data.features, or group its values"
    raise NnctlError(Problem(message, fix, file, path=f"column {name}"))
