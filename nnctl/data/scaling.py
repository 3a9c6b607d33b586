"""Scaling of numeric features, with statistics that travel with the weights."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Doubles
from nnctl.system import stated

SMALLEST_VARIANCE = 1e-280  # whose terms double precision holds in full
Chunks = Callable[[], Iterable[Doubles]]


class Scaling(NamedTuple):
    """`(x - shift) / divisor`, column by column, in double precision.

    `type` is `none`, `standardize`, `minmax` or `rescale`. `shift` and `divisor` have a value for
    each column, or are single numbers.
    """

    type: str
    shift: Doubles
    divisor: Doubles

    def apply(self, x: NDArray[Any]) -> NDArray[Any]:
        """`x` (rows, columns) scaled, as float64; with `none`, `x` itself."""
        if self.type == "none":
            return x
        return np.divide(x - self.shift, self.divisor)

    def invert(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """The numbers that `apply` made `scaled` of."""
        return scaled if self.type == "none" else scaled * self.divisor + self.shift

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same scaling of, bit for bit."""
        return {
            "type": self.type,
            "shift": self.shift.tolist(),
            "divisor": self.divisor.tolist(),
        }

    @classmethod
    def from_json(cls, name: str, data: Any, columns: int) -> "Scaling":
        """The scaling of so many columns that a file states in the place `name`.

        Raises KeyError or ValueError for anything `to_json` does not give.
        """
        given = stated.mapping(name, data)
        kind = stated.choice(f"{name}.type", given["type"], FITS)
        shift, divisor = f"{name}.shift", f"{name}.divisor"
        if kind in BY_COLUMN:
            made = cls(
                kind,
                stated.doubles(shift, given["shift"], columns),
                stated.doubles(divisor, given["divisor"], columns),
            )
        else:
            numbers = (
                stated.finite(shift, given["shift"]),
                stated.finite(divisor, given["divisor"]),
            )
            made = cls(kind, *map(np.array, numbers))
            if numbers[0] or (kind == "none" and numbers[1] != 1):
                raise ValueError(f"{name} is of type {kind}, and scales")
        if not (made.divisor > 0).all():
            raise ValueError(f"{divisor} holds numbers that are not above 0")
        return made


def fit(type: str, chunks: Chunks, by: float | None = None) -> Scaling:
    """The scaling of that type for training rows, which `chunks()` goes through from the start.

    `rescale` divides by `by`. Columns that are constant are divided by 1.
    """
    shift, divisor = FITS[type](chunks, by)
    return Scaling(type, shift, divisor)


def _none(chunks: Chunks, by: float | None) -> tuple[Doubles, Doubles]:
    return np.zeros(()), np.ones(())


def _rescale(chunks: Chunks, by: float | None) -> tuple[Doubles, Doubles]:
    if by is None:
        raise ValueError("rescale needs the number to divide by")
    return np.zeros(()), np.full((), float(by))


def _minmax(chunks: Chunks, by: float | None) -> tuple[Doubles, Doubles]:
    low, high, _ = _range(chunks)
    return low, np.where(high > low, high - low, 1.0)


def _standardize(chunks: Chunks, by: float | None) -> tuple[Doubles, Doubles]:
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


FITS = {"none": _none, "standardize": _standardize, "minmax": _minmax, "rescale": _rescale}
BY_COLUMN = ("standardize", "minmax")  # those that have numbers for each column
UNSCALED = Scaling("none", np.zeros(()), np.ones(()))
