"""Ranges and sets of labels that hold the truth as often as is asked."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from nnctl.calibration.conformal import conformal_quantile, fewest_rows
from nnctl.graph import Array
from nnctl.system import stated

Kind = Literal["constant", "spread", "quantiles", "set"]
LEAST = 1e-12


class Intervals(NamedTuple):
    """How far predictions may be off, by so many `rows` that have not trained.

    `widths` has for each target how far its number may lie off: of `constant` width, as a multiple
    of the ensemble's deviation and its median (`spread`), or beyond the outermost of the predicted
    `quantiles`. Of a `set` of labels it has how improbable they may be.
    """

    level: float
    kind: Kind
    rows: int
    widths: tuple[float, ...]
    medians: tuple[float, ...] = ()

    def bounds(self, numbers: Array, spread: Array | None = None) -> tuple[Array, Array]:
        """The least and the greatest number, (rows, targets) each, in float64.

        `numbers` are the predictions, (rows, targets), or of quantiles (rows, targets, quantiles),
        sorted; `spread` (rows, targets) is the deviation of an ensemble's members.
        """
        wide, widths = numbers.astype(np.float64), np.array(self.widths)
        if self.kind == "quantiles":
            low, high = wide[..., 0] - widths, wide[..., -1] + widths
            # Quantiles that are too wide are drawn in, and may cross.
            middle = (low + high) / 2
            return np.minimum(low, middle), np.maximum(high, middle)
        if self.kind == "spread":
            assert spread is not None
            widths = widths * (spread + np.array(self.medians))
        return wide - widths, wide + widths

    def sets(self, probabilities: Array) -> Array:
        """Which classes are in the set of each row, (rows, classes): the likeliest always is."""
        within: Array = improbability(probabilities) <= self.widths[0]
        within[np.arange(len(within)), probabilities.argmax(axis=1)] = True
        return within

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of."""
        values = {**self._asdict(), "widths": list(self.widths), "medians": list(self.medians)}
        return values if self.medians else {k: v for k, v in values.items() if k != "medians"}

    @classmethod
    def from_json(cls, data: Any, targets: int, kind: Kind) -> "Intervals":
        """Those of a kind, of so many targets. Raises KeyError or ValueError for anything else."""
        given: Mapping[str, Any] = stated.mapping("intervals", data)
        level = stated.finite("level", given["level"])
        if not 0 < level < 1:
            raise stated.unfit("level", level)
        stated.choice("kind", given["kind"], (kind,))
        widths = stated.doubles("widths", given["widths"], 1 if kind == "set" else targets)
        medians = tuple[float, ...]()
        if kind == "spread":
            medians = tuple(stated.doubles("medians", given["medians"], targets).tolist())
            if min(medians) <= 0:
                raise stated.unfit("medians", given["medians"])
        rows = stated.whole("rows", given["rows"], fewest_rows(level))
        return cls(level, kind, rows, tuple(widths.tolist()), medians)


def fit_numbers(
    level: float,
    numbers: Array,
    truth: Array,
    spread: Array | None = None,
    weight: Array | None = None,
) -> Intervals:
    """The ranges of numbers, as `Intervals.bounds` takes them, by their `truth` (rows, targets)."""
    true = truth.astype(np.float64)
    wide = numbers.astype(np.float64)
    kind: Kind = "constant"
    medians = tuple[float, ...]()
    if numbers.ndim > truth.ndim:
        kind, scores = "quantiles", np.maximum(wide[..., 0] - true, true - wide[..., -1])
    else:
        scores = np.abs(true - wide)
    if spread is not None and kind == "constant":
        middle = np.maximum(np.median(spread, axis=0), LEAST).astype(np.float64)
        kind, medians, scores = "spread", tuple(middle.tolist()), scores / (spread + middle)
    widths = tuple(conformal_quantile(column, level, weight) for column in scores.T)
    return Intervals(level, kind, rows_counted(len(true), weight), widths, medians)


def fit_sets(
    level: float, probabilities: Array, truth: Array, weight: Array | None = None
) -> Intervals:
    """The sets of labels of rows whose classes have these probabilities, (rows, classes).

    `truth` (rows,) has the index of each row's class. Sadinle, Lei and Wasserman 2019: a class is
    in the set where `1 - p` is within the quantile.
    """
    own = np.take_along_axis(improbability(probabilities), truth[:, None], axis=1)[:, 0]
    width = conformal_quantile(own, level, weight)
    return Intervals(level, "set", rows_counted(len(truth), weight), (width,))


def improbability(probabilities: Array) -> Array:
    """`1 - p`, in float64."""
    found: Array = 1 - probabilities.astype(np.float64)
    return found


def rows_counted(rows: int, weight: Array | None) -> int:
    """The rows that count at all."""
    return rows if weight is None else int(np.count_nonzero(weight > 0))
