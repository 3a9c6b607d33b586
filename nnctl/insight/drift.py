"""What is kept of the columns of training rows, and how far new rows are from it.

The measure is the population stability index: over bins with shares p before and q now, the sum of
`(q - p) log(q / p)`, less what two samples of the same source would have by chance. Of few rows
chance gives some columns far more than that: a bin that has none of a hundred new rows is 0.7.
Whether it may be chance is what the likelihood ratio tells, whose tail is as thin as its law's.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array

DECILES = np.arange(11) / 10  # with both ends of the range
MOST_BINS, KINDS = 11, 20  # of a column of numbers, and of categories that are kept
LEAST_SHARE = 1e-4
WHOLE = 65535  # all rows, where shares are kept as whole numbers
RECORD = 130  # bytes of a column
RARE = 1e-3  # of files of the same source, in how many a column may seem to have moved
Counts = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class ColumnSummary(NamedTuple):
    """What is kept of a column of so many `rows`.

    `missing` is the share of rows without a value. Of numbers, `ends` (11,) are the least, the nine
    deciles and the greatest, and `shares` those of the bins that they make; of categories, `places`
    are those of the commonest among all, with their shares. Shares are of all rows.
    """

    rows: int
    missing: float
    shares: Array
    ends: Array | None = None
    places: NDArray[np.intp] | None = None


class Change(NamedTuple):
    """How far a column has moved: the index, the shares missing now and before.

    `outside` is the share of rows beyond the range of the training, of numbers.
    """

    psi: float
    missing: float
    missing_before: float
    outside: float | None


def edges_of(ends: Array) -> Array:
    """The inner ends of the bins, ascending; a bin has its upper end.

    Deciles that are equal make one. Where the least value is one of them, what is below it has a
    bin, in which no training row lies; and so what is above the greatest.
    """
    least, *deciles, greatest = ends.tolist()
    if np.isnan(ends).any():  # of a column without any value
        return np.empty(0)
    edges = np.array(list(dict.fromkeys(deciles)))
    if edges[0] == least:
        edges = np.concatenate([[np.nextafter(least, -np.inf)], edges])
    return edges if edges[-1] == greatest else edges[edges < greatest]


def bin_counts(values: Array, edges: Array) -> Counts:
    """How many of the known values (n,) lie in each bin."""
    places = np.searchsorted(edges, values, side="left")
    return np.bincount(places, minlength=len(edges) + 1)


def summary_of_numbers(values: Array, least: float, greatest: float) -> ColumnSummary:
    """What is kept of numbers (rows,), nan where missing; the range may be that of more rows."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return ColumnSummary(len(values), 1.0, np.zeros(1), np.full(len(DECILES), np.nan))
    ends = known[np.minimum((DECILES * len(known)).astype(np.intp), len(known) - 1)]
    ends = ends.astype(np.float64)
    ends[0], ends[-1] = least, greatest
    shares = bin_counts(known, edges_of(ends)) / len(values)
    return ColumnSummary(len(values), 1 - len(known) / len(values), shares, ends)


def summary_of_kinds(counts: Counts, missing: int) -> ColumnSummary:
    """What is kept of categories, of which each has so many rows, (categories,)."""
    rows = int(counts.sum()) + missing
    order = np.argsort(-counts, kind="stable")[:KINDS]
    places = np.sort(order[counts[order] > 0])
    return ColumnSummary(rows, missing / rows, counts[places] / rows, None, places)


def index(summary: ColumnSummary, counts: Counts, missing: int) -> float:
    """The stability index of a column, less what chance gives, and never below 0.

    `counts` are the new rows of the bins, or of the kept categories with all others behind them.
    """
    rows = int(counts.sum()) + missing
    before, now = shares_before(summary), np.append(counts, missing) / rows
    used = int(np.count_nonzero((before > 0) | (now > 0)))
    p, q = np.maximum(before, LEAST_SHARE), np.maximum(now, LEAST_SHARE)
    chance = (used - 1) * (1 / summary.rows + 1 / rows)
    return max(float(((q - p) * np.log(q / p)).sum()) - chance, 0.0)


