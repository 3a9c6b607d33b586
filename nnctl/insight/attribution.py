"""Integrated gradients: what each input adds to an output, along the straight way from a baseline.

The contribution of input i is the integral of `(x_i - b_i) * df/dx_i` over that way; by the chain
rule all of them sum to `f(x) - f(b)` (Sundararajan, Taly and Yan 2017). That is known exactly, for
each piece of the way as well, so that it proves each piece; where a piece does not hold, or two
rules differ on it, it is halved.
"""

from collections.abc import Callable
from typing import NamedTuple

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
TOLERANCE = 1e-6  # of the larger of f(x) - f(b) and the sum of absolute contributions
PIECES = 64  # that may all be wrong by as much as is allowed, and still sum to less than that
LOOSER = 32.0  # two rules differ by much more than the better one is wrong
NARROWEST = 2.0**-44  # of a piece
MOST_PIECES = 1 << 14  # that a row's way is cut into
TRIES = 3
NUMBERS_AT_ONCE = 4_000_000  # of points on ways

Function = Callable[[Array, Array], tuple[Array, Array]]


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

    def chosen(self, mask: NDArray[np.bool_]) -> "Pieces":
        """Some of them."""
        return Pieces(*(array[mask] for array in self))


def attribute(
    function: Function, x: Array, baseline: Array, weights: Array, groups: Groups
) -> Attributed:
    """The contributions of the inputs of `x` (rows, inputs), each from its row of `baseline`.

    `function(x, weights)` gives outputs (rows,) and their derivatives (rows, inputs), where
    `weights` (rows, …) go with the rows. Rows whose contributions do not hold by `groups` are gone
    through again, in smaller pieces.
    """
    with np.errstate(all="ignore"):
        found = Attributed(
            np.zeros(x.shape), function(x, weights)[0], function(baseline, weights)[0]
        )
        left = np.arange(len(x))
        for attempt in range(TRIES):
            ways = (
                x[left],
                baseline[left],
                weights[left],
                found.output[left],
                found.baseline[left],
            )
            found.contributions[left] = walk(function, *ways, TOLERANCE / PIECES ** (attempt + 1))
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


def walk(
    function: Function,
    x: Array,
    baseline: Array,
    weights: Array,
    output: Array,
    start: Array,
    tolerance: float,
) -> Array:
    """The contributions (rows, inputs), of pieces each as right as `tolerance` asks for."""
    count, whole = len(x), x - baseline
    contributions = np.zeros(x.shape)
    scale, made = np.zeros(count), np.zeros(count)
    pieces = Pieces(np.arange(count), np.zeros(count), np.ones(count), start, output)
    while len(pieces.row):
        middle, half = (pieces.start + pieces.stop) / 2, (pieces.stop - pieces.start) / 2
        places = middle[:, None] + half[:, None] * POINTS
        rows = np.repeat(pieces.row, len(POINTS))
        way = whole[rows]
        values, slopes = function(baseline[rows] + places.reshape(-1, 1) * way, weights[rows])
        values = values.reshape(-1, len(POINTS))
        steps = (slopes * way).reshape(len(values), len(POINTS), -1)
        length = (pieces.stop - pieces.start)[:, None]
        better = np.einsum("k,pki->pi", KRONROD, steps) * length
        other = np.einsum("k,pki->pi", GAUSS, steps) * length
        # Where the slope is the same everywhere, a product is all: no rule adds its rounding.
        level = (steps == steps[:, :1]).all(axis=1)
        better = np.where(level, steps[:, 0] * length, better)
        if not scale.any():
            scale = np.maximum(np.abs(output - start), np.abs(better).sum(axis=1))
        allowed = tolerance * scale[pieces.row]
        wrong = np.abs(better.sum(axis=1) - (pieces.after - pieces.before))
        apart = np.where(level, 0.0, np.abs(better - other)).max(axis=1)
        done = (wrong <= allowed) & (apart <= LOOSER * allowed)
        made += np.bincount(pieces.row, minlength=count)
        done |= ~np.isfinite(wrong) | (length[:, 0] < NARROWEST)
        done |= made[pieces.row] > MOST_PIECES
        np.add.at(contributions, pieces.row[done], better[done])
        pieces = halves(
            function,
            pieces.chosen(~done),
            places[~done],
            values[~done],
            steps[~done].sum(axis=2),
            (baseline, whole, weights),
        )
    return contributions


def halves(
    function: Function,
    pieces: Pieces,
    places: Array,
    values: Array,
    steps: Array,
    ways: tuple[Array, Array, Array],
) -> Pieces:
    """Two pieces of each, cut where the output has its kink, if it is one of straight lines.

    `places`, `values` and `steps` (pieces, points) are those of the points, and the derivative by
    the place. The lines through the first and the last point meet in the kink between them.
    """
    baseline, whole, weights = ways
    first, last = places[:, 0], places[:, -1]
    meet = values[:, -1] - values[:, 0] + steps[:, 0] * first - steps[:, -1] * last
    cut = meet / (steps[:, 0] - steps[:, -1])
    middle = (pieces.start + pieces.stop) / 2
    cut = np.where((cut > first) & (cut < last), cut, middle)
    own = pieces.row
    between = function(baseline[own] + cut[:, None] * whole[own], weights[own])[0]
    return Pieces(
        np.concatenate([own, own]),
        np.concatenate([pieces.start, cut]),
        np.concatenate([cut, pieces.stop]),
        np.concatenate([pieces.before, between]),
        np.concatenate([between, pieces.after]),
    )
