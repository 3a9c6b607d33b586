"""`nnctl attribution`: what each column adds to a prediction, or takes from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnctl.assembly.attribution import Reasoning, labels_of, mean_of_rows
from nnctl.assembly.examples import given_file
from nnctl.assembly.importance import are_images, spans_of
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Batch
from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.graph import Array
from nnctl.insight.swapping import Own
from nnctl.jobs.finding import find_weights_and_data
from nnctl.jobs.looking.rows import built_again
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import DataFile
from nnctl.system import machine
from nnctl.training.blocks import Inputs, rows_by_bytes, slices_of

MEAN, ZEROS, ROW = "mean", "zeros", "row:"
POINTS_A_ROW = 32  # of a way, about, that are held at once


class Contribution(NamedTuple):
    """What a column, with its value in a row, adds to the prediction.

    Of images it is a part of them, whose value is the mean of its pixels.
    """

    name: str
    value: float | str
    amount: float


@dataclass(frozen=True)
class Attribution:
    """Why a row has its prediction.

    `output` is the class whose logit, or the target whose number, `prediction` is; `baseline` is
    that of the baseline. `holds` says whether the contributions sum to their difference.
    """

    row: int
    output: str
    prediction: float
    baseline: float
    columns: tuple[Contribution, ...]
    holds: bool

    def as_json(self) -> dict[str, Any]:
        """The attribution as plain data."""
        return {
            "row": self.row,
            "output": self.output,
            "prediction": self.prediction,
            "baseline": self.baseline,
            "columns": [
                {"name": name, "value": value, "contribution": amount}
                for name, value, amount in self.columns
            ],
        }


@dataclass(frozen=True)
class Attributions:
    """The attributions of the rows of a file, which are made when they are asked for.

    `rows` are the rows wanted, counted from 0, or None for all. What a user should know of the file
    is told to `warn` after the last of them.
    """

    trained: Trained
    file: DataFile
    rows: tuple[int, ...] | None
    reference: Array
    output: int | None
    warn: Callable[[Problem], object]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the model, or the parts of images that stand in their place."""
        return tuple(self._parts) or self.trained.preprocessing.inputs.names

    @property
    def are_images(self) -> bool:
        """Whether it is images that are predicted."""
        return are_images(self.trained)

    @cached_property
    def _parts(self) -> dict[str, Own]:
        return spans_of(self.trained) if self.are_images else {}

    @property
    def is_logit(self) -> bool:
        """Whether predictions are logits of classes, and no numbers in a target's unit."""
        return self.trained.preprocessing.targets.task != "regression"

    @cached_property
    def _reasoning(self) -> Reasoning:
        return Reasoning(self.trained, self.reference, self.output)

    def __iter__(self) -> Iterator[Attribution]:
        """The attributions, in the order of the rows. Raises `NnctlError` as `predict` does."""
        notices = Notices(str(self.file.path))
        for start, batch in batches_of(self.trained, self.file, notices):
            yield from self._of_batch(start, batch)
        for problem in notices.problems():
            self.warn(problem)

    def _of_batch(self, start: int, batch: Batch) -> Iterator[Attribution]:
        numbers = start + np.flatnonzero(batch.usable)
        wanted = np.arange(len(numbers))
        if self.rows is not None:
            wanted = np.flatnonzero(np.isin(numbers, self.rows))
        width = int(np.prod(self.trained.model.input_shape))
        for part in slices_of(len(wanted), rows_by_bytes(8 * width * POINTS_A_ROW)):
            own = wanted[part]
            made: Inputs = batch.x
            kept = {
                name: [cells[k - start] for k in numbers[own]] for name, cells in batch.kept.items()
            }
            # Nobody may ask for the next one, so no limit may be left to a generator to lift.
            with np.errstate(all="ignore"), machine.thread_limit(1):
                found = self._of_rows(numbers[own].tolist(), kept, made[own])
            yield from found

    def _of_rows(
        self, numbers: Sequence[int], kept: dict[str, list[str]], made: Array
    ) -> list[Attribution]:
        found = self._reasoning.of(made)
        amounts = found.by_column(self.trained)
        values = column_values(self.trained, kept, made)
        if parts := self._parts.values():  # what a part shows is told by the mean of its pixels
            pixels = np.array(values)
            values = [pixels[own].mean(axis=0).tolist() for own in parts]
            amounts = np.stack([amounts[:, own].sum(axis=1) for own in parts], axis=1)
        labels = labels_of(self.trained)

        def attribution_of(k: int) -> Attribution:
            columns = zip(self.names, (own[k] for own in values), amounts[k].tolist(), strict=True)
            contributions = tuple(Contribution(*each) for each in columns)
            ends = float(found.output[k]), float(found.baseline[k])
            label, holds = labels[found.chosen[k]], bool(found.holds[k])
            return Attribution(numbers[k], label, *ends, contributions, holds)

        return [attribution_of(k) for k in range(len(numbers))]


