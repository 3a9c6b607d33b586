"""Probabilities that mean what they say: logits are divided by a temperature, and maybe shifted.

Guo et al. 2017 for several classes, Platt 1999 for yes or no. Both fits are convex in the inverse
temperature, so that a safeguarded Newton iteration finds the one minimum.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.system import stated

COLDEST, HOTTEST = 0.05, 20.0  # temperatures
ITERATIONS, CLOSE = 200, 1e-13
HALVINGS = 60
SATURATED = 40.0  # a logit whose probability rounds to 1
NUMBERS_AT_ONCE = 1 << 20
Slopes = tuple[float, float]  # of a function: the first and the second derivative


class Temperature(NamedTuple):
    """From logits `z` (rows, outputs) to `(z - prior) / temperature + shift`.

    Each has a value for every output, but for a single temperature of several classes.
    """

    prior: tuple[float, ...]
    temperatures: tuple[float, ...]
    shifts: tuple[float, ...]

    def corrected(self, logits: Array) -> Array:
        """The corrected logits, in float64."""
        prior, temperatures, shifts = (np.array(each) for each in self)
        found: Array = (logits - prior) / temperatures + shifts
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of."""
        return {name: list(values) for name, values in self._asdict().items()}

    @classmethod
    def from_json(cls, data: Any, outputs: int, single: bool) -> "Temperature":
        """That for so many outputs, with a `single` temperature for all of them or one for each.

        Raises KeyError or ValueError for anything that `to_json` does not give.
        """
        given = stated.mapping("temperature", data)
        counts = {"prior": outputs, "temperatures": 1 if single else outputs, "shifts": outputs}
        found = {name: stated.doubles(name, given[name], n).tolist() for name, n in counts.items()}
        if not all(COLDEST <= each <= HOTTEST for each in found["temperatures"]):
            raise stated.unfit("temperatures", found["temperatures"])
        return cls(**{name: tuple(values) for name, values in found.items()})


def fit_temperature(
    logits: Array,
    truth: Array,
    weight: Array | None = None,
    prior: Array | None = None,
    *,
    classes: bool,
    smooth: bool = True,
) -> Temperature:
    """The correction of logits (rows, outputs) that gives `truth` the least log loss.

    With `classes` each row has one, its index in `truth` (rows,), and there is one temperature;
    otherwise each output is a yes or no of its own, as in `truth` (rows, outputs). The logarithms
    of class weights, `prior` (outputs,), are taken off first. Rows count by their `weight` (rows,).
    Targets are smoothed as in Platt 1999 unless that is not wanted.
    """
    outputs = logits.shape[1]
    before = np.zeros(outputs) if prior is None else prior
    shares = row_shares(len(logits), weight)
    if classes:
        found = [(one_temperature(logits - before, truth, shares, smooth), 0.0)]
        shifts = [0.0] * outputs
    else:
        columns = zip((logits - before).astype(np.float64).T, truth.T > 0.5, strict=True)
        found = [platt(z, yes, shares, smooth) for z, yes in columns]
        shifts = [shift for _, shift in found]
    temperatures = tuple(float(temperature) for temperature, _ in found)
    return Temperature(tuple(before.tolist()), temperatures, tuple(map(float, shifts)))


def row_shares(rows: int, weight: Array | None) -> Array:
    """How much each row counts, in float64; (rows,). Those that count at all do so by 1 on the
    average."""
    if weight is None:
        return np.ones(rows)
    wide = weight.astype(np.float64)
    shares: Array = wide * (np.count_nonzero(wide) / wide.sum())
    return shares


