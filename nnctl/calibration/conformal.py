"""Split-conformal prediction: how far off is far enough, by rows that have not trained.

Vovk, Gammerman and Shafer 2005. Of rows that are alike but for chance, a new one is as likely to
rank anywhere among the n that are known: it lies within the k-th smallest with chance k / (n + 1).
"""

from fractions import Fraction
from math import ceil

import numpy as np

from nnctl.graph import Array

SURE = 0.95  # of what chance allows
MOST_JUDGED = 200_000  # rows; of more, chance takes no more part that could be told
ROUNDING = 1e-9  # of sums of weights


def conformal_rank(rows: int, level: float) -> int:
    """`ceil((n + 1) level)`, the level being the decimal number that it is written as."""
    return ceil((rows + 1) * Fraction(str(level)))


def fewest_rows(level: float) -> int:
    """The least number of rows that a level can be kept with: 9 at 0.9, 99 at 0.99."""
    exact = Fraction(str(level))
    return ceil(exact / (1 - exact))


def conformal_quantile(scores: Array, level: float, weight: Array | None = None) -> float:
    """The score that one in so many new rows does not exceed, by `scores` (rows,) of known ones.

    Rows count by their `weight` (rows,), the new one as they do on the average. Raises ValueError
    for fewer rows than the level needs.
    """
    if weight is not None:
        counted = weight > 0
        scores, weight = scores[counted], weight[counted]
    rank = conformal_rank(len(scores), level)
    if rank > len(scores):
        raise ValueError(f"{len(scores)} rows are too few for the level {level}")
    if weight is None or (weight == weight[0]).all():
        return float(np.partition(scores, rank - 1)[rank - 1])
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weight[order].astype(np.float64))
    wanted = level * reached[-1] * (1 + 1 / len(scores))
    place = int(np.searchsorted(reached, wanted * (1 - ROUNDING)))
    return float(scores[order[min(place, len(scores) - 1)]])


def coverage_by_chance(known: int, level: float, judged: int) -> tuple[float, float]:
    """Between which shares of so many judged rows lie within, 95 times of 100.

    The count of them is beta-binomial (Vovk 2012): what a quantile of the `known` rows covers of
    all is Beta(k, n + 1 - k), with the rank k.
    """
    judged = min(judged, MOST_JUDGED)
    rank = min(conformal_rank(known, level), known)
    a, b = rank, known + 1 - rank
    count = np.arange(judged, dtype=np.float64)
    # The logarithms of each probability's quotient by the one before it.
    steps = np.log((judged - count) / (count + 1) * (count + a) / (judged - count - 1 + b))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    shares = np.cumsum(np.exp(logs - logs.max()))
    tail = (1 - SURE) / 2
    low, high = np.searchsorted(shares / shares[-1], [tail, 1 - tail])
    return int(low) / judged, int(min(high, judged)) / judged
