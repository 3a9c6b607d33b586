"""Sizes: by the definition, number by number; and images that are too large on the way."""

import itertools

import numpy as np
import pytest

from nnctl.reading.images.format import MOST_PIXELS, ImageFormat, UnreadableImage
from nnctl.reading.images.resizing import resize
from tests.images import pixels

SHAPES = [(5, 9), (4, 4), (11, 3), (1, 7)]
SIZES = [(4, 4), (7, 2), (10, 12)]


def weights(count: int, size: int, way: str) -> np.ndarray:
    """How much of each of `count` pixels is in each of `size`, `(size, count)`."""
    found = np.zeros((size, count))
    for k in range(size):
        start, stop = k * count / size, (k + 1) * count / size
        middle = (start + stop) / 2 - 0.5
        for cell in range(count):
            if way == "area":
                found[k, cell] = max(0, min(stop, cell + 1) - max(start, cell)) / (stop - start)
            elif way == "bilinear":
                inside = min(max(middle, 0), count - 1)
                found[k, cell] = max(0, 1 - abs(inside - cell))
        if way == "nearest":
            found[k, (2 * k + 1) * count // (2 * size)] = 1
    return found


@pytest.mark.parametrize("way", ["bilinear", "nearest", "area"])
@pytest.mark.parametrize(("shape", "size"), [*itertools.product(SHAPES, SIZES)])
def test_a_size_is_what_its_definition_says(shape, size, way):
    image = pixels(*shape)
    rows, columns = (weights(*pair, way) for pair in zip(shape, size, strict=True))
    expected = np.einsum("ih,hwc,jw->ijc", rows, image, columns)
    found = resize(image, ImageFormat(size, interpolation=way))
    assert (found.dtype, found.shape) == (np.uint8, (*size, 3))
    assert np.abs(found - expected).max() <= 0.5 + 1e-4  # whole numbers


def test_a_crop_is_of_the_middle_and_of_the_shape_that_is_wanted():
    image = pixels(10, 7)
    found = resize(image, ImageFormat((4, 4), crop=True))
    np.testing.assert_array_equal(found, resize(image[1:8], ImageFormat((4, 4))))


def test_padding_is_black_and_as_much_on_either_side():
    image = pixels(4, 10)
    found = resize(image, ImageFormat((10, 10), pad=True))
    np.testing.assert_array_equal(found[3:7], image)
    assert not found[:3].any() and not found[7:].any()


def test_what_a_long_image_would_be_padded_to_is_not_made():
    image = np.zeros((1, 20_000, 3), np.uint8)
    with pytest.raises(UnreadableImage, match="400,000,000 pixels with what it is padded by"):
        resize(image, ImageFormat((8, 8), pad=True))
    assert MOST_PIXELS < 20_000**2