def shares_before(summary: ColumnSummary) -> Array:
    """Those of the bins, or of the kept categories and all others, and of missing values."""
    if summary.ends is not None:
        return np.append(summary.shares, summary.missing)
    rest = max(1 - summary.missing - float(summary.shares.sum()), 0.0)
    return np.concatenate([summary.shares, [0.0 if rest < 1e-3 else rest, summary.missing]])


def may_be_chance(summary: ColumnSummary, counts: Counts, missing: int, columns: int) -> bool:
    """Whether rows of the same source may differ as much as the new ones, given as for `index`.

    Of so many `columns` one differs more in its known values in a thousandth of all files. The
    share of missing values is looked at alone, among ten bins a tenth of a hundred rows would be
    lost, and as if there were no other column: gaps hardly ever come by chance where none were.
    """
    before, now = shares_before(summary) * summary.rows, np.append(counts, missing)
    gaps = [np.array([each[:-1].sum(), each[-1]]) for each in (before, now)]
    if is_rare(gaps[0], gaps[1], RARE):
        return False
    return not is_rare(before[:-1], now[:-1], RARE / columns)


def is_rare(before: Array, now: Array, level: float) -> bool:
    """Whether counts (bins,) of two samples of one source hardly ever differ as much.

    That is with a chance below the level. Twice the logarithm of their likelihood ratio follows
    chi squared (Wilks 1938), whose quantile is that of Wilson and Hilferty (1931).
    """
    from statistics import NormalDist  # not for those who train

    both = before + now
    free = int(np.count_nonzero(both)) - 1
    if free < 1 or not before.any() or not now.any():
        return False
    ratio = 0.0
    for own in (before, now):
        some = own > 0
        expected = both[some] * (own.sum() / both.sum())
        ratio += 2 * float((own[some] * np.log(own[some] / expected)).sum())
    part = 2 / (9 * free)
    quantile = free * (1 - part + NormalDist().inv_cdf(1 - level) * part**0.5) ** 3
    return bool(ratio > quantile)


def pack(columns: Sequence[ColumnSummary]) -> Bytes:
    """The summaries as bytes, (columns, RECORD): little-endian, shares in parts of 65,535."""
    return np.stack([np.frombuffer(packed(column), np.uint8) for column in columns])


def packed(column: ColumnSummary) -> bytes:
    """One of them: rows, share missing, ends or places, shares; what is left is 0."""
    shares = np.rint(np.append(column.missing, column.shares) * WHOLE).astype("<u2")
    if column.ends is not None:
        values = column.ends.astype("<f8").tobytes()
    else:
        assert column.places is not None
        places = np.full(KINDS, 2**32 - 1, "<u4")
        places[: len(column.places)] = column.places
        values = places.tobytes()
    return b"".join(
        [np.int64(column.rows).astype("<i8").tobytes(), values, shares.tobytes()]
    ).ljust(RECORD, b"\0")


def unpack(record: Bytes, kinds: int | None) -> ColumnSummary:
    """What `packed` was given, of a column of numbers, or of one of so many `kinds`.

    Raises ValueError for bytes that it does not give.
    """
    written = record.tobytes()
    rows = int.from_bytes(written[:8], "little", signed=True)
    if kinds is None:
        ends = np.frombuffer(written[8:96], "<f8")
        missing, shares = shares_in(written[96:])
        known = not np.isnan(ends).any()
        if known and not (np.isfinite(ends).all() and (np.diff(ends) >= 0).all()):
            raise ValueError("deciles do not ascend")
        count = len(edges_of(ends)) + 1 if known else 1
        column = ColumnSummary(rows, missing, shares[:count], ends)
    else:
        stated = np.frombuffer(written[8:88], "<u4")
        places = stated[stated != 2**32 - 1].astype(np.intp)
        if len(places) and (places[-1] >= kinds or (np.diff(places) <= 0).any()):
            raise ValueError("categories are not those of the column")
        missing, shares = shares_in(written[88:])
        column = ColumnSummary(rows, missing, shares[: len(places)], None, places)
    if rows < 1 or column.missing + column.shares.sum() > 1 + MOST_BINS / WHOLE * 2:
        raise ValueError("shares of rows are more than all")
    return column


def shares_in(written: bytes) -> tuple[float, Array]:
    """The share that is missing, and those that follow it."""
    missing, *shares = (np.frombuffer(written, "<u2") / WHOLE).tolist()
    return missing, np.array(shares)
