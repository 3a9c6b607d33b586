"""The statistics of scalings, from the rows that train: they come in stretches, again and again."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from nnctl.encoding.quantiles import MOST_ROWS, Chunks, quantiles_of
from nnctl.encoding.scaling import (
    QUANTILES,
    AnyScaling,
    Mixed,
    Scale,
    Scaling,
    places_by_scale,
    signed_log,
)
from nnctl.reading.array_types import Doubles

SMALLEST_VARIANCE = 1e-280  # whose terms double precision holds in full
QUARTERS = np.array([0.25, 0.5, 0.75])


def fit(
    type: str, chunks: Chunks, by: float | None = None, clip: bool = False, seed: int = 0
) -> Scaling:
    """The scaling of that type for training rows, which `chunks()` goes through from the start.

    `rescale` divides by `by`; `robust` may `clip`. Columns that are constant are divided by 1. Of
    many rows `seed` decides which quantiles go by.
    """
    return FITS[type](chunks, Scale(type, by, clip), seed)


def fit_each(scales: Sequence[Scale], chunks: Chunks, seed: int) -> AnyScaling:
    """The scaling of columns that have a scale each."""
    parts = places_by_scale(scales)
    if len(parts) == 1:
        (scale,) = parts
        return fit(scale.type, chunks, scale.by, scale.clip, seed)
    return Mixed(
        tuple(
            (places, fit(scale.type, partial(_some, chunks, places), scale.by, scale.clip, seed))
            for scale, places in parts.items()
        )
    )


def _some(chunks: Chunks, places: "np.typing.NDArray[np.intp]") -> "map[Doubles]":
    return map(lambda chunk: chunk[:, places], chunks())


def _none(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    return Scaling("none", np.zeros(()), np.ones(()))


def _rescale(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    if scale.by is None:
        raise ValueError("rescale needs the number to divide by")
    return Scaling("rescale", np.zeros(()), np.full((), float(scale.by)))


def _minmax(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    low, high, _ = _range(chunks)
    return Scaling("minmax", low, np.where(high > low, high - low, 1.0))


def _standardize(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    return Scaling("standardize", *_moments(chunks))


def _log(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    return Scaling("log", *_moments(lambda: map(signed_log, chunks())))


def _robust(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    """The median, and the distance between the quarters, or half of that between the ends."""
    low, high, _ = _range(chunks)
    lower, median, upper = quantiles_of(chunks, QUARTERS, seed)
    spread = np.where(upper > lower, upper - lower, high / 2 - low / 2)
    return Scaling("robust", median, np.where(spread > 0, spread, 1.0), scale.clip)


def _quantile(chunks: Chunks, scale: Scale, seed: int) -> Scaling:
    rows = min(sum(map(len, chunks())), MOST_ROWS)
    # By percents, as scikit-learn has them: a bit decides whether a number is one of many equal.
    percents = np.linspace(0, 1, min(QUANTILES, rows)) * 100
    found = quantiles_of(chunks, percents / 100, seed)
    # Interpolating between equal numbers may fall short of them by a bit.
    found = np.maximum.accumulate(found, axis=0)
    return Scaling("quantile", np.zeros(()), np.ones(()), quantiles=found)


def _moments(chunks: Chunks) -> tuple[Doubles, Doubles]:
    """Mean and population standard deviation, in three passes."""
    low, high, rows = _range(chunks)
    # Summed from the lowest value on, so that a constant column has just that as its mean.
    mean = low + sum((chunk - low).sum(axis=0) for chunk in chunks()) / rows
    variance = sum(np.square(chunk - mean).sum(axis=0) for chunk in chunks()) / rows
    deviation = np.sqrt(variance)
    if (flat := (high > low) & (variance < SMALLEST_VARIANCE)).any():
        # Squares of so small numbers lose digits, or vanish: they are taken of parts of the range.
        span = np.where(flat, high - low, 1.0)
        parts = sum(np.square((chunk - mean) / span).sum(axis=0) for chunk in chunks()) / rows
        deviation = np.where(flat, span * np.sqrt(parts), deviation)
    return mean, np.where((high > low) & (deviation > 0), deviation, 1.0)


def _range(chunks: Chunks) -> tuple[Doubles, Doubles, int]:
    """The lowest and the highest number of each column, and the rows."""
    found = [(c.min(axis=0), c.max(axis=0), len(c)) for c in chunks() if len(c)]
    lows, highs, rows = zip(*found, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0), sum(rows)


FITS: dict[str, Callable[[Chunks, Scale, int], Scaling]] = {
    "none": _none,
    "standardize": _standardize,
    "minmax": _minmax,
    "rescale": _rescale,
    "robust": _robust,
    "quantile": _quantile,
    "log": _log,
}
