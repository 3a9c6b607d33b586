"""`nnctl predict`: rows in, predictions out, as CSV and in memory that does not grow."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnctl import blas
from nnctl.data.preprocessing import Batch
from nnctl.data.source import open_source
from nnctl.errors import ArgumentError
from nnctl.graph import Array
from nnctl.trained import Trained, load_trained

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class Predictions:
    """The header of the predictions, and their rows in blocks of CSV text."""

    trained: Trained
    source: Path | BinaryIO
    threshold: float

    @property
    def header(self) -> list[str]:
        """The names of the columns, as the model's task has them."""
        preprocessing = self.trained.preprocessing
        task, targets = preprocessing.task, preprocessing.targets
        if task == "regression":
            return list(targets)
        if preprocessing.classes is None:
            return [name for label in targets for name in (label, f"probability_{label}")]
        if task == "binary":
            return ["prediction", "probability"]
        return ["prediction", *(f"probability_{label}" for label in preprocessing.classes.labels)]

    def chunks(self) -> Iterator[str]:
        """The header, then the rows, ready to be written.

        Raises `NnctlError` for a file that does not fit, and at a faulty row after those before it.
        """
        trained = self.trained
        arrays = trained.preprocessing.arrays
        with open_source(self.source, arrays=arrays, targets=False) as source:
            batches = trained.preprocessing.batches(source)
            first = next(batches, None)
            yield written([self.header])
            with blas.limited_to(1):
                for batch in self._following(first, batches):
                    yield written(self.rows(batch))

    @staticmethod
    def _following(first: Batch | None, rest: Iterator[Batch]) -> Iterator[Batch]:
        if first is not None:
            yield first
            yield from rest

    def rows(self, batch: Batch) -> Iterator[Sequence[object]]:
        """The predicted rows of a batch, in its order."""
        model = self.trained.model
        outputs = model.predict(batch.x.reshape(len(batch), *model.input_shape))
        with np.errstate(all="ignore"):
            predictions = model.loss.output_activation(outputs)
        return self._rows(np.asarray(predictions))

    def _rows(self, predictions: Array) -> Iterator[Sequence[object]]:
        preprocessing = self.trained.preprocessing
        numbers = predictions.reshape(len(predictions), -1)
        texts = [[repr(float_of(v)) for v in row] for row in numbers]
        if preprocessing.task == "regression":
            return iter(texts)
        if preprocessing.classes is None:
            chosen = (numbers > self.threshold).astype(int).tolist()
            return (
                [cell for pair in zip(labels, row, strict=True) for cell in pair]
                for labels, row in zip(chosen, texts, strict=True)
            )
        labels = preprocessing.classes.labels
        if preprocessing.task == "binary":
            picked = (numbers[:, 0] > self.threshold).astype(int)
        else:  # units beyond the classes stand for nothing
            picked = numbers[:, : len(labels)].argmax(axis=1)
        rows = zip(picked.tolist(), texts, strict=True)
        return ([labels[k], *row[: len(labels)]] for k, row in rows)


def float_of(number: np.floating) -> float:
    """The float with the fewest digits that still reads back to `number` in its own precision."""
    return float(str(number))


def written(rows: Iterator[Sequence[object]] | Sequence[Sequence[object]]) -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def predict(
    weights: Path, source: Path | BinaryIO, *, threshold: float | None = None
) -> Predictions:
    """The predictions of a weights file or run folder for a file, or a stream of CSV.

    `threshold` is the probability above which a binary prediction is the second class. Raises
    `NnctlError` for weights that cannot be read, or a threshold where there is none.
    """
    trained = load_trained(weights)
    task = trained.preprocessing.task
    if threshold is not None and task != "binary":
        raise ArgumentError(f"--threshold is for binary predictions; this model's are {task}")
    return Predictions(trained, source, DEFAULT_THRESHOLD if threshold is None else threshold)
