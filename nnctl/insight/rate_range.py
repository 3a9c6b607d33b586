"""The range test of learning rates: a rate that grows from batch to batch, and the losses on it.

Read from the curve are where the loss falls steadily (the valley of fastai) and where it diverges
(Smith 2017).
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples
from nnctl.training.update import rates_of

LOWEST, HIGHEST, MOST_STEPS = 1e-7, 10.0, 100
SMOOTHING = 0.98  # of the mean, as fastai has it
DIVERGED = 4.0  # times the least loss so far
FIRST_SHARE, LAST_STEPS = 10, 5  # of the curve, that no valley is looked for in
Losses = Sequence[float]


class Suggestion(NamedTuple):
    """A learning rate, and the one from which on the loss diverges, if it does."""

    rate: float
    diverges_at: float | None


def growing_rates(steps: int = MOST_STEPS) -> list[float]:
    """So many rates, each the same multiple of the one before."""
    exponents = np.linspace(math.log10(LOWEST), math.log10(HIGHEST), steps)
    return [float(10**exponent) for exponent in exponents]


def batches_of_rows(rows: int, batch: int, generator: np.random.Generator) -> Iterator[Array]:
    """Batches of row indices without end, each epoch in an order of its own.

    A batch of all rows has that of the data, which its program reads where they lie.
    """
    while True:
        order = np.arange(rows) if batch == rows else generator.permutation(rows)
        for start in range(0, rows - batch + 1, batch):
            yield order[start : start + batch]


def losses_on(
    model: Sequential, data: Examples, batches: Iterator[Array], rates: Sequence[float]
) -> list[float]:
    """The loss of each batch, before the step at its rate; it ends where one is not finite.

    All batches are of one size.
    """
    found: list[float] = []
    program = None
    for step, (rate, rows) in enumerate(zip(rates, batches, strict=False)):
        program = program or model.step(data, len(rows))
        own = data.rows(rows)
        with np.errstate(all="ignore"):
            given = [rates_of(model.optimizer, rate, step)]
            (outputs,), penalty = program.run(data, rows[None], given)
            loss = float(model.scorer.losses_by_row(own.y, outputs, own.weight).mean() + penalty)
        if not math.isfinite(loss):
            break
        found.append(loss)
    return found


def smoothed(losses: Losses) -> list[float]:
    """The running mean in which each step counts for 2 %, unbiased at the beginning."""
    mean, found = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        found.append(mean / (1 - SMOOTHING**step))
    return found


def mean_curve(starts: Sequence[Losses]) -> list[float]:
    """The smoothed mean of several starts, as far as all of them have come."""
    return smoothed([math.fsum(each) / len(each) for each in zip(*starts, strict=False)])


def divergence(losses: Losses, steps: int) -> int | None:
    """The first step whose loss is far above the least before it, or that has none of `steps`."""
    least = math.inf
    for step, loss in enumerate(losses):
        least = min(least, loss)
        if loss > DIVERGED * least:
            return step
    return len(losses) if len(losses) < steps else None


def valley(losses: Losses) -> int:
    """The step two thirds down the longest stretch in which the loss falls, as fastai has it.

    That is the longest subsequence whose losses fall, so that noise does not break it.
    """
    lengths, end = [1] * len(losses), 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and lengths[i] < lengths[j] + 1:
                lengths[i] = lengths[j] + 1
        if lengths[i] > lengths[end]:
            end = i
    start = end - lengths[end]
    third = (end - start) / 3
    return max(start + int(third) + int(third / 2), 0)


def suggestion(rates: Sequence[float], losses: Losses) -> Suggestion:
    """The smaller of the valley and a tenth of where the smoothed `losses` diverge."""
    diverges = divergence(losses, len(rates))
    stop = len(losses) if diverges is None else min(diverges + 1, len(losses))
    first = len(rates) // FIRST_SHARE
    part = losses[first : max(stop - LAST_STEPS, first + 1)] or losses[:1]
    rate = rates[first + valley(part)] if part else rates[0]
    if diverges is None:
        return Suggestion(rate, None)
    limit = rates[min(diverges, len(rates) - 1)]
    return Suggestion(min(rate, limit / 10), limit)
