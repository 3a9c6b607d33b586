"""Images of every mode, turned ones, and what is none."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnctl.reading.images.decoding import decode
from nnctl.reading.images.format import ImageFormat, UnreadableImage
from tests.images import SIGNATURE, bomb, pixels, write_image

SHAPE = (6, 4)
COLOUR, GREY = ImageFormat(SHAPE), ImageFormat(SHAPE, "grayscale")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
@pytest.mark.parametrize("wanted", [COLOUR, GREY], ids=["rgb", "grayscale"])
def test_a_png_has_the_pixels_that_pillow_converts_it_to(tmp_path, mode, wanted):
    file = write_image(tmp_path / "a.png", pixels(*SHAPE), mode)
    found = decode(file, wanted)
    kind = "L" if wanted is GREY else "RGB"
    with Image.open(file) as image:
        expected = np.asarray(image.convert(kind)).reshape(found.pixels.shape)
    np.testing.assert_array_equal(found.pixels, expected)
    assert (found.size, found.mode) == (SHAPE, mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_of_any_mode_has_about_its_colours(tmp_path, mode):
    plain = np.full((*SHAPE, 3), [200, 90, 40], np.uint8)
    found = decode(write_image(tmp_path / "a.JPG", plain, mode), COLOUR)
    expected = np.asarray(Image.fromarray(plain).convert(mode).convert("RGB")).astype(int)
    assert np.abs(found.pixels - expected).max() <= 3
    assert found.mode == mode


def test_grey_of_16_bits_keeps_its_upper_8(tmp_path):
    levels = np.array([[0, 255, 256], [65535, 32768, 4660]], np.uint16)
    file = tmp_path / "a.png"
    Image.fromarray(levels).save(file)
    found = decode(file, ImageFormat((2, 3), "grayscale"))
    np.testing.assert_array_equal(found.pixels[..., 0], levels >> 8)


TURNED = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: lambda x: np.rot90(x),
}


@pytest.mark.parametrize("turn", TURNED)
def test_an_image_stands_as_exif_says(tmp_path, turn):
    image = pixels(*SHAPE)
    expected = TURNED[turn](image)
    file = write_image(tmp_path / "a.png", image, turn=turn)
    found = decode(file, ImageFormat(expected.shape[:2]))
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.size == expected.shape[:2]


def test_the_digest_is_of_what_is_seen(tmp_path):
    image = pixels(*SHAPE)
    turned = write_image(tmp_path / "a.png", np.rot90(image), turn=6)
    plain = write_image(tmp_path / "b.png", image)
    Image.fromarray(image).save(tmp_path / "c.png", compress_level=0)
    other = write_image(tmp_path / "d.png", image[::-1])
    digests = [decode(f, COLOUR).digest for f in (turned, plain, tmp_path / "c.png", other)]
    assert len(set(digests[:3])) == 1 and digests[3] != digests[0]
    assert decode(plain, GREY).digest == decode(plain, ImageFormat((2, 2))).digest == digests[0]


def half(file: Path) -> bytes:
    data = file.read_bytes()
    return data[: len(data) // 2]


def saved_as(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels(4, 4)).save(stream, format=kind)
    return stream.getvalue()


BROKEN = {
    "text.jpg": (lambda f: b"hello", "this is neither a PNG nor a JPEG"),
    "page.jpg": (lambda f: b"<html>no such image</html>", "this is a web page .*, neither a PNG"),
    "heic.jpg": (lambda f: b"\0\0\0\x18ftypheic\0", "this is an HEIC image, neither a PNG"),
    "gif.jpg": (lambda f: saved_as("GIF"), "this is a GIF image, neither a PNG nor a JPEG"),
    "webp.png": (lambda f: saved_as("WEBP"), "this is a WebP image, neither a PNG nor a JPEG"),
    "tiff.png": (lambda f: saved_as("TIFF"), "this is a TIFF image, neither a PNG nor a JPEG"),
    "nothing.png": (lambda f: b"", "it is empty"),
    "cut.jpg": (lambda f: half(write_image(f, pixels(40, 40))), "this JPEG is damaged"),
    "cut.png": (lambda f: half(write_image(f, pixels(40, 40))), "this PNG is damaged"),
    "head.png": (lambda f: SIGNATURE, "this PNG is damaged"),
    "huge.png": (lambda f: bomb(40_000, 25_000), "1,000,000,000 pixels; at most 100,000,000"),
    "line.png": (lambda f: bomb(2**31 - 1, 1), "2,147,483,647 pixels"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_image_is_told_in_words(tmp_path, name):
    make, words = BROKEN[name]
    file = tmp_path / name
    file.write_bytes(make(file))
    with pytest.raises(UnreadableImage, match=words):
        decode(file, COLOUR)


def test_every_cut_of_an_image_is_told_in_words(tmp_path):
    for kind in ("png", "jpg"):
        whole = write_image(tmp_path / f"whole.{kind}", pixels(9, 9)).read_bytes()
        cut = tmp_path / f"cut.{kind}"
        for end in range(0, len(whole) - 20, 23):
            cut.write_bytes(whole[:end])
            with pytest.raises(UnreadableImage):
                decode(cut, COLOUR)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableImage, match="this is no file"):
        decode(tmp_path / "a.png", COLOUR)
