"""Confusion matrices, as a table or a picture, shaded among the confusions themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.data.classes import Label
from nnctl.graph import Array
from nnctl.report import png
from nnctl.report.predictions import Judged

MOST_CLASSES = 20  # whose confusions fit a table of counts
MOST_CELLS = 250  # of a picture of a matrix, along each side


@dataclass(frozen=True)
class Cell:
    """A count of a confusion matrix, and how full its colour is among the confusions, from 0 to 1.

    Those that are right have no colour.
    """

    count: int
    right: bool
    fullness: float


def matrix_rows(judged: Judged) -> list[tuple[Label, list[Cell]]] | None:
    """The confusion matrix by true class, where it fits a table."""
    if len(judged.classes) > MOST_CLASSES or judged.matrix is None:
        return None
    rows = []
    fullness = fullness_of(np.array(judged.matrix)).tolist()
    for k, (label, counts) in enumerate(zip(judged.classes, judged.matrix, strict=True)):
        cells = [
            Cell(count, k == column, round(full, 3))
            for column, (count, full) in enumerate(zip(counts, fullness[k], strict=True))
        ]
        rows.append((label, cells))
    return rows


def matrix_picture(judged: Judged) -> str | None:
    """The address of a picture of a confusion matrix that fits no table."""
    if len(judged.classes) <= MOST_CLASSES or (counts := judged.matrix) is None:
        return None
    matrix = np.array(counts)
    together = classes_a_cell(judged)
    starts = range(0, len(matrix), together)
    fullness = pooled(fullness_of(matrix), starts)
    hits = np.add.reduceat(np.diagonal(matrix), starts)
    return png.counts(fullness, hits, over=together > 1)


def classes_a_cell(judged: Judged) -> int:
    """How many classes share a row and a column of the picture of a confusion matrix."""
    return -(-len(judged.classes) // MOST_CELLS)


def fullness_of(matrix: Array) -> Array:
    """How full the colour of each confusion is, by the largest of them; 0 on the diagonal.

    The root lets rare ones be seen beside common ones.
    """
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    return np.asarray(np.sqrt(wrong / max(1, int(wrong.max(initial=0)))))


def pooled(matrix: Array, starts: Sequence[int]) -> Array:
    """The greatest value of each block of rows and columns."""
    return np.asarray(np.maximum.reduceat(np.maximum.reduceat(matrix, starts), starts, axis=1))
