"""Which learning rates are tried out, for how long, and which of them is the best.

The range test says where to look. What comes of a rate is known only to those who train with it:
all are tried for a short while, the better half of them for twice as long, and so on (Jamieson and
Talwalkar 2016, successive halving).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from nnctl.insight.rate_range import HIGHEST, Suggestion

RATE_DIGITS = 2
A_DECADE = 2  # rates
BELOW = 1.0  # decades that are tried below the rate of the range test
SECONDS = 0.7  # of training, all rates together
FEWEST_BATCHES = 1000  # where these take longer
PER_EPOCH, PER_BATCH, PER_OPERATION = 150e-6, 25e-6, 1 / 3e10  # seconds, on one core
SHRINKS = 1 / 3  # the power of the share of a training
EQUAL = 0.02  # the share of a loss by which others may differ that are as good


class Tried(NamedTuple):
    """What came of a rate: the loss that counts, and that of the rows that trained.

    `share` is how much of a whole training it has had, all of it where it has stopped by itself;
    losses are infinite where it diverged.
    """

    rate: float
    share: float
    loss: float
    train_loss: float

    @classmethod
    def of(cls, rate: float, share: float, loss: float, train_loss: float) -> "Tried":
        """What came of a rate, as it was computed: validation may overflow where training did not.

        A loss that is no number is infinite.
        """
        return cls(rate, share, *(math.inf if math.isnan(x) else x for x in (loss, train_loss)))


def rounded(rate: float) -> float:
    """A rate as it is printed."""
    return float(f"{rate:.{RATE_DIGITS}g}")


def rates_around(found: Suggestion) -> list[float]:
    """The rates to try, in half decades: from a tenth of the suggested one to where it diverges."""
    highest = min(found.diverges_at or HIGHEST, HIGHEST)
    ends = math.log10(found.rate) - BELOW, max(math.log10(highest), math.log10(found.rate))
    first, last = (round(end * A_DECADE, 9) for end in ends)
    return [rounded(10 ** (k / A_DECADE)) for k in range(math.ceil(first), math.floor(last) + 1)]


def batches_worth(batches: int, operations: float) -> int:
    """How many batches may be trained, where an epoch has so many, with so many operations."""
    each = PER_EPOCH / batches + PER_BATCH + operations / batches * PER_OPERATION
    return max(FEWEST_BATCHES, int(SECONDS / each))


def stages(rates: int, batches: int, most: int, worth: int) -> list[tuple[int, int]]:
    """How many rates are trained to how many batches in all, stage by stage.

    There are `most` batches in a whole training, of epochs of so many `batches`, and what is
    trained is at most `worth` of them, if that is enough for one each. Stages of an epoch and more
    end with one.
    """
    first, beyond = 1, most + 1
    while beyond - first > 1:
        middle = (first + beyond) // 2
        fits = batches_of(stages_from(rates, batches, most, middle)) <= worth
        first, beyond = (middle, beyond) if fits else (first, middle)
    return stages_from(rates, batches, most, first)


def stages_from(rates: int, batches: int, most: int, first: int) -> list[tuple[int, int]]:
    """The stages of which the first has so many batches."""
    found: list[tuple[int, int]] = []
    left, end = rates, first
    while True:
        whole = end if end < batches else end // batches * batches
        found.append((left, min(whole, most)))
        if left <= 2 or end >= most:
            return found
        left, end = math.ceil(left / 2), end * 2


def batches_of(stages: Sequence[tuple[int, int]]) -> int:
    """What all stages train together."""
    before, total = 0, 0
    for rates, end in stages:
        total += rates * (end - before)
        before = end
    return total


def better_half(tried: Sequence[Tried], count: int) -> list[Tried]:
    """So many of the best, in the order of their rates."""
    best = sorted(tried, key=lambda each: (each.loss, each.train_loss))[:count]
    return sorted(best, key=lambda each: each.rate)


def best_of(tried: Sequence[Tried]) -> Tried | None:
    """The best rate: of those whose losses are as good as the least, the one in the middle.

    So it stands back from where things go wrong. None where all of them diverged.
    """
    left = [each for each in tried if math.isfinite(each.loss)]
    for name in ("loss", "train_loss"):
        if not left:
            return None
        least = min(getattr(each, name) for each in left)
        limit = least + EQUAL * abs(least)
        left = [each for each in left if getattr(each, name) <= limit]
    left.sort(key=lambda each: each.rate)
    return left[(len(left) - 1) // 2]


def for_whole_training(stages: Sequence[Sequence[Tried]], stops_early: bool) -> float | None:
    """The rate for a whole training, by what came of rates after shares of it, stage by stage.

    The longer a training is, the smaller its best rate, about as the cube root (Bjorck et al.
    2024): but where it stops early, it is as long as the rate makes it, and where the best rate's
    lead over the next smaller one has grown with time, there is no sign that less would be better.
    None where all rates diverged.
    """
    best = best_of(stages[-1])
    if best is None or stops_early or lead_grows(stages, best.rate):
        return None if best is None else best.rate
    return rounded(best.rate * best.share**SHRINKS)


def lead_grows(stages: Sequence[Sequence[Tried]], rate: float) -> bool:
    """Whether the loss at a rate, in shares of that at the next smaller one, falls stage by stage.

    Smaller ones are those that were tried to the last stage.
    """
    losses = [{each.rate: each.loss for each in tried} for tried in stages]
    smaller = max((each for each in losses[-1] if each < rate), default=None)
    if smaller is None:
        return False
    first, last = (
        own[rate] / own[smaller] if own[smaller] > 0 else math.inf
        for own in (losses[0], losses[-1])
    )
    return last < first
