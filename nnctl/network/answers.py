"""What is predicted: the one rule by which probabilities become answers."""

from collections.abc import Sequence

import numpy as np

from nnctl.graph import Array

THRESHOLD = 0.5


def likeliest(probabilities: Array, classes: int | None = None) -> Array:
    """The index of the likeliest class, `(…, units)` -> `(…)`; of equals the first.

    Units beyond the first `classes` stand for no class, so they are never the answer.
    """
    indices: Array = probabilities[..., :classes].argmax(axis=-1)
    return indices


def is_yes(probabilities: Array, threshold: float | Sequence[float] = THRESHOLD) -> Array:
    """Whether the answer is yes, the second class, where that has these probabilities.

    That is so above the `threshold`, of which each column may have its own.
    """
    if not isinstance(threshold, float):
        threshold = np.array(threshold, probabilities.dtype)  # type: ignore[assignment]
    answers: Array = probabilities > threshold
    return answers
