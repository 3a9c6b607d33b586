"""Integrated gradients: what each input adds to an output, along the straight way from a baseline.

The contribution of input i is the integral of `(x_i - b_i) * df/dx_i` over that way; by the chain
rule all of them sum to `f(x) - f(b)` (Sundararajan, Taly and Yan 2017). That is known exactly, for
each piece of the way as well, so that it proves each piece; where a piece does not hold, or two
rules differ on it, it is halved.

The contributions of a mean are the means of its parts', so that kinks of one part cut no way of
another. Behind a linear entrance the way is as straight as before it: the slopes are gathered
there, where there are fewer of them, and are led back once.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array
from nnctl.training.blocks import slices_of

# Gauss's rule of two points, and Kronrod's five that have them among theirs, on [-1, 1].
POINTS = np.array(
    [-0.9258200997725514, -0.5773502691896257, 0.0, 0.5773502691896257, 0.9258200997725514]
)
KRONROD = np.array([98 / 990, 27 / 110, 28 / 90, 27 / 110, 98 / 990])
GAUSS = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
NEAR_ENDS = np.array([-1.0, 1.0]) * (1 - 1e-5)  # of a piece: its own ends are often in a kink
BEYOND = (1 - POINTS[-1]) / 2  # share of a piece behind the outermost point
# The polynomial through all points, at the ends.
TO_ENDS = np.linalg.solve(np.vander(POINTS).T, np.vander(NEAR_ENDS, len(POINTS)).T).T
TOLERANCE = 1e-6  # of the larger of f(x) - f(b) and the sum of absolute contributions
PIECES = 64  # that may all be wrong by as much as is allowed, and still sum to less than that
LOOSER = 32.0  # two rules differ by much more than the better one is wrong
NARROWEST = 2.0**-44  # of a piece
MOST_PIECES = 1 << 14  # that a row's way is cut into
TRIES = 3
NUMBERS_AT_ONCE = 4_000_000  # of points on ways
PIECES_AT_ONCE = 1 << 16  # numbers of slopes at a point of each

Function = Callable[[Array, Array], tuple[Array, Array]]


class Part(Protocol):
    """A function whose mean with others is explained, behind an entrance that is linear.

    Called with what has entered, (rows, width), and `weights` (rows, …) that go with the rows, it
    gives outputs (rows,) and their derivatives (rows, width).
    """

    @property
    def is_straight(self) -> bool:
        """Whether it consists of straight lines between kinks, those known among them."""
        ...

    def __call__(self, entered: Array, weights: Array, /) -> tuple[Array, Array]: ...

    def enter(self, x: Array) -> Array:
        """What becomes of inputs, (rows, inputs) -> (rows, width)."""
        ...

    def leave(self, slopes: Array) -> Array:
        """Derivatives by the inputs, of those by what has entered."""
        ...

    def kinks(self, start: Array, stop: Array) -> tuple[NDArray[np.intp], Array]:
        """Rows and places within (0, 1) where ways from `start` to `stop` (rows, width) are known
        to have kinks, (kinks,) each."""
        ...


class Groups(NamedTuple):
    """What is told of together: the inputs from each of `starts` (groups,) to the next one.

    They count in their own order, or in `order` (inputs,) where they do not lie side by side.
    """

    starts: NDArray[np.intp]
    order: NDArray[np.intp] | None = None

    def sums(self, contributions: Array) -> Array:
        """The sums of contributions (rows, inputs) by group, (rows, groups)."""
        own = contributions if self.order is None else contributions[:, self.order]
        return np.add.reduceat(own, self.starts, axis=1)


class Attributed(NamedTuple):
    """Contributions (rows, inputs), and the outputs of rows and baselines, (rows,) each."""

    contributions: Array
    output: Array
    baseline: Array

    def holds(self, groups: Groups) -> NDArray[np.bool_]:
        """Whether the contributions of the groups sum to what they must, (rows,)."""
        with np.errstate(all="ignore"):
            change = self.output - self.baseline
            shares = groups.sums(self.contributions)
            allowed = TOLERANCE * np.maximum(np.abs(change), np.abs(shares).sum(axis=1))
            held: NDArray[np.bool_] = np.abs(shares.sum(axis=1) - change) <= allowed
        return held


class Pieces(NamedTuple):
    """Pieces of ways: whose each is, its ends within 0 and 1, and the output there, (pieces,)."""

    row: NDArray[np.intp]
    start: Array
    stop: Array
    before: Array
    after: Array

    def chosen(self, which: NDArray[np.bool_] | slice) -> "Pieces":
        """Some of them."""
        return Pieces(*(array[which] for array in self))

    def joined(self, others: "Pieces") -> "Pieces":
        """These, and others behind them."""
        return Pieces(*map(np.concatenate, zip(self, others, strict=True)))


def attribute(
    parts: Sequence[Part], x: Array, baseline: Array, weights: Array, groups: Groups
) -> Attributed:
    """The contributions of the inputs of `x` (rows, inputs), each from its row of `baseline`, to
    the mean of the `parts`.

    Rows whose contributions do not hold by `groups` are gone through again, in smaller pieces.
    """
    with np.errstate(all="ignore"):
        ways = [Ways(part, x, baseline, weights) for part in parts]
        output = np.mean([way.output for way in ways], axis=0)
        before = np.mean([way.baseline for way in ways], axis=0)
        found = Attributed(np.zeros(x.shape), output, before)
        left = np.arange(len(x))
        for attempt in range(TRIES):
            tolerance = TOLERANCE / PIECES ** (attempt + 1)
            slopes = np.mean([way.slopes(left, tolerance) for way in ways], axis=0)
            found.contributions[left] = slopes * (x[left] - baseline[left])
            left = np.flatnonzero(~found.holds(groups))
            if not len(left):
                break
    return found


def attribute_in_steps(
    function: Function, x: Array, baseline: Array, weights: Array, steps: int
) -> Attributed:
    """The same in so many even steps, by the slopes in their middles: quick, and less exact.

    It suits what is looked at, as pictures are; the sums show how far off it is.
    """
    places = (np.arange(steps) + 0.5) / steps
    slopes = np.empty(x.shape)
    with np.errstate(all="ignore"):
        whole = x - baseline
        # Many points at once: a block of rows takes as long where few of them are asked for.
        for rows in slices_of(len(x), max(1, NUMBERS_AT_ONCE // (steps * x.shape[1]))):
            points = baseline[rows, None] + places[:, None] * whole[rows, None]
            flat = points.reshape(-1, x.shape[1])
            found = function(flat, np.repeat(weights[rows], steps, axis=0))[1]
            slopes[rows] = found.reshape(points.shape).mean(axis=1)
        ends = (function(each, weights)[0] for each in (x, baseline))
        return Attributed(slopes * whole, *ends)


class Ways:
    """The ways of rows to `x` (rows, inputs) from `baseline` through a part of a function.

    `output` and `baseline` (rows,) are what the part gives at their ends.
    """

    def __init__(self, part: Part, x: Array, baseline: Array, weights: Array) -> None:
        self._part, self._weights = part, weights
        self._start, stop = part.enter(baseline), part.enter(x)
        self._whole = stop - self._start
        self.output, self.baseline = part(stop, weights)[0], part(self._start, weights)[0]
        self._cuts = part.kinks(self._start, stop)
        # How large contributions are, about: what is allowed is a share of that.
        rows = np.arange(len(x))
        _, slopes = self._at(rows, np.zeros(len(x)), np.ones(len(x)), POINTS)
        about = part.leave(np.einsum("k,pki->pi", KRONROD, slopes)) * (x - baseline)
        self._scale = np.maximum(np.abs(self.output - self.baseline), np.abs(about).sum(axis=1))

    def _at(
        self, row: NDArray[np.intp], start: Array, stop: Array, points: Array
    ) -> tuple[Array, Array]:
        """Outputs (pieces, points) and slopes (pieces, points, width) at points of [-1, 1] on
        pieces of the ways of some rows."""
        places = (start + stop)[:, None] / 2 + (stop - start)[:, None] / 2 * points
        entered = places[..., None] * self._whole[row, None]
        entered += self._start[row, None]
        weights = np.repeat(self._weights[row], len(points), axis=0)
        values, slopes = self._part(entered.reshape(-1, entered.shape[2]), weights)
        return values.reshape(places.shape), slopes.reshape(*places.shape, slopes.shape[1])

    def _ends_at(self, row: NDArray[np.intp], place: Array) -> Array:
        """The outputs at places of the ways of some rows, (pieces,)."""
        return self._at(row, place, place, np.zeros(1))[0][:, 0]

    def _pieces(self, rows: NDArray[np.intp]) -> Pieces:
        """The ways of some rows, cut where they are known to have kinks."""
        known = np.isin(self._cuts[0], rows)
        cut, place = (each[known] for each in self._cuts)
        output = np.empty(len(cut))
        for part in slices_of(len(cut), self._at_once):
            output[part] = self._ends_at(cut[part], place[part])
        row = np.concatenate([rows, cut])
        start = np.concatenate([np.zeros(len(rows)), place])
        order = np.lexsort((start, row))
        row, start = row[order], start[order]
        before = np.concatenate([self.baseline[rows], output])[order]
        # A piece ends where the next one begins, and the last of a row at its end.
        last = np.ones(len(row), np.bool_)
        last[:-1] = row[1:] != row[:-1]
        stop = np.where(last, 1.0, np.roll(start, -1))
        after = np.where(last, self.output[row], np.roll(before, -1))
        return Pieces(row, start, stop, before, after)

    @property
    def _at_once(self) -> int:
        """How many pieces are looked at together."""
        width: int = self._whole.shape[1]
        return max(1, PIECES_AT_ONCE // width)

    def slopes(self, rows: NDArray[np.intp], tolerance: float) -> Array:
        """The mean slopes of the ways of some rows, (those rows, inputs), of pieces each as right
        as `tolerance` asks for."""
        found = np.zeros(self._whole.shape)
        made = np.zeros(len(found), np.intp)
        fresh, taken, most = self._pieces(rows), 0, self._at_once
        left = fresh.chosen(slice(0))
        while len(left.row) or taken < len(fresh.row):
            # As many as are looked at together, those first that have been cut.
            short = max(0, most - len(left.row))
            left = left.joined(fresh.chosen(slice(taken, taken + short)))
            taken += short
            pieces, later = left.chosen(slice(most)), left.chosen(slice(most, None))
            made += np.bincount(pieces.row, minlength=len(made))
            final = (pieces.stop - pieces.start < NARROWEST) | (made[pieces.row] > MOST_PIECES)
            left = self._walk(pieces, tolerance, final, found).joined(later)
        return self._part.leave(found[rows])

    def _walk(
        self, pieces: Pieces, tolerance: float, final: NDArray[np.bool_], found: Array
    ) -> Pieces:
        """Adds the slopes of pieces that hold, or are `final`, to those found; returns the others,
        in two each."""
        ends, near = self._at(pieces.row, pieces.start, pieces.stop, NEAR_ENDS)
        allowed = tolerance * self._scale[pieces.row]
        if self._part.is_straight:
            # Between known kinks a unit of a later layer has at most one, which changes the slope.
            better, missed = near.mean(axis=1), np.abs(near[:, 0] - near[:, 1])
            done = self._done(pieces, better, missed, allowed) | final
            self._add(found, pieces.chosen(done), better[done])
            return self._halves(pieces.chosen(~done), NEAR_ENDS, ends[~done], near[~done])
        values, slopes = self._at(pieces.row, pieces.start, pieces.stop, POINTS)
        better, other = (np.einsum("k,pki->pi", rule, slopes) for rule in (KRONROD, GAUSS))
        # Where the slope is the same everywhere, no rule adds its rounding.
        level = (slopes == slopes[:, :1]).all(axis=1)
        better = np.where(level, slopes[:, 0], better)
        # A kink behind the outermost points shows where these do not lead to what is at the ends.
        missed = BEYOND * np.abs(np.einsum("ek,pki->pei", TO_ENDS, slopes) - near).max(axis=1)
        apart = np.maximum(np.where(level, 0.0, np.abs(better - other)), missed)
        done = self._done(pieces, better, apart, allowed) | final
        self._add(found, pieces.chosen(done), better[done])
        return self._halves(pieces.chosen(~done), POINTS, values[~done], slopes[~done])

    def _done(
        self, pieces: Pieces, slopes: Array, apart: Array, allowed: Array
    ) -> NDArray[np.bool_]:
        """Which pieces hold: mean slopes (pieces, width) lead to the change of the output, but for
        what is `allowed`, and lie not much further `apart`; or are not finite."""
        length, whole = pieces.stop - pieces.start, self._whole[pieces.row]
        change = np.einsum("pi,pi->p", slopes, whole) * length
        wrong = np.abs(change - (pieces.after - pieces.before))
        apart = (apart * np.abs(whole)).max(axis=1) * length
        found: NDArray[np.bool_] = (wrong <= allowed) & (apart <= LOOSER * allowed)
        found |= ~np.isfinite(wrong)
        return found

    def _add(self, found: Array, pieces: Pieces, slopes: Array) -> None:
        """Adds the mean slopes of pieces to those of their ways, by their lengths."""
        np.add.at(found, pieces.row, slopes * (pieces.stop - pieces.start)[:, None])

    def _halves(self, pieces: Pieces, points: Array, values: Array, slopes: Array) -> Pieces:
        """Two pieces of each, cut where the output has its kink, if it is one of straight lines.

        `values` (pieces, points) and `slopes` (pieces, points, width) are those of the points. The
        lines through the first and the last of them meet in the kink between.
        """
        row, start, stop, before, after = pieces
        along = np.einsum("pki,pi->pk", slopes, self._whole[row])
        middle, half = (start + stop) / 2, (stop - start) / 2
        first, last = middle + half * points[0], middle + half * points[-1]
        meet = values[:, -1] - values[:, 0] + along[:, 0] * first - along[:, -1] * last
        cut = meet / (along[:, 0] - along[:, -1])
        cut = np.where((cut > first) & (cut < last), cut, middle)
        between = self._ends_at(row, cut)
        return Pieces(
            np.concatenate([row, row]),
            np.concatenate([start, cut]),
            np.concatenate([cut, stop]),
            np.concatenate([before, between]),
            np.concatenate([between, after]),
        )
