"""`nnctl predict`: rows in, predictions out, as CSV and in memory that does not grow."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from nnctl.assembly.examples import given_file, nbytes
from nnctl.assembly.predicted import Row, columns_of, predicted_rows
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Batch
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.errors.visible import visible_cells
from nnctl.jobs.finding import find_weights, find_weights_and_data
from nnctl.reading.files import IMAGE_NAME, DataFile
from nnctl.system.unicode import normal_form
from nnctl.training.blocks import rows_by_bytes, slices_of

CELL = 16  # bytes of text, about
LABELS = ("prediction", "prediction_set")  # columns whose text is text, even of digits
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
NO_NUMBERS = ("nan", "inf", "-inf")


@dataclass(frozen=True)
class Predictions:
    """The header of the predictions, and their rows in blocks of CSV text.

    The columns `keep` come first, as they are written. With `spread` each number has behind it how
    far an ensemble's members lie apart. What a user should know of the rows is told to `warn` after
    the last of them.
    """

    trained: Trained
    source: DataFile | BinaryIO
    cuts: tuple[float, ...]
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
        return columns_of(self.trained, self.spread)

    def chunks(self, as_json: bool = False) -> Iterator[str]:
        """The header, then the rows, ready to be written; `as_json` an object a row alone.

        Raises `NnctlError` for a file that does not fit, and at a faulty row after those before it.
        """
        preprocessing = self.trained.preprocessing
        named = None
        if isinstance(self.source, DataFile):
            named = self.source
        notices = Notices("stdin" if named is None else str(named.path))
        memory = nbytes(self.trained.config.data.memory)
        with preprocessing.source_of(self.source, targets=False, memory=memory) as source:
            notices.source(source)
            most = self.trained.model.rows_by_bytes(preprocessing.inputs.no_rows())
            batches = preprocessing.batches(source, notices, named, self.keep, most)
            first = next(batches, None)
            if not as_json:
                yield csv_text([visible_cells(self.header)])
            size = rows_by_bytes(len(self.header) * CELL)
            for batch in self._following(first, batches):
                rows = self.rows(batch)
                for part in slices_of(len(batch), size):
                    own = islice(rows, part.stop - part.start)
                    yield self._json_text(own) if as_json else csv_text(own)
        for problem in notices.problems():
            self.warn(problem)

    @staticmethod
    def _following(first: Batch | None, rest: Iterator[Batch]) -> Iterator[Batch]:
        if first is not None:
            yield first
            yield from rest

    def _json_text(self, rows: Iterator[Row]) -> str:
        """Rows as JSON Lines: labels of the kind that they are, numbers with the digits of CSV."""
        names = [json.dumps(name, ensure_ascii=False) for name in self.header]
        lines = []
        for row in rows:
            pairs = zip(names, self.header, row, strict=True)
            cells = [f"{name}: {json_cell(cell, key in LABELS)}" for name, key, cell in pairs]
            lines.append(f"{{{', '.join(cells)}}}\n")
        return "".join(lines)

    def rows(self, batch: Batch) -> Iterator[Row]:
        """The rows of a batch, in its order; those that cannot be predicted have empty cells."""
        predicted: Iterator[Row] = iter(())
        if len(batch.x):
            predicted = predicted_rows(self.trained, batch.x, self.cuts, self.spread)
        nothing = [""] * len(self.columns)
        rows = (next(predicted) if usable else nothing for usable in batch.usable.tolist())
        if not self.keep:
            return rows
        kept = zip(*(visible_cells(batch.kept[name]) for name in self.keep), strict=True)
        return ([*mine, *row] for mine, row in zip(kept, rows, strict=True))


def json_cell(cell: object, is_label: bool) -> str:
    """A cell as JSON; text that is no label is a number, if it is written as JSON has it."""
    if cell == "":
        return "null"
    if is_label or not isinstance(cell, str):
        return json.dumps(cell, ensure_ascii=False)
    if JSON_NUMBER.fullmatch(cell):
        return cell
    return "null" if cell in NO_NUMBERS else json.dumps(cell, ensure_ascii=False)


def csv_text(rows: Iterator[Row] | Sequence[Row]) -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def cuts_for(trained: Trained, threshold: float | None) -> tuple[float, ...]:
    """From above which probabilities answers are yes: what was asked for, or else what is kept.

    Raises `NnctlError` for one where there is none.
    """
    task = trained.preprocessing.targets.task
    if threshold is None:
        return trained.cuts
    if task != "binary":
        raise ArgumentError(f"--threshold is for binary predictions; this model's are {task}")
    return (threshold,) * len(trained.cuts)


def predict(
    weights: Path,
    source: Path | BinaryIO,
    *,
    threshold: float | None = None,
    keep: Sequence[str] = (),
    features: Sequence[str] = (),
    table: str | None = None,
    spread: bool = False,
    warn: Callable[[Problem], object] = lambda problem: None,
) -> Predictions:
    """The predictions of a weights file or run folder for a file, or a stream of CSV.

    `threshold` is the probability above which a binary prediction is the second class; `keep` are
    columns to carry along; `features` name the columns or the array that the file has for the
    model's; `table` is that of a database or workbook; `spread` adds how far an ensemble's members
    lie apart. Raises `NnctlError` for weights that cannot be read, for a threshold or a spread
    where there is none, and for columns that would be called alike.
    """
    if isinstance(source, Path):
        weights, source = find_weights_and_data(weights, source)
    trained = load_trained(find_weights(weights))
    cuts = cuts_for(trained, threshold)
    if spread and len(trained.members) == 1:
        message = "--spread tells how far the members of an ensemble lie apart; this is one model"
        raise ArgumentError(message, "leave it out, or train with --ensemble N")
    file: DataFile | BinaryIO = (
        given_file(trained.config, source, features, table=table)
        if isinstance(source, Path)
        else source
    )
    columns = columns_of(trained, spread)
    if twice := [name for name in columns if columns.count(name) > 1]:
        message = f'with --spread two columns of the predictions would be called "{twice[0]}"'
        raise NnctlError(Problem(message, "leave it out, or call the target otherwise"))
    kept = kept_columns(file, keep, columns)
    return Predictions(trained, file, cuts, kept, warn, spread)


def kept_columns(
    file: DataFile | BinaryIO, keep: Sequence[str], columns: Sequence[str]
) -> tuple[str, ...]:
    """The columns that are carried along, of images the name of their file before all others.

    Raises `NnctlError` for one that is called as another of the predictions is.
    """
    asked = list(map(normal_form, keep))
    named: list[str] = []
    if isinstance(file, DataFile) and file.holds_images:
        named = [IMAGE_NAME]
        if file.lists_images and file.image_column != IMAGE_NAME:
            columns = [*columns, *named] if IMAGE_NAME in asked else columns
    if taken := [name for name in (*named, *asked) if name in columns]:
        message = f'--keep {taken[0]}: the predictions have a column "{taken[0]}" themselves'
        raise NnctlError(Problem(message, "keep another column, or none"))
    return tuple(dict.fromkeys((*named, *asked)))
