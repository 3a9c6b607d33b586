"""Images in another size, by the mathematics of Keras's `image_dataset_from_directory`."""

import math

import numpy as np

from nnctl.reading.array_types import Array
from nnctl.reading.images.format import ImageFormat, Resizing, check_pixels

AT_ONCE = 1 << 22  # numbers that are added up at a time


def resize(pixels: Array, wanted: ImageFormat) -> Array:
    """Pixels `(height, width, channels)` of 8 bits in the size that is wanted.

    Numbers between whole ones are rounded. Raises `UnreadableImage` where it would be too large.
    """
    if wanted.crop:
        pixels = crop(pixels, wanted.size)
    if wanted.pad:
        pixels = pad(pixels, wanted.size)
    # First the axis that loses most, so that no image on the way is larger than it must be.
    for axis in sorted((0, 1), key=lambda axis: wanted.size[axis] / pixels.shape[axis]):
        pixels = along_axis(pixels, axis, wanted.size[axis], wanted.interpolation)
    return np.rint(pixels).astype(np.uint8)


def crop(pixels: Array, size: tuple[int, int]) -> Array:
    """The largest part of an image, in its middle, that has the shape of `size`."""
    height, width, _ = pixels.shape
    high, wide = fitting(height, width, size)
    high, wide = max(1, min(height, high)), max(1, min(width, wide))
    top, left = (height - high) // 2, (width - wide) // 2
    return pixels[top : top + high, left : left + wide]


def pad(pixels: Array, size: tuple[int, int]) -> Array:
    """The image in the middle of a black one that has the shape of `size`."""
    height, width, _ = pixels.shape
    high, wide = fitting(height, width, size)
    high, wide = max(height, high), max(width, wide)
    check_pixels(high * wide, " with what it is padded by")
    top, left = (high - height) // 2, (wide - width) // 2
    # As much on either side, as in Keras: of an odd number of lines one is left out.
    return np.pad(pixels, ((top, top), (left, left), (0, 0)))


def fitting(height: int, width: int, size: tuple[int, int]) -> tuple[int, int]:
    """The height that goes with the width in the shape of `size`, and the width with the height."""
    # 300 by 400 in the shape of 1 by 1: 400 high would be as wide as it is, 300 wide as high.
    return width * size[0] // size[1], height * size[1] // size[0]


def along_axis(pixels: Array, axis: int, size: int, way: Resizing) -> Array:
    """The pixels with so many along an axis."""
    count = pixels.shape[axis]
    if count == size:
        return pixels
    scale = count / size
    if way == "area":
        return means(pixels, axis, np.arange(size + 1) * scale)
    # Of 4 pixels in place of 2, the middles 0.5, 1.5, 2.5, 3.5 lie at 0.25, 0.75, 1.25, 1.75 of
    # the old ones, whose own middles are 0.5 and 1.5: at -0.25, 0.25, 0.75, 1.25 counted in pixels.
    twice = (2 * np.arange(size) + 1) * count  # whole numbers, so that what lies between is exact
    if way == "nearest":
        nearest: Array = pixels.take(twice // (2 * size), axis)
        return nearest
    at = np.clip(twice / (2 * size) - 0.5, 0, count - 1)
    below = at.astype(np.intp)
    share = (at - below).astype(np.float32).reshape(-1, *[1] * (2 - axis))
    low = pixels.take(below, axis).astype(np.float32)
    high = pixels.take(np.minimum(below + 1, count - 1), axis).astype(np.float32)
    between: Array = low + share * (high - low)
    return between


def means(pixels: Array, axis: int, ends: Array) -> Array:
    """The mean of all between one end and the next, in pixels and parts of one."""
    moved = np.moveaxis(pixels, axis, 0)
    width = max(1, AT_ONCE // math.prod(moved.shape[::2]))
    starts = range(0, moved.shape[1], width)
    parts = [means_of_lines(moved[:, start : start + width], ends) for start in starts]
    joined: Array = np.moveaxis(np.concatenate(parts, 1), 0, axis)
    return joined


def means_of_lines(lines: Array, ends: Array) -> Array:
    """The means along the first axis."""
    numbers = lines.astype(np.float64)
    # Of 3 pixels the sums up to 0, 1, 2 and 3; up to 1.5 it is half of the second one more.
    sums = np.concatenate([np.zeros_like(numbers[:1]), numbers.cumsum(0)])
    whole = np.minimum(ends.astype(np.intp), len(numbers) - 1)
    shares = (ends - whole).reshape(-1, 1, 1)
    found: Array = np.diff(sums[whole] + shares * numbers[whole], axis=0) / (ends[1] - ends[0])
    return found
