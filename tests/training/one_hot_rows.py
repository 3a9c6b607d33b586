"""Inputs with one-hot columns, held by their places and as the array that they stand for."""

import numpy as np

from nnctl.training.one_hot import OneHot

ROWS, WIDTH = 50, 12
PLACES = np.array([3, 9])  # of the two numbers; kinds of text are at 0 to 2, 4 to 8, 10 and 11
FIRSTS, KINDS = (0, 4, 10), (3, 5, 2)


def both(dtype: str = "float32", rows: int = ROWS) -> tuple[OneHot, np.ndarray]:
    """The same inputs, held in either way; every seventh cell has a kind that is new."""
    draws = np.random.default_rng(rows)
    numbers = draws.normal(size=(rows, 2)).astype(dtype)
    ones = np.stack([draws.integers(0, n, rows) + k for k, n in zip(FIRSTS, KINDS, strict=True)], 1)
    ones.reshape(-1)[::7] = -1
    made = np.zeros((rows, WIDTH), dtype)
    made[:, PLACES] = numbers
    for row, own in enumerate(ones.tolist()):
        for place in own:
            if place >= 0:
                made[row, place] = 1
    return OneHot(numbers, PLACES, ones.astype(np.int32), (rows, WIDTH)), made
