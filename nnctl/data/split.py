"""Which rows train, and which are taken to validate or to calibrate."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting

Split = Literal["random", "last"]
Part = Literal["validation", "calibration"]
PURPOSE: dict[Part, str] = {"validation": "validate", "calibration": "calibrate"}
ROWS_AT_ONCE = 1 << 20  # rows


def count_of_share(rows: int, fraction: float) -> int:
    """How many of so many rows a share is, to the nearest whole number."""
    return int(fraction * rows + 0.5)


def drawn_rows(
    rows: int,
    fraction: float,
    generator: np.random.Generator,
    classes: NDArray[np.integer[Any]] | None = None,
    file: str | None = None,
    split: Split = "random",
    part: Part = "validation",
    behind: int = 0,
    times: NDArray[np.intp] | None = None,
) -> NDArray[np.bool_]:
    """A mask of the rows of a part: `fraction` of all, to the nearest whole number.

    With `split` "last" they are the last rows but for those `behind` them, in the file, or in the
    order of `times` (rows,), the place of each among them. Else `generator` draws
    them; with `classes` (rows,) each class gives its share, the odd rows going to the classes with
    the largest remainders, the first of equals. Raises `NnctlError` if the part were empty, or none
    left.
    """
    wanted = count_of_share(rows, fraction)
    left = rows - wanted - behind
    if not (wanted > 0 and left > 0):
        noun = "row" if rows == 1 else "rows"
        message = (
            f"{part}: {fraction:g} of {rows} {noun} leaves {wanted} to {PURPOSE[part]} "
            f"and {max(0, left)} to train"
        )
        fix = "each part needs a row: change the share, or add rows"
        raise NnctlError(Problem(message, fix, file, setting=Setting(f"data.{part}")))
    mask = np.zeros(rows, dtype=np.bool_)
    if split == "last":
        mask[left : left + wanted] = True
        return mask if times is None else mask[times]
    order = generator.permutation(rows)
    if classes is None:
        mask[order[:wanted]] = True
        return mask
    quotas = _quotas(np.bincount(classes), wanted)
    for start in range(0, rows, ROWS_AT_ONCE):  # so that no more than the order itself is held
        here = order[start : start + ROWS_AT_ONCE]
        by_class = here[np.argsort(classes[here], kind="stable")]
        counts = np.bincount(classes[here], minlength=len(quotas))
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
