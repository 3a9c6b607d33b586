"""What is kept of the columns of training rows, and how far new rows are from it.

The measure is the population stability index: over bins with shares p before and q now, the sum of
`(q - p) log(q / p)`, less what two samples of the same source would have by chance.
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
    before = np.append(summary.shares, summary.missing)
    if summary.ends is None:
        rest = max(1 - before.sum(), 0.0)
        before = np.insert(before, -1, 0.0 if rest < 1e-3 else rest)
    now = np.append(counts, missing) / rows
    used = int(np.count_nonzero((before > 0) | (now > 0)))
    p, q = np.maximum(before, LEAST_SHARE), np.maximum(now, LEAST_SHARE)
    chance = (used - 1) * (1 / summary.rows + 1 / rows)
    return max(float(((q - p) * np.log(q / p)).sum()) - chance, 0.0)


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
