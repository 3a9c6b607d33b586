"""Which rows each fold of a crossvalidation holds out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.grouping.dealing import Groups, dealt_groups
from nnctl.errors import ArgumentError


class Fold:
    """Number `index` (from 0) of so many folds."""

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count


def stretches_of(rows: int, count: int, times: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
    """The stretch of rows in time order, 0…count, that each row is in: `(rows,)`.

    The order is that of the file, or of `times`, the place of each row among all.

    They are as long as each other, but for one row. Fold k holds out stretch k + 1, and trains on
    all before it. Raises `ArgumentError` for fewer than two folds, and fewer rows than stretches.
    """
    if not 2 <= count < rows:
        message = f"--folds is {count}; for {rows} rows in time order it must be 2 to {rows - 1}"
        raise ArgumentError(message)
    places = np.arange(rows) if times is None else times
    return places * (count + 1) // rows


def folds_of(
    rows: int,
    count: int,
    generator: np.random.Generator,
    classes: NDArray[np.integer[Any]] | None = None,
    groups: Groups | None = None,
    file: str | None = None,
) -> NDArray[np.intp]:
    """The fold, 0…count-1, that holds out each row: `(rows,)`.

    `generator` deals the rows out, all of one class (rows,) after another, so that neither the
    sizes of the folds nor their rows of any class differ by more than one; with `groups` (rows,)
    each of them as a whole, so that both differ as little as may be. Raises `ArgumentError`
    for fewer than two folds, and for more folds than rows.
    """
    if not 2 <= count <= rows:
        message = f"--folds is {count}; for {rows} rows it must be 2 to {rows}"
        raise ArgumentError(message)
    if groups is not None:
        shares = [1 / count] * count
        return dealt_groups(groups, shares, generator, classes, f"--folds {count}", file)
    order = generator.permutation(rows)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    folds = np.empty(rows, np.intp)
    folds[order] = np.arange(rows) % count
    return folds