def one_temperature(logits: Array, truth: Array, shares: Array, smooth: bool) -> float:
    """That of rows (rows, classes) of one class each."""
    count = logits.shape[1]
    rows = np.bincount(truth, shares, count)
    # A class of 8 rows is held for true of them with 9/10; the rest is spread over the others.
    own = (rows + 1) / (rows + 2) if smooth else np.ones(count)
    rest = (1 - own) / max(1, count - 1)

    def slopes(inverse: float) -> Slopes:
        first = second = 0.0
        size = max(1, NUMBERS_AT_ONCE // count)
        for start in range(0, len(logits), size):
            part = slice(start, start + size)
            z, labels = logits[part].astype(np.float64), truth[part]
            z -= z.max(axis=1, keepdims=True)
            chosen = np.take_along_axis(z, labels[:, None], axis=1)[:, 0]
            expected = (own - rest)[labels] * chosen + rest[labels] * z.sum(axis=1)
            p = np.exp(inverse * z)
            p /= p.sum(axis=1, keepdims=True)
            mean = (p * z).sum(axis=1)
            spread = (p * np.square(z - mean[:, None])).sum(axis=1)
            first += float(shares[part] @ (mean - expected))
            second += float(shares[part] @ spread)
        return first, second

    return 1 / root(slopes, 1 / HOTTEST, 1 / COLDEST, 1.0)


def platt(z: Array, yes: Array, shares: Array, smooth: bool) -> tuple[float, float]:
    """The temperature and the shift of one output, for logits and answers (rows,)."""
    many, few = float(shares[yes].sum()), float(shares[~yes].sum())
    sides = ((many + 1) / (many + 2), 1 / (few + 2)) if smooth else (1.0, 0.0)
    target = np.where(yes, *sides)
    middle, width = float(z.mean()), float(z.std())
    if width == 0 or yes.all() or not yes.any():  # which say nothing of the temperature
        return 1.0, best_shift(z, target, shares)
    # Of numbers around 0 and about 1, the two are found almost independently of each other.
    standard = (z - middle) / width
    slope, level = newton(standard, target, shares)
    inverse = slope / width
    bounded = min(max(inverse, 1 / HOTTEST), 1 / COLDEST)
    if bounded == inverse:
        return 1 / inverse, level - slope * middle / width
    return 1 / bounded, best_shift(z * bounded, target, shares)


def newton(z: Array, target: Array, shares: Array) -> tuple[float, float]:
    """`a` and `b` that make the log loss of `sigmoid(a z + b)` least; each step lowers it."""
    rows = np.stack([z, np.ones_like(z)])
    at = np.zeros(2)
    loss = log_loss(at @ rows, target, shares)
    for _ in range(ITERATIONS):
        p = probability(at @ rows)
        gradient = rows @ (shares * (p - target))
        curved = (rows * (shares * p * (1 - p))) @ rows.T
        curved += np.eye(2) * (1e-12 * np.trace(curved) + np.finfo(float).tiny)
        step = np.linalg.solve(curved, gradient)
        for _ in range(HALVINGS):
            lower = log_loss((at - step) @ rows, target, shares)
            if lower <= loss:
                break
            step /= 2
        else:
            break
        at, moved, loss = at - step, float(np.abs(step).max()), lower
        if moved <= CLOSE * (1 + float(np.abs(at).max())):
            break
    return float(at[0]), float(at[1])


def best_shift(z: Array, target: Array, shares: Array) -> float:
    """The `b` that makes the log loss of `sigmoid(z + b)` least."""

    def slopes(shift: float) -> Slopes:
        p = probability(z + shift)
        return float(shares @ (p - target)), float(shares @ (p * (1 - p)))

    reach = float(np.abs(z).max()) + SATURATED
    return root(slopes, -reach, reach, 0.0)


def root(slopes: Callable[[float], Slopes], low: float, high: float, start: float) -> float:
    """Where a rising function is 0 between two points, or the one that comes nearest to that."""
    at = start
    for _ in range(ITERATIONS):
        value, slope = slopes(at)
        if value == 0:
            return at
        low, high = (low, at) if value > 0 else (at, high)
        # Newton's step where it stays between what is known, else half of that.
        wanted = at - value / slope if slope > 0 else low - 1
        if not low < wanted < high:
            wanted = end if (end := ended(slopes, low, high)) is not None else (low + high) / 2
        if abs(wanted - at) <= CLOSE * (1 + abs(at)):
            return wanted
        at = wanted
    return at


def ended(slopes: Callable[[float], Slopes], low: float, high: float) -> float | None:
    """The end of a stretch beyond which the root lies, if it does."""
    if slopes(low)[0] >= 0:
        return low
    return high if slopes(high)[0] <= 0 else None


def probability(z: Array) -> Array:
    """`sigmoid(z)`"""
    found: Array = np.exp(-np.logaddexp(0, -z))
    return found


def log_loss(z: Array, target: Array, shares: Array) -> float:
    """The summed log loss of answers whose logits are `z`."""
    return float(shares @ (np.logaddexp(0, z) - target * z))
