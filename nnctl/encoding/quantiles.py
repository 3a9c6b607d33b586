"""Quantiles of columns whose rows come in stretches: exact, or those of a sample of many rows."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from nnctl.reading.array_types import Doubles, Mask
from nnctl.training.seeds import generator

Chunks = Callable[[], Iterable[Doubles]]
MOST_ROWS = 1_000_000  # of which quantiles are exact; of more, those of so many
GATHERED = 1 << 26  # bytes of columns that are held at once


def quantiles_of(chunks: Chunks, shares: Doubles, seed: int) -> Doubles:
    """The quantiles of each column, (shares, columns): NumPy's linear ones of its known values.

    `chunks()` goes through the rows from the start, (rows, columns), nan where a value is missing.
    Of more than `MOST_ROWS` rows, so many that the run's `seed` draws stand for all. A column
    without any value has nan.
    """
    counts = [chunk.shape for chunk in chunks()]
    rows, columns = sum(count for count, _ in counts), counts[0][1]
    chosen = sampled(rows, seed)
    found = np.full((len(shares), columns), np.nan)
    wide = max(1, GATHERED // (8 * max(1, min(rows, MOST_ROWS))))
    for start in range(0, columns, wide):
        held = np.concatenate([*selected(chunks, chosen, slice(start, start + wide))])
        for place, values in enumerate(held.T, start):
            known = values[~np.isnan(values)]
            if not len(known) and chosen is not None:
                known = first_known(chunks, place)
            if len(known):
                found[:, place] = linear_quantiles(known, shares)
    return found


def linear_quantiles(values: Doubles, shares: Doubles) -> Doubles:
    """What `np.quantile` gives of values (n,), to the last digit; `shares` (m,) are at most 1.

    That takes a twentieth of a second to load what it asks of masked arrays.
    """
    ordered, at = np.sort(values), (len(values) - 1) * shares
    below = np.floor(at).astype(np.intp)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(values) - 1)]
    part = at - below
    found: Doubles = np.where(
        part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part)
    )
    return found


def sampled(rows: int, seed: int) -> Mask | None:
    """Which of so many rows stand for all, (rows,); None where all do."""
    if rows <= MOST_ROWS:
        return None
    chosen = np.zeros(rows, np.bool_)
    draw = generator(seed, "quantiles").choice(rows, MOST_ROWS, replace=False, shuffle=False)
    chosen[draw] = True
    return chosen


def selected(chunks: Chunks, chosen: Mask | None, columns: slice) -> Iterator[Doubles]:
    """Some columns of the chosen rows, stretch by stretch."""
    start = 0
    for chunk in chunks():
        own = chunk[:, columns]
        yield own if chosen is None else own[chosen[start : start + len(chunk)]]
        start += len(chunk)


def first_known(chunks: Chunks, place: int) -> Doubles:
    """The known values of a column that so few rows have that the sample has none of them."""
    found: list[Doubles] = []
    for chunk in chunks():
        found.append(chunk[:, place][~np.isnan(chunk[:, place])])
        if sum(map(len, found)) >= MOST_ROWS:
            break
    return np.concatenate(found)