def attribution(
    run: Path,
    data: Path,
    *,
    rows: Sequence[int] = (),
    baseline: str = MEAN,
    output: str | None = None,
    features: Sequence[str] = (),
    table: str | None = None,
    warn: Callable[[Problem], object] = lambda problem: None,
) -> Attributions:
    """Why rows of a file, all or some counted from 0, have their predictions.

    The `baseline` is the mean of the prepared rows that trained, zeros, or a row of the file, as
    `row:K`; `output` names the class or the target, by default the predicted class or the first
    target. Raises `NnctlError` for what cannot be read, and for outputs that are not there.
    """
    run, data = find_weights_and_data(run, data)
    trained = load_trained(run)
    file = given_file(trained.config, data, features, table=table)
    if any(row < 0 for row in rows):
        raise ArgumentError(f"--row is {min(rows)}; rows count from 0")
    place = None if output is None else place_of(trained, output)
    reference = reference_of(run, trained, file, baseline)
    return Attributions(trained, file, tuple(rows) or None, reference, place, warn)


def place_of(trained: Trained, output: str) -> int:
    """The place of a class or target of that name. Raises `ArgumentError` where there is none."""
    labels = labels_of(trained)
    if output not in labels:
        few = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        message = f"--output {output}: the model has no such output; there are: {few}"
        raise ArgumentError(message, did_you_mean(output, labels))
    return labels.index(output)


def reference_of(run: Path, trained: Trained, file: DataFile, baseline: str) -> Array:
    """The prepared inputs (inputs,) from which contributions are counted."""
    width = int(np.prod(trained.model.input_shape))
    if baseline == ZEROS:
        return np.zeros(width)
    if baseline == MEAN:
        return mean_of_rows(built_again(run, "begin elsewhere: --baseline zeros").train.x)
    number = baseline.removeprefix(ROW)
    if number == baseline or not number.isdecimal():
        known = f"there are: {MEAN}, {ZEROS}, {ROW}K for a row of the file, counted from 0"
        raise ArgumentError(f"--baseline {baseline}: unknown; {known}")
    for start, batch in batches_of(trained, file, Notices(str(file.path))):
        rows = start + np.flatnonzero(batch.usable)
        place = np.flatnonzero(rows == int(number))
        if len(place):
            return batch.x[place].reshape(width).astype(np.float64)
    raise no_row(file, int(number))


def no_row(file: DataFile, row: int) -> NnctlError:
    """The problem of a row that a file does not have, or that lacks what a prediction needs."""
    message = f"it has no row {row:,}, counted from 0, that can be predicted"
    return NnctlError(Problem(message, "name another row", str(file.path)))


def batches_of(trained: Trained, file: DataFile, notices: Notices) -> Iterator[tuple[int, Batch]]:
    """The rows of a file stretch by stretch, each with the number of its first row."""
    preprocessing = trained.preprocessing
    with preprocessing.source_of(file, targets=False) as source:
        keep: tuple[str, ...] = ()
        if not isinstance(source, ArrayReader):
            keep = preprocessing.columns(source, file, targets=False).features
        most = trained.model.rows_by_bytes(preprocessing.inputs.no_rows())
        start = 0
        for batch in preprocessing.batches(source, notices, file, keep, most):
            yield start, batch
            start += len(batch)


def column_values(
    trained: Trained, kept: dict[str, list[str]], made: Array
) -> list[list[float] | list[float | str]]:
    """For each column its value in each row: as the table has it, or as the array."""
    inputs = trained.preprocessing.inputs
    if not kept:
        own = inputs.own_numbers(made.reshape(len(made), *inputs.shape))
        return [column.tolist() for column in own.T]
    numbers = [inputs.kind(name) == "number" for name in inputs.names]
    return [
        [as_number(cell) if number else cell for cell in cells]
        for number, cells in zip(numbers, kept.values(), strict=True)
    ]


def as_number(cell: str) -> float | str:
    """The number that a cell holds, or else what is written there."""
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if np.isfinite(number) else cell
