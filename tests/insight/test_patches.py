"""Parts of images: each pixel belongs to one, and is where the name says."""

import numpy as np
import pytest

from nnctl.insight.patches import parts_of_images, stretches


@pytest.mark.parametrize("shape", [(1, 1, 1), (20, 33, 3), (64, 64, 3), (200, 9, 1)])
def test_each_pixel_belongs_to_one_part(shape):
    parts = parts_of_images(shape)
    places = np.concatenate(list(parts.values()))
    assert np.array_equal(np.sort(places), np.arange(np.prod(shape)))


def test_a_part_is_where_its_name_says():
    image = np.zeros((16, 24, 2))
    image[8:16, 16:24] = 1
    own = parts_of_images(image.shape)["rows 8-15, columns 16-23"]
    assert np.array_equal(own, np.flatnonzero(image))


@pytest.mark.parametrize(("side", "count"), [(1, 1), (15, 1), (16, 2), (64, 8), (1000, 8)])
def test_parts_are_few_and_no_smaller_than_need_be(side, count):
    found = stretches(side)
    assert len(found) == count
    assert min(end - start for start, end in found) >= min(side, 8)
