"""From the files a config names to the examples that a model trains on."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.classes import Classes, Task, find_classes
from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.parts import Parts, Rows
from nnctl.data.pool import Dealt, Division, Drawn, Pool, Strata, places_of
from nnctl.data.preprocessing import Examples, Preprocessing, check_weights
from nnctl.data.raw import Raw, picked, read_raw
from nnctl.data.roles import array_columns, check_kinds, text_columns
from nnctl.data.rules import AS_IS, Treatment
from nnctl.data.statistics import fitted, summary_of_rows
from nnctl.data.targets import Targets
from nnctl.errors import OUTPUT_UNITS, NnctlError, Problem, Setting, together
from nnctl.reading.array_types import Mask
from nnctl.reading.arrays import FEATURES, TARGET, ArrayReader
from nnctl.reading.block import LateColumns
from nnctl.reading.bytestream import opened, require_file
from nnctl.reading.files import DataFile
from nnctl.reading.source import Source, array_pair, open_source
from nnctl.reading.table import Faults

if TYPE_CHECKING:
    from nnctl.data.overview import ColumnFacts


class Prepared(NamedTuple):
    """All that a run is given of its data, and what its user should know of them.

    `held` are the rows that a fold of a crossvalidation holds out, and `held_rows` (rows,) says
    which of the training file's they are, counted from 0. `pool` is what the validation rows were
    drawn from, if they were; `calibration` are rows that neither train nor validate. `summary` is
    what a weights file keeps of the rows that train.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    preprocessing: Preprocessing
    warnings: tuple[Problem, ...] = ()
    held: Examples | None = None
    held_rows: NDArray[np.intp] | None = None
    pool: Pool | None = None
    columns: "tuple[ColumnFacts, ...]" = ()
    calibration: Examples | None = None
    summary: NDArray[np.uint8] | None = None

    @property
    def parts(self) -> tuple[Examples | None, ...]:
        """The rows that train, validate and test, that a fold holds out, and that calibrate."""
        return self.train, self.validation, self.test, self.held, self.calibration

    def redrawn(self, generator: np.random.Generator) -> "Prepared":
        """The same with other rows to validate, which `generator` draws, and all else to train.

        What was learnt of the first rows that train, such as their scaling, stays as it is.
        """
        assert self.pool is not None
        pool = self.pool.redrawn(generator)
        train, validation = pool.take(pool.division.trains), pool.take(pool.division.drawn)
        return self._replace(train=train, validation=validation, pool=pool)


