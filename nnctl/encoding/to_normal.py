"""Columns of any distribution as normal ones: by the share of a column below a number, and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.encoding.normal import normal_quantile, normal_share
from nnctl.reading.array_types import Doubles

# The normal distribution has no ends; those of a column are taken for these shares of it.
END_SHARE = 1e-7
ENDS = normal_quantile(np.array([END_SHARE - np.spacing(1.0), 1 - (END_SHARE - np.spacing(1.0))]))


def to_normal(x: Doubles, quantiles: Doubles) -> Doubles:
    """The normal numbers of the shares at which `x` (rows, columns) lies among the quantiles.

    Where several quantiles are equal, a number lies in the middle of their shares.
    """
    shares = np.linspace(0, 1, len(quantiles))
    made = np.empty(x.shape, np.float64)
    for place, (own, edges) in enumerate(zip(x.T, quantiles.T, strict=True)):
        above = np.interp(own, edges, shares)
        below = np.interp(-own, -edges[::-1], -shares[::-1])
        share = 0.5 * (above - below)
        share[own + END_SHARE > edges[-1]] = 1
        share[own - END_SHARE < edges[0]] = 0
        made[:, place] = share
    made[np.isnan(x)] = np.nan
    # Shares beyond those of the ends would be cut off at them, and the formula has no 0 and 1.
    made = normal_quantile(np.clip(made, END_SHARE / 10, 1 - END_SHARE / 10))
    return np.clip(made, *ENDS)


def from_normal(scaled: NDArray[Any], quantiles: Doubles) -> Doubles:
    """Numbers that `to_normal` makes `scaled` of."""
    shares = np.linspace(0, 1, len(quantiles))
    own = normal_share(scaled.astype(np.float64))
    rounding = END_SHARE * (1 + 1e-5)  # of the number at the end, to single precision
    own = np.where(own <= rounding, 0, np.where(own >= 1 - rounding, 1, own))
    columns = [
        np.interp(each, shares, edges) for each, edges in zip(own.T, quantiles.T, strict=True)
    ]
    return np.column_stack(columns)
