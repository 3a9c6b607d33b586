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
OWN_ROWS = 10.0  # of the targets that are the model's own probabilities
BENT = 0.5  # a logit, by class weights
SURE_BY = 1.5  # standard errors
FOLDS, MOST_CHECKED = 5, 5000  # rows; of more the check is made on themselves
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
    Targets are smoothed unless that is not wanted (see `smoothing`).
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


def proven_temperature(
    logits: Array,
    truth: Array,
    weight: Array | None = None,
    prior: Array | None = None,
    *,
    classes: bool,
) -> tuple[Temperature, tuple[bool, ...]]:
    """The correction that `fit_temperature` finds where it is sure to help, and where it is.

    That is so where rows that it was not fitted to, a fifth at a time, have a lower log loss by
    more than 1.5 standard errors of the difference, even if the next row were the one that it
    costs most. Otherwise the prior alone is taken off: a few rows, all of them right, say nothing
    of how sure a model may be. Where class weights have bent the probabilities it is enough that
    the correction does no harm. Each of several yes or no is proven by itself, and none of which
    the rows have one answer alone.
    """
    outputs = logits.shape[1]
    before = np.zeros(outputs) if prior is None else prior
    bent = bool(np.ptp(np.append(before, 0)) > BENT)
    found = fit_temperature(logits, truth, weight, prior, classes=classes)
    if classes:
        if helps(logits - before, truth, weight, classes=True, bent=bent):
            return found, (True,)
        return Temperature(found.prior, (1.0,), found.shifts), (False,)
    proven = tuple(
        helps(logits[:, [k]] - before[k], truth[:, [k]], weight, classes=False, bent=bent)
        for k in range(outputs)
    )
    temperatures = np.where(proven, found.temperatures, 1.0)
    shifts = np.where(proven, found.shifts, 0.0)
    return Temperature(found.prior, tuple(temperatures.tolist()), tuple(shifts.tolist())), proven


def helps(logits: Array, truth: Array, weight: Array | None, *, classes: bool, bent: bool) -> bool:
    """Whether a correction of logits, the prior taken off, is proven by rows of its own."""
    rows = len(logits)
    counted = truth if weight is None else truth[weight > 0]
    if not classes and (counted > 0.5).all() == (counted > 0.5).any():
        return False
    folds = np.arange(rows) % FOLDS if rows <= MOST_CHECKED else np.full(rows, -1)
    gain, worst = np.zeros(rows), 0.0
    for fold in range(folds.min(), folds.max() + 1):
        held = folds == fold
        # What two numbers could have learnt by heart is nothing among so many.
        fits = ~held if fold >= 0 else held
        own = None if weight is None else weight[fits]
        if not held.any() or not fits.any() or (own is not None and not own.any()):
            continue
        before = logits[held]
        after = fit_temperature(logits[fits], truth[fits], own, classes=classes).corrected(before)
        yes = truth[held]
        gain[held] = log_losses(before, yes, classes) - log_losses(after, yes, classes)
        worst = min(worst, least_gain(before, after, classes))
    shares = row_shares(rows, weight)
    if not bent:
        # A row that is sure and wrong is rare and costs much, so that few rows may not show any:
        # one more is added, for which the correction does the worst that it could.
        gain, shares = np.append(gain, worst), np.append(shares, 1.0)
    mean = float(gain @ shares) / len(gain)
    error = float(np.sqrt(np.square((gain - mean) * shares).sum())) / len(gain)
    # What class weights have bent is not right as it is: there no harm is proof enough.
    return mean > (-error if bent else SURE_BY * error)


def least_gain(before: Array, after: Array, classes: bool) -> float:
    """What a correction does to the log loss of the row and the answer for which that is worst."""
    answers = range(before.shape[1]) if classes else (0, 1)
    found = []
    for answer in answers:
        truth = np.full(len(before) if classes else before.shape, answer)
        lost = log_losses(after, truth, classes) - log_losses(before, truth, classes)
        found.append(-float(lost.max()))
    return min(found)


def row_shares(rows: int, weight: Array | None) -> Array:
    """How much each row counts, in float64; (rows,). Those that count at all do so by 1 on the
    average."""
    if weight is None:
        return np.ones(rows)
    wide = weight.astype(np.float64)
    shares: Array = wide * (np.count_nonzero(wide) / wide.sum())
    return shares


