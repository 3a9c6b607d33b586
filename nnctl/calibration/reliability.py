"""How far probabilities are from what happens."""

from typing import NamedTuple

import numpy as np

from nnctl.graph import Array

BINS = 15  # of equal width, as in Guo et al. 2017


class Point(NamedTuple):
    """Answers that were given about the same probability: its mean, how many were right, of all."""

    probability: float
    share: float
    answers: int


class Reliability:
    """Answers by the probability that they were given, gathered block by block."""

    def __init__(self) -> None:
        self._answers, self._probability, self._right = np.zeros((3, BINS))

    def add(self, probabilities: Array, right: Array) -> None:
        """Adds answers of these probabilities, of which some were right; both of any one shape."""
        p = probabilities.reshape(-1).astype(np.float64)
        places = np.clip((p * BINS).astype(np.intp), 0, BINS - 1)
        for sums, weight in (
            (self._answers, None),
            (self._probability, p),
            (self._right, right.reshape(-1)),
        ):
            sums += np.bincount(places, weight, BINS)

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of probability and share of right."""
        apart = np.abs(self._probability - self._right).sum()
        return float(apart / max(1, self._answers.sum()))

    @property
    def points(self) -> list[Point]:
        """The bins that have answers, the least probable first."""
        sums = zip(self._probability, self._right, self._answers, strict=True)
        return [Point(float(p / n), float(r / n), int(n)) for p, r, n in sums if n]