class Wanted(NamedTuple):
    """What the model needs of its data.

    `task` is what the loss makes of the targets, `units` the number of the model's outputs, of
    which a target has `outputs_a_target`. `one_hot` says whether classes may have a column each.
    """

    task: Task
    units: int
    dtype: str = "float32"
    one_hot: bool = False
    outputs_a_target: int = 1

    def labels(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the target columns that hold labels: a single one of classes."""
        return targets if self.task != "regression" and len(targets) == 1 else ()


def prepare(
    train: DataFile,
    wanted: Wanted,
    treatment: Treatment = AS_IS,
    *,
    validation: Drawn | DataFile | None = None,
    calibration: Drawn | DataFile | None = None,
    test: DataFile | None = None,
    held: Dealt | None = None,
    survey: bool = False,
) -> Prepared:
    """Reads the data of a run; with `survey`, what the columns of a table hold is told, too.

    `train` names the columns, or the arrays of an `.npz` file; features are by default all others.
    The rows of `held` are taken first, then those of `calibration`, then `validation`. What is
    learnt is of the rest. Raises `NnctlError` with the problems of `train`, or else of the others.
    """
    files = files_among(validation=validation, calibration=calibration, test=test)
    check_files({"train": train, **files})
    raw, preprocessing, notices = read_train(train, wanted, treatment)
    division = divided(raw, preprocessing.targets, treatment, held, validation, calibration)
    trains = division.trains
    preprocessing = fitted(preprocessing, raw, trains, treatment)
    y, weight = targets_and_weights(raw, preprocessing, trains, str(train.path))
    columns = facts_of_columns(raw, trains, preprocessing) if survey else ()
    summary = summary_of_rows(raw, trains, preprocessing, treatment.seed)
    parts = Parts.of(raw, trains, preprocessing.inputs, treatment.memory)
    del raw
    read, warnings = read_others(preprocessing, files, treatment.memory)

    def examples(x: Rows, rows: Mask) -> Examples:
        return Examples(x, picked(y, rows), None if weight is None else picked(weight, rows))

    read |= {part: examples(parts.rest(own), own) for part, own in division.aside.items()}
    pool = Pool(division, lambda rows: examples(parts.chosen(rows), rows))
    return Prepared(
        examples(parts.training, trains),
        read.get("validation"),
        read.get("test"),
        preprocessing,
        (*notices.problems(), *warnings),
        read.get("held"),
        None if held is None else np.flatnonzero(division.held),
        pool if division.drawing else None,
        columns,
        read.get("calibration"),
        summary,
    )


def divided(
    raw: Raw,
    targets: Targets,
    treatment: Treatment,
    held: Dealt | None,
    validation: Drawn | DataFile | None,
    calibration: Drawn | DataFile | None,
) -> Division:
    """Which rows of the training file train, and which are held apart from them."""
    taken = [own for own in (held, validation, calibration) if isinstance(own, Drawn | Dealt)]
    times = times_of(raw, treatment) if any(own.split == "last" for own in taken) else None
    strata, file = class_indices(raw, targets), raw.targets.file
    return Division.of(len(raw), strata, file, held, validation, calibration, raw.groups, times)


def times_of(raw: Raw, treatment: Treatment) -> NDArray[np.intp] | None:
    """The place of each row in time, (rows,): by the first date that the config tells of, if any.

    Rows without a date come before all others.
    """
    dates = [name for name in treatment.of_type("date") if name in raw.dates]
    if not dates:
        return None
    place = raw.features.numeric.index(dates[0])
    found = [raw.features.stretch(a, b).numbers[:, place] for a, b in raw.features.bounds()]
    values = np.concatenate(found).astype(np.float64)
    values[np.isnan(values)] = -np.inf
    return places_of(values)


def files_among(**parts: Drawn | DataFile | None) -> dict[str, DataFile]:
    """Those parts of the data that have a file of their own."""
    return {part: file for part, file in parts.items() if isinstance(file, DataFile)}


def targets_and_weights(
    raw: Raw, preprocessing: Preprocessing, trains: Mask, file: str
) -> tuple[NDArray[np.generic], NDArray[np.generic] | None]:
    """The targets of all rows as a model wants them, and the rows' weights, if they have some.

    Raises `NnctlError` for those that cannot be taken, and for weights that leave nothing to learn.
    """
    faults = Faults(file)
    y = preprocessing.targets.of(raw.targets, preprocessing.targets.names, faults)
    name = preprocessing.weight
    weight = None if name is None else preprocessing.weights(raw.targets, name, faults)
    faults.check()
    check_weights(None if weight is None else weight[trains], name, file)
    return y, weight


def facts_of_columns(
    raw: Raw, trains: Mask, preprocessing: Preprocessing
) -> "tuple[ColumnFacts, ...]":
    """What the columns of a table hold; arrays have none."""
    if preprocessing.arrays is not None:
        return ()
    from nnctl.data.overview import column_facts  # for those who look at data alone

    return column_facts(raw, trains, preprocessing.inputs)


def check_files(files: Mapping[str, DataFile]) -> None:
    """Raises `NnctlError` with a problem for each of the files, by part, that cannot be opened."""
    problems: dict[Problem, None] = {}
    for part, file in files.items():
        try:
            for path in file.paths:
                require_file(path)
                if file.image is not None and os.path.isdir(path):
                    continue
                with opened(path):
                    pass
        except NnctlError as error:
            for problem in error.problems:
                is_file = Path(problem.file or "").is_file()
                setting = problem.setting if is_file else Setting(f"data.{part}")
                problems[problem._replace(setting=setting)] = None
    if problems:
        raise NnctlError(problems)


def read_train(
    file: DataFile, wanted: Wanted, treatment: Treatment
) -> tuple[Raw, Preprocessing, Notices]:
    """The rows of the training file, how they are prepared but for all statistics, and notices."""
    notices = Notices(str(file.path))
    try:
        return *read_once(file, wanted, treatment, notices), notices
    except LateColumns:
        notices = Notices(str(file.path))
        return *read_once(file, wanted, treatment, notices, look_ahead=True), notices


def read_once(
    file: DataFile,
    wanted: Wanted,
    treatment: Treatment,
    notices: Notices,
    *,
    look_ahead: bool = False,
) -> tuple[Raw, Preprocessing]:
    """As `read_train`, in one pass over the rows.

    Without `look_ahead` a table's columns are those that its first rows tell of; raises
    `LateColumns` where features are all columns, and there are others.
    """
    weight = treatment.sample_weight
    text_format, memory = treatment.text_format, treatment.memory
    with open_source(file, text_format=text_format, weight=weight, memory=memory) as source:
        notices.source(source)
        if isinstance(source, ArrayReader):
            columns, shape = array_columns(source, treatment), source.shape
        else:
            if look_ahead:
                source.all_columns()
            columns = text_columns(source, file, treatment)
            shape = (len(columns.features),)
        check_outputs(wanted, columns.targets, source)
        labels = wanted.labels(columns.targets)
        raw = read_raw(source, columns, wanted.dtype, notices, treatment, labels)
    check_kinds(raw, treatment)
    if wanted.task == "regression" and raw.targets.text:
        from nnctl.data.notations import check_numbers  # rarely needed

        check_numbers(raw, columns.targets)
    by_position = isinstance(source, ArrayReader)
    inputs = Inputs(columns.features, shape, wanted.dtype, missing=treatment.missing)
    targets = targets_of(raw, columns.targets, wanted)
    arrays = array_pair(file) if file.is_npz else (FEATURES, TARGET) if by_position else None
    return raw, Preprocessing(inputs, targets, arrays, columns.weight, treatment.text_format)


def check_outputs(wanted: Wanted, targets: tuple[str, ...], source: Source) -> None:
    """Raises `NnctlError` where the model's outputs and the targets differ in number."""
    multiclass = wanted.task == "multiclass"
    single = multiclass and len(targets) == 1
    units = len(targets) * wanted.outputs_a_target
    if single or (units == wanted.units and (wanted.one_hot or not multiclass)):
        return
    columns = "1 target" if len(targets) == 1 else f"{len(targets)} targets"
    if multiclass and not wanted.one_hot:
        message = f"there are {columns}; this loss learns one column of classes"
        fix = "name one column; for one-hot columns, choose the loss categorical_crossentropy"
        setting = Setting("data.target")
    else:
        outputs = "1 output" if wanted.units == 1 else f"{wanted.units} outputs"
        shown = ", ".join(targets[:10]) + (", …" if len(targets) > 10 else "")
        message = f"the model has {outputs}, the data {columns} ({shown})"
        if wanted.outputs_a_target > 1:
            message += f", and the loss {wanted.outputs_a_target} quantiles for each"
        fix, setting = f"give the last layer units: {units}", Setting(OUTPUT_UNITS)
    line = None if isinstance(source, ArrayReader) else source.header.line
    raise NnctlError(Problem(message, fix, source.file, line, setting=setting))


def targets_of(raw: Raw, names: tuple[str, ...], wanted: Wanted) -> Targets:
    """How the targets are encoded, with their classes, but unscaled."""
    targets = Targets(names, wanted.task, wanted.dtype)
    if targets.are_one_hot:
        return targets._replace(classes=Classes(names))
    if not wanted.labels(names):
        return targets
    classes = find_classes(raw.targets, names[0], wanted.task, wanted.units)
    return targets._replace(classes=classes)


def class_indices(raw: Raw, targets: Targets) -> Strata:
    """The class of each row, (rows,), where a row has one, in as few bytes as may be."""
    if targets.classes is None:
        return None
    y = targets.of(raw.targets, targets.names, Faults(raw.targets.file))
    classes = y.argmax(axis=1) if targets.are_one_hot else y.reshape(len(y))
    return classes.astype(np.min_scalar_type(-len(targets.classes.labels)))


def read_others(
    preprocessing: Preprocessing, files: dict[str, DataFile], memory: int
) -> tuple[dict[str, Examples], list[Problem]]:
    """The examples of further files, and warnings; the problems of all files come together."""
    read: dict[str, Examples] = {}
    errors: list[NnctlError] = []
    warnings: list[Problem] = []
    for part, file in files.items():
        try:
            read[part] = read_examples(preprocessing, file, warnings, memory)
        except NnctlError as error:
            errors.append(error.with_problems(of_part(part, each) for each in error.problems))
    if errors:
        raise together(errors)
    return read, warnings


def of_part(part: str, problem: Problem) -> Problem:
    """The problem of a further file: what disagrees with it is which file the config names."""
    if problem.setting is None or not problem.setting.key:
        return problem
    return problem._replace(setting=Setting(f"data.{part}"))


def read_examples(
    preprocessing: Preprocessing,
    file: DataFile,
    warnings: list[Problem],
    memory: int | None = None,
) -> Examples:
    """All rows of a file with their targets; what a user should know is added to `warnings`.

    Inputs of more than `memory` bytes are kept on the disk.
    """
    notices = Notices(str(file.path))
    with preprocessing.source_of(file, memory=memory) as source:
        notices.source(source)
        examples = preprocessing.examples(source, notices, file, memory)
    warnings += notices.problems()
    return examples
