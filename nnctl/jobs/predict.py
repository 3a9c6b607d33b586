"""`nnctl predict`: rows in, predictions out, as CSV and in memory that does not grow."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnctl.assembly.examples import nbytes
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Batch
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.jobs.finding import find_weights, find_weights_and_data
from nnctl.network.answers import THRESHOLD, is_yes, likeliest
from nnctl.reading.files import DataFile
from nnctl.reading.source import file_of, open_source
from nnctl.system.unicode import normal_form
from nnctl.training.blocks import Inputs, rows_by_bytes, slices_of
from nnctl.visible import visible_cells

CELL = 16  # bytes of text, about
Row = Sequence[object]


@dataclass(frozen=True)
class Predictions:
    """The header of the predictions, and their rows in blocks of CSV text.

    The columns `keep` come first, as they are written. What a user should know of the rows is told
    to `warn` after the last of them.
    """

    trained: Trained
    source: DataFile | BinaryIO
    threshold: float
    keep: tuple[str, ...]
    warn: Callable[[Problem], object]

    @property
    def header(self) -> list[str]:
        """The names of the columns, as the model's task has them."""
        return [*self.keep, *predicted_columns(self.trained)]

    def chunks(self) -> Iterator[str]:
        """The header, then the rows, ready to be written.

        Raises `NnctlError` for a file that does not fit, and at a faulty row after those before it.
        """
        preprocessing = self.trained.preprocessing
        named = None
        if isinstance(self.source, DataFile):
            named = self.source
        notices = Notices("stdin" if named is None else str(named.path))
        with open_source(
            self.source,
            text_format=preprocessing.text_format,
            arrays=preprocessing.arrays,
            targets=False,
            memory=nbytes(self.trained.config.data.memory),
        ) as source:
            notices.source(source)
            most = self.trained.model.rows_by_bytes()
            batches = preprocessing.batches(source, notices, named, self.keep, most)
            first = next(batches, None)
            yield csv_text([visible_cells(self.header)])
            size = rows_by_bytes(len(self.header) * CELL)
            for batch in self._following(first, batches):
                rows = self.rows(batch)
                for part in slices_of(len(batch), size):
                    yield csv_text(islice(rows, part.stop - part.start))
        for problem in notices.problems():
            self.warn(problem)

    @staticmethod
    def _following(first: Batch | None, rest: Iterator[Batch]) -> Iterator[Batch]:
        if first is not None:
            yield first
            yield from rest

    def rows(self, batch: Batch) -> Iterator[Row]:
        """The rows of a batch, in its order; those that cannot be predicted have empty cells."""
        limit = self.threshold
        predicted = predicted_rows(self.trained, batch.x, limit) if len(batch.x) else iter(())
        nothing = [""] * len(predicted_columns(self.trained))
        rows = (next(predicted) if usable else nothing for usable in batch.usable.tolist())
        if not self.keep:
            return rows
        kept = zip(*(visible_cells(batch.kept[name]) for name in self.keep), strict=True)
        return ([*mine, *row] for mine, row in zip(kept, rows, strict=True))


def predicted_rows(trained: Trained, x: Inputs, threshold: float) -> Iterator[Row]:
    """The rows of predictions for inputs `x` `(rows, …)`, in the order of `predicted_columns`."""
    model = trained.model
    targets = trained.preprocessing.targets
    outputs = model.predict(x.reshape(len(x), *model.input_shape))
    with np.errstate(all="ignore"):
        predictions = np.asarray(model.loss.output_activation(outputs))
    if targets.task == "regression":
        predictions = targets.in_own_unit(predictions)
    numbers = predictions.reshape(len(predictions), -1)
    # The fewest digits that read back; a row's when it is asked for, of which few are held.
    texts = (list(map(str, row)) for row in numbers)
    if targets.task == "regression":
        return texts
    if targets.classes is None:
        chosen = is_yes(numbers, threshold).astype(int)
        return (
            [cell for pair in zip(labels.tolist(), row, strict=True) for cell in pair]
            for labels, row in zip(chosen, texts, strict=True)
        )
    labels = visible_cells(targets.classes.labels)
    if targets.task == "binary":
        picked = is_yes(numbers[:, 0], threshold).astype(int)
    else:
        picked = likeliest(numbers, len(labels))
    rows = zip(picked.tolist(), texts, strict=True)
    return ([labels[k], *row[: len(labels)]] for k, row in rows)


def predicted_columns(trained: Trained) -> list[str]:
    """The names of the columns of predictions."""
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        return list(targets.names)
    if targets.classes is None:
        return [name for label in targets.names for name in (label, f"probability_{label}")]
    if targets.task == "binary":
        return ["prediction", "probability"]
    return ["prediction", *(f"probability_{label}" for label in targets.classes.labels)]


def csv_text(rows: Iterator[Row] | Sequence[Row]) -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def threshold_for(trained: Trained, threshold: float | None) -> float:
    """The probability above which the answer is yes: what was asked for, or else 0.5.

    Raises `NnctlError` for one where there is none.
    """
    task = trained.preprocessing.targets.task
    if threshold is not None and task != "binary":
        raise ArgumentError(f"--threshold is for binary predictions; this model's are {task}")
    return THRESHOLD if threshold is None else threshold


def predict(
    weights: Path,
    source: Path | BinaryIO,
    *,
    threshold: float | None = None,
    keep: Sequence[str] = (),
    features: Sequence[str] = (),
    warn: Callable[[Problem], object] = lambda problem: None,
) -> Predictions:
    """The predictions of a weights file or run folder for a file, or a stream of CSV.

    `threshold` is the probability above which a binary prediction is the second class; `keep` are
    columns to carry along; `features` name the columns or the array that the file has for the
    model's. Raises `NnctlError` for weights that cannot be read, for a threshold where there is
    none, and for a kept column that would be called as one of the predictions.
    """
    if isinstance(source, Path):
        weights, source = find_weights_and_data(weights, source)
    trained = load_trained(find_weights(weights))
    limit = threshold_for(trained, threshold)
    columns = predicted_columns(trained)
    if taken := [name for name in keep if name in columns]:
        message = f'--keep {taken[0]}: the predictions have a column "{taken[0]}" themselves'
        raise NnctlError(Problem(message, "keep another column, or none"))
    file = file_of(source, tuple(features)) if isinstance(source, Path) else source
    kept = tuple(dict.fromkeys(map(normal_form, keep)))
    return Predictions(trained, file, limit, kept, warn)
