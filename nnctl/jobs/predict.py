"""`nnctl predict`: rows in, predictions out, as CSV and in memory that does not grow."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnctl.assembly.comparison import spread_by_block
from nnctl.assembly.examples import nbytes
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Batch
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.errors.visible import visible_cells
from nnctl.graph import Array
from nnctl.jobs.finding import find_weights, find_weights_and_data
from nnctl.network.answers import THRESHOLD, is_yes, likeliest
from nnctl.reading.files import DataFile
from nnctl.reading.source import file_of, open_source
from nnctl.system.unicode import normal_form
from nnctl.training.blocks import Inputs, rows_by_bytes, slices_of

CELL = 16  # bytes of text, about
Row = Sequence[object]


@dataclass(frozen=True)
class Predictions:
    """The header of the predictions, and their rows in blocks of CSV text.

    The columns `keep` come first, as they are written. With `spread` each number has behind it how
    far an ensemble's members lie apart. What a user should know of the rows is told to `warn` after
    the last of them.
    """

    trained: Trained
    source: DataFile | BinaryIO
    threshold: float
    keep: tuple[str, ...]
    warn: Callable[[Problem], object]
    spread: bool = False

    @property
    def header(self) -> list[str]:
        """The names of the columns, as the model's task has them."""
        return [*self.keep, *self.columns]

    @property
    def columns(self) -> list[str]:
        """Those of the predictions themselves."""
        return predicted_columns(self.trained, self.spread)

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
            most = self.trained.model.rows_by_bytes(preprocessing.inputs.no_rows())
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
        predicted: Iterator[Row] = iter(())
        if len(batch.x):
            predicted = predicted_rows(self.trained, batch.x, self.threshold, self.spread)
        nothing = [""] * len(self.columns)
        rows = (next(predicted) if usable else nothing for usable in batch.usable.tolist())
        if not self.keep:
            return rows
        kept = zip(*(visible_cells(batch.kept[name]) for name in self.keep), strict=True)
        return ([*mine, *row] for mine, row in zip(kept, rows, strict=True))


def predicted_rows(
    trained: Trained, x: Inputs, threshold: float, spread: bool = False
) -> Iterator[Row]:
    """The rows of predictions for inputs `x` `(rows, …)`, in the order of `predicted_columns`."""
    targets = trained.preprocessing.targets
    numbers, apart = numbers_of(trained, x)
    # The fewest digits that read back; a row's when it is asked for, of which few are held.
    texts: Iterator[list[str]] = (list(map(str, row)) for row in numbers)
    if spread and apart is not None:
        both = np.stack([numbers, apart], axis=-1).reshape(len(numbers), -1)
        texts = (list(map(str, row)) for row in both)
    each = 2 if spread else 1  # cells a number
    if targets.task == "regression":
        return texts
    if targets.classes is None:
        chosen = is_yes(numbers, threshold).astype(int)
        return (
            [cell for k, own in enumerate(own_labels) for cell in (own, *row[each * k :][:each])]
            for own_labels, row in zip(chosen.tolist(), texts, strict=True)
        )
    labels = visible_cells(targets.classes.labels)
    if targets.task == "binary":
        picked = is_yes(numbers[:, 0], threshold).astype(int)
    else:
        picked = likeliest(numbers, len(labels))
    rows = zip(picked.tolist(), texts, strict=True)
    return ([labels[k], *row[: each * len(labels)]] for k, row in rows)


def numbers_of(trained: Trained, x: Inputs) -> tuple[Array, Array | None]:
    """The predictions for `x` `(rows, …)` in the targets' own unit, and the members' deviation."""
    model, targets = trained.model, trained.preprocessing.targets
    inputs = x.reshape(len(x), *model.input_shape)
    if isinstance(inputs, np.ndarray):
        inputs = np.ascontiguousarray(inputs)
    blocks = list(spread_by_block(trained, inputs))
    found = np.concatenate([predictions for _, predictions, _ in blocks])
    spreads = [spread for *_, spread in blocks if spread is not None]
    apart = np.concatenate(spreads) if spreads else None
    if targets.task == "regression":
        found = targets.in_own_unit(found)
        if apart is not None:
            apart = (apart * targets.scaling.divisor).astype(found.dtype)
    return found.reshape(len(found), -1), None if apart is None else apart.reshape(len(found), -1)


def predicted_columns(trained: Trained, spread: bool = False) -> list[str]:
    """The names of the columns of predictions, each with its spread behind where it is wanted."""
    targets = trained.preprocessing.targets

    def numbers(*names: str) -> list[str]:
        return [each for name in names for each in ((name, f"{name}_std") if spread else (name,))]

    if targets.task == "regression":
        return numbers(*targets.names)
    if targets.classes is None:
        return [c for name in targets.names for c in (name, *numbers(f"probability_{name}"))]
    if targets.task == "binary":
        return ["prediction", *numbers("probability")]
    labels = targets.classes.labels
    return ["prediction", *numbers(*(f"probability_{label}" for label in labels))]


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
    spread: bool = False,
    warn: Callable[[Problem], object] = lambda problem: None,
) -> Predictions:
    """The predictions of a weights file or run folder for a file, or a stream of CSV.

    `threshold` is the probability above which a binary prediction is the second class; `keep` are
    columns to carry along; `features` name the columns or the array that the file has for the
    model's; `spread` adds how far an ensemble's members lie apart. Raises `NnctlError` for weights
    that cannot be read, for a threshold or a spread where there is none, and for columns that would
    be called alike.
    """
    if isinstance(source, Path):
        weights, source = find_weights_and_data(weights, source)
    trained = load_trained(find_weights(weights))
    limit = threshold_for(trained, threshold)
    if spread and len(trained.members) == 1:
        message = "--spread tells how far the members of an ensemble lie apart; this is one model"
        raise ArgumentError(message, "leave it out, or train with --ensemble N")
    columns = predicted_columns(trained, spread)
    if twice := [name for name in columns if columns.count(name) > 1]:
        message = f'with --spread two columns of the predictions would be called "{twice[0]}"'
        raise NnctlError(Problem(message, "leave it out, or call the target otherwise"))
    if taken := [name for name in keep if name in columns]:
        message = f'--keep {taken[0]}: the predictions have a column "{taken[0]}" themselves'
        raise NnctlError(Problem(message, "keep another column, or none"))
    file = file_of(source, tuple(features)) if isinstance(source, Path) else source
    kept = tuple(dict.fromkeys(map(normal_form, keep)))
    return Predictions(trained, file, limit, kept, warn, spread)
