"""Parts of images: a pixel says nothing by itself, and what is shown in a part may."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MOST_A_SIDE = 8  # parts
LEAST_SIDE = 8  # pixels, where the image has as many


def parts_of_images(shape: tuple[int, int, int]) -> dict[str, NDArray[np.intp]]:
    """The parts of images `(height, width, channels)`, each with its inputs among all of an image.

    Rows and columns of pixels count from 0; `rows 0-7, columns 8-15` has those eight of each.
    """
    height, width, _ = shape
    places = np.arange(np.prod(shape)).reshape(shape)
    return {
        f"rows {top}-{bottom - 1}, columns {left}-{right - 1}": places[
            top:bottom, left:right
        ].reshape(-1)
        for top, bottom in stretches(height)
        for left, right in stretches(width)
    }


def stretches(side: int) -> list[tuple[int, int]]:
    """The first pixel of each part along a side, and the one behind its last."""
    count = min(MOST_A_SIDE, max(1, side // LEAST_SIDE))
    ends = [side * place // count for place in range(count + 1)]
    return list(pairwise(ends))
