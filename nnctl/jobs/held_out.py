"""What the folds predict of the rows that they held out: a file a fold, read in the rows' order.

All of it could be more than memory holds: of 10,000 classes a row has as many numbers.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nnctl.assembly.answering import Fitted
from nnctl.assembly.build import Built
from nnctl.assembly.predicted import columns_of, predicted_rows
from nnctl.assembly.trained import Trained
from nnctl.graph import Array
from nnctl.system.atomic import atomic_file
from nnctl.training.blocks import slices_of
from nnctl.training.one_hot import pick_rows

HeldOutRow = list[Any]


def held_out_columns(built: Built, fitted: Fitted) -> tuple[str, ...]:
    """The columns of the predictions: the row, counted from 1, the fold, its targets, the rest."""
    trained = trained_of(built, fitted)
    targets = trained.preprocessing.targets
    names = [f"target_{name}" for name in targets.names] if targets.classes is None else ["target"]
    return ("row", "fold", *names, *columns_of(trained))


def write_part(path: Path, built: Built, fitted: Fitted, fold: int) -> None:
    """Writes a line for each row that the fold held out. Raises `DiskFullError`."""
    with atomic_file(path, "w") as file:
        for row in held_out_rows(built, fitted, fold):
            file.write(json.dumps(row) + "\n")


def read_parts(paths: Sequence[Path]) -> Iterator[HeldOutRow]:
    """The rows of all folds, in the order that they have in the data."""
    return heapq.merge(*map(read_part, paths), key=lambda row: row[0])


def read_part(path: Path) -> Iterator[HeldOutRow]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def held_out_rows(built: Built, fitted: Fitted, fold: int) -> Iterator[HeldOutRow]:
    """The cells of each row that the fold held out, in their order."""
    prepared, held = built.prepared, built.held
    assert held is not None and prepared.held is not None and prepared.held_rows is not None
    trained = trained_of(built, fitted)
    truth = prepared.held.y.reshape(len(held), -1)
    for part in slices_of(len(held), fitted.model.rows_by_bytes(held.x)):
        known = known_cells(trained, truth[part])
        guesses = predicted_rows(trained, pick_rows(held.x, part), trained.cuts)
        numbers = prepared.held_rows[part].tolist()
        for row, own, guess in zip(numbers, known, guesses, strict=True):
            yield [row + 1, fold, *own, *guess]


def known_cells(trained: Trained, truth: Array) -> list[list[Any]]:
    """What is true of rows with targets `truth` (rows, columns), as predictions are written."""
    targets = trained.preprocessing.targets
    if targets.classes is not None:
        labels = targets.classes.labels
        chosen = truth.argmax(axis=1) if truth.shape[1] > 1 else truth[:, 0].astype(int)
        return [[labels[k]] for k in chosen.tolist()]
    regression = targets.task == "regression"
    numbers = targets.in_own_unit(truth) if regression else truth.astype(int)
    return [list(map(str, row)) for row in numbers]  # the fewest digits that read back


def trained_of(built: Built, fitted: Fitted) -> Trained:
    """The model of a fold, to predict with."""
    preprocessing = built.prepared.preprocessing
    return Trained("", built.config, fitted.model, preprocessing, readout=fitted.readout)
