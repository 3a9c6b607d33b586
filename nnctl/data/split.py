"""Which rows train and which validate."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting

Split = Literal["random", "last"]
ROWS_AT_ONCE = 1 << 20  # rows


def validation_rows(
    rows: int,
    fraction: float,
    generator: np.random.Generator,
    classes: NDArray[np.integer[Any]] | None = None,
    file: str | None = None,
    split: Split = "random",
) -> NDArray[np.bool_]:
    """A mask of the rows that validate: `fraction` of them, to the nearest whole number.

    With `split` "last" they are the last rows. Else `generator` draws them; with `classes` (rows,)
    each class gives its share, the odd rows going to the classes with the largest remainders, the
    first of equals. Raises `NnctlError` if either part were empty.
    """
    wanted = int(fraction * rows + 0.5)
    if not 0 < wanted < rows:
        noun = "row" if rows == 1 else "rows"
        message = (
            f"validation: {fraction:g} of {rows} {noun} leaves {wanted} to validate "
            f"and {rows - wanted} to train"
        )
        fix = "each part needs a row: change the share, or add rows"
        raise NnctlError(Problem(message, fix, file, setting=Setting("data.validation")))
    mask = np.zeros(rows, dtype=np.bool_)
    if split == "last":
        mask[rows - wanted :] = True
        return mask
    order = generator.permutation(rows)
    if classes is None:
        mask[order[:wanted]] = True
        return mask
    quotas = _quotas(np.bincount(classes), wanted)
    for start in range(0, rows, ROWS_AT_ONCE):  # so that no more than the order itself is held
        part = order[start : start + ROWS_AT_ONCE]
        by_class = part[np.argsort(classes[part], kind="stable")]
        counts = np.bincount(classes[part], minlength=len(quotas))
        starts, taken = np.cumsum(counts) - counts, np.minimum(counts, quotas)
        for first, count in zip(starts, taken, strict=True):
            mask[by_class[first : first + count]] = True
        quotas -= taken
    return mask


def _quotas(counts: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """`wanted` shared out in proportion to `counts` by largest remainders; whole numbers alone."""
    rows = int(counts.sum())
    quotas = counts * wanted // rows
    remainders = counts * wanted % rows
    spare = wanted - int(quotas.sum())
    quotas[np.argsort(-remainders, kind="stable")[:spare]] += 1
    return quotas
