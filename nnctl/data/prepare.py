"""From the files a config names to the examples that a model trains on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.arrays import ArrayReader
from nnctl.data.bytestream import opened, sha256
from nnctl.data.checks import note_missing
from nnctl.data.classes import Task, find_classes
from nnctl.data.delimited import DelimitedReader
from nnctl.data.preprocessing import Examples, Preprocessing
from nnctl.data.raw import Raw, read_raw
from nnctl.data.scaling import UNSCALED, fit
from nnctl.data.source import array_pair, is_npz, open_source
from nnctl.data.split import validation_rows
from nnctl.data.table import Faults
from nnctl.errors import NnctlError, Problem


@dataclass(frozen=True)
class Prepared:
    """All that a run is given of its data.

    `hashes` are the SHA-256 of the files by their part in the run: `train`, and `validation` and
    `test` where these are files.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    preprocessing: Preprocessing
    hashes: dict[str, str]


def prepare(
    train: str | Path,
    *,
    task: Task,
    units: int,
    generator: np.random.Generator,
    target: str | Sequence[str] | None = None,
    features: str | Sequence[str] | None = None,
    validation: float | str | Path | None = None,
    test: str | Path | None = None,
    scaling: str = "none",
    by: float | None = None,
    dtype: str = "float32",
) -> Prepared:
    """Reads the data of a run.

    `task` is what the loss makes of the targets, `units` the number of the model's outputs.
    `target` and `features` name columns, or the arrays of an `.npz` file; features are by default
    all columns but the target. `validation` is a fraction of `train`, which `generator` draws, or
    a file. `scaling` (`rescale` divides by `by`) has its statistics from the rows that train.
    Raises `NnctlError` with the problems found in `train`, else with those of the other files.
    """
    fraction = validation if isinstance(validation, float) else None
    files = {"train": train, "validation": validation, "test": test}
    paths = {part: Path(path) for part, path in files.items() if isinstance(path, str | Path)}
    check_files(paths.values())
    raw, preprocessing = _read_train(train, _names(features), _names(target), task, units, dtype)
    y = _train_targets(raw, preprocessing)
    drawn = np.zeros(len(raw), dtype=np.bool_)
    if fraction is not None:
        strata = None if preprocessing.classes is None else y.reshape(len(y)).astype(np.int64)
        drawn = validation_rows(len(raw), fraction, generator, strata, raw.targets.file)
    statistics = fit(scaling, lambda: raw.chunks(~drawn), by)
    preprocessing = replace(preprocessing, scaling=statistics)
    x, x_drawn = raw.examples_of(~drawn, preprocessing)
    others = _read_others(preprocessing, paths)
    return Prepared(
        Examples(x, y[~drawn]),
        others.get("validation") if fraction is None else Examples(x_drawn, y[drawn]),
        others.get("test"),
        preprocessing,
        {part: sha256(path) for part, path in paths.items()},
    )


def check_files(paths: Iterable[Path]) -> None:
    """Raises `NnctlError` with a problem for each of the files that cannot be opened."""
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        try:
            with opened(path):
                pass
        except NnctlError as error:
            problems += error.problems
    if problems:
        raise NnctlError(problems)


def _names(given: str | Sequence[str] | None) -> tuple[str, ...] | None:
    return (given,) if isinstance(given, str) else None if given is None else tuple(given)


def _read_train(
    path: str | Path,
    features: tuple[str, ...] | None,
    targets: tuple[str, ...] | None,
    task: Task,
    units: int,
    dtype: str,
) -> tuple[Raw, Preprocessing]:
    """The rows of the training file, and how they are prepared but for the scaling."""
    arrays = array_pair(features, targets, str(path)) if is_npz(path) else None
    # Here the arrays named must be there; later files may have them as x and y.
    with open_source(path) if arrays is None else ArrayReader(path, *arrays) as source:
        if isinstance(source, ArrayReader):
            features, targets, shape = source.feature_names, source.target_names, source.shape
        else:
            features, targets = _columns(source, features, targets)
            shape = (len(features),)
        _check_outputs(task, units, targets, source.file)
        raw = read_raw(source, features, targets, dtype)
    preprocessing = Preprocessing(features, targets, shape, task, dtype, UNSCALED, None, arrays)
    if task == "regression" or len(targets) > 1:
        return raw, preprocessing
    faults = Faults(raw.targets.file)
    note_missing(raw.targets, targets, faults)
    faults.check()
    classes = find_classes(raw.targets, targets[0], task, units)
    return raw, replace(preprocessing, classes=classes)


def _columns(
    source: DelimitedReader, features: tuple[str, ...] | None, targets: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The feature and the target columns of a text table, as the config has it."""
    if not targets:
        message = "data.target is missing: which column of this file is to be learnt?"
        fix = f"add target: {source.names[-1]} under data, or another of its columns"
        raise NnctlError(Problem(message, fix, source.file))
    source.require([*targets, *(features or ())])
    if features is None:
        features = tuple(name for name in source.names if name not in targets)
    both = [name for name in features if name in targets]
    if both or not features:
        message = "no column is left to be a feature"
        if both:
            message = f'column "{both[0]}" is both a feature and a target'
        raise NnctlError(Problem(message, None, source.file))
    return features, targets


def _check_outputs(task: Task, units: int, targets: tuple[str, ...], file: str) -> None:
    """Raises `NnctlError` where the model's outputs and the targets differ in number."""
    needed = 1 if task == "multiclass" else units
    if len(targets) == needed:
        return
    if task == "multiclass":
        message = f"there are {len(targets)} targets; this loss learns one column of classes"
        fix = "name one column in data.target"
    else:
        outputs = "1 output" if units == 1 else f"{units} outputs"
        columns = "1 target" if len(targets) == 1 else f"{len(targets)} targets"
        message = f"the model has {outputs}, the data {columns} ({', '.join(targets)})"
        fix = f"give the last layer units: {len(targets)}"
    raise NnctlError(Problem(message, fix, file))


def _train_targets(raw: Raw, preprocessing: Preprocessing) -> NDArray[Any]:
    faults = Faults(raw.targets.file)
    y = preprocessing.outputs(raw.targets, preprocessing.targets, faults)
    faults.check()
    return y


def _read_others(preprocessing: Preprocessing, paths: dict[str, Path]) -> dict[str, Examples]:
    """The examples of the validation and test files; the problems of both come together."""
    read: dict[str, Examples] = {}
    problems: list[Problem] = []
    for part in ("validation", "test"):
        if part not in paths:
            continue
        try:
            with open_source(paths[part], arrays=preprocessing.arrays) as source:
                read[part] = preprocessing.examples(source)
        except NnctlError as error:
            problems += error.problems
    if problems:
        raise NnctlError(problems)
    return read
