"""PNG pictures, read back by Pillow, which Matplotlib brings along."""

import io
from base64 import b64decode

import numpy as np
import pytest

from nnctl.report import png


def pixels(address: str) -> np.ndarray:
    image = pytest.importorskip("PIL.Image")
    head, _, text = address.partition(",")
    assert head == "data:image/png;base64"
    with image.open(io.BytesIO(b64decode(text))) as opened:
        opened.load()
        return np.asarray(opened)


def test_examples_go_from_black_to_white(generator):
    values = generator.uniform(-3, 7, (5, 4, 3))
    values[0, 0], values[1, 1] = -3, 7
    expected = np.rint((values + 3) / 10 * 255)
    np.testing.assert_array_equal(pixels(png.picture(values, -3, 7)), expected)
    grey = pixels(png.picture(values[..., :1], -3, 7))
    np.testing.assert_array_equal(grey, expected[..., 0])


def test_examples_all_of_one_value_are_black():
    assert not pixels(png.picture(np.ones((2, 2, 1)), 1, 1)).any()


def test_weights_have_the_colour_of_their_sign_and_the_fullness_of_their_size():
    shown = pixels(png.weights(np.array([[2.0, -1.0, 0.0]]), 2.0))
    assert shown[0, 0].tolist() == [*png.RAISES, 255]
    assert shown[0, 1].tolist() == [*png.LOWERS, 128]
    assert shown[0, 2, 3] == 0
    assert not pixels(png.weights(np.zeros((1, 2)), 0.0))[..., 3].any()


def test_confusions_are_so_full_and_classes_that_were_found_are_marked():
    shown = pixels(png.counts(np.array([[0.0, 0.5], [1.0, 0.0]]), np.array([3, 0])))
    assert shown[..., 3].tolist() == [[round(255 * png.MARKED), 128], [255, 0]]
    assert shown[0, :, :3].tolist() == [list(png.LOWERS), list(png.RAISES)]