def smoothing(rows: Array) -> Array:
    """How sure the target of a class is that has so many rows: `(n + 1) / (n + 2)` (Platt 1999).

    So rows that are told apart without a mistake have a correction, too, and a single wrong one
    among new rows does not cost everything. Ten rows' worth of each target is the model's own
    probability (`own_share`), so that few rows change little, and are wrong by little.
    """
    sure: Array = (rows + 1) / (rows + 2)
    return sure


def own_share(shares: Array) -> float:
    """The share of the model's own probability in each target."""
    return OWN_ROWS / (float(shares.sum()) + OWN_ROWS)


def one_temperature(logits: Array, truth: Array, shares: Array, smooth: bool) -> float:
    """That of rows (rows, classes) of one class each."""
    count = logits.shape[1]
    size = max(1, NUMBERS_AT_ONCE // count)
    parts = [slice(start, start + size) for start in range(0, len(logits), size)]
    sure = smoothing(np.bincount(truth, shares, count)) if smooth else np.ones(count)
    mixed = own_share(shares) if smooth else 0.0
    # The logit that is expected of each row if its target is true, less its greatest one.
    expected = np.concatenate(
        [expected_logits(logits[part], truth[part], sure, mixed) for part in parts]
    )

    def slopes(inverse: float) -> Slopes:
        first = second = 0.0
        for part in parts:
            z = from_greatest(logits[part])
            p = softmax_of(inverse * z)
            mean = (p * z).sum(axis=1)
            spread = (p * np.square(z - mean[:, None])).sum(axis=1)
            first += float(shares[part] @ (mean - expected[part]))
            second += float(shares[part] @ spread)
        return first, second

    return 1 / root(slopes, 1 / HOTTEST, 1 / COLDEST, 1.0)


def expected_logits(logits: Array, truth: Array, sure: Array, mixed: float) -> Array:
    """The mean of each row's logits, (rows,), by its target; see `smoothing`."""
    z = from_greatest(logits)
    rest = (1 - sure) / max(1, len(sure) - 1)
    own = np.take_along_axis(z, truth[:, None], axis=1)[:, 0]
    target = (sure - rest)[truth] * own + rest[truth] * z.sum(axis=1)
    found: Array = (1 - mixed) * target + mixed * (softmax_of(z) * z).sum(axis=1)
    return found


def from_greatest(logits: Array) -> Array:
    """Each row's logits less its greatest one, in float64."""
    z = logits.astype(np.float64)
    shifted: Array = z - z.max(axis=1, keepdims=True)
    return shifted


def softmax_of(z: Array) -> Array:
    """The probabilities of logits that are at most 0."""
    p = np.exp(z)
    shares: Array = p / p.sum(axis=1, keepdims=True)
    return shares


def platt(z: Array, yes: Array, shares: Array, smooth: bool) -> tuple[float, float]:
    """The temperature and the shift of one output, for logits and answers (rows,)."""
    target = yes.astype(np.float64)
    if smooth:
        mixed = own_share(shares)
        many, few = (float(smoothing(shares[side].sum())) for side in (yes, ~yes))
        target = (1 - mixed) * np.where(yes, many, 1 - few) + mixed * probability(z)
    middle, width = float(z.mean()), float(z.std())
    if width == 0 or yes.all() or not yes.any():  # which say nothing of the temperature
        return 1.0, best_shift(z, target, shares)
    # Of numbers around 0 and about 1, the two are found almost independently of each other.
    standard = (z - middle) / width
    slope, level = newton(standard, target, shares, (width, middle))
    inverse = slope / width
    bounded = min(max(inverse, 1 / HOTTEST), 1 / COLDEST)
    if bounded == inverse:
        return 1 / inverse, level - slope * middle / width
    return 1 / bounded, best_shift(z * bounded, target, shares)


def log_losses(logits: Array, truth: Array, classes: bool) -> Array:
    """The log loss of each row, (rows,), that of several outputs summed."""
    if classes:
        z = from_greatest(logits)
        own = np.take_along_axis(z, truth[:, None], axis=1)[:, 0]
        of_classes: Array = np.log(np.exp(z).sum(axis=1)) - own
        return of_classes
    wide = logits.astype(np.float64)
    losses: Array = (np.logaddexp(0, wide) - (truth > 0.5) * wide).sum(axis=1)
    return losses


def newton(
    z: Array, target: Array, shares: Array, start: tuple[float, float]
) -> tuple[float, float]:
    """`a` and `b` that make the log loss of `sigmoid(a z + b)` least; each step lowers it."""
    rows = np.stack([z, np.ones_like(z)])
    at = np.array(start)
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
