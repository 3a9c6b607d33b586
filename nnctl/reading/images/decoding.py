"""One image: from a file to its pixels."""

import hashlib
import os
import stat
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnctl.reading.array_types import Array
from nnctl.reading.images.format import ImageFormat, UnreadableImage, check_pixels
from nnctl.reading.images.resizing import resize
from nnctl.reading.kinds import foreign_kind
from nnctl.system.extras import load_extra

MANY_PIXELS = 20_000_000  # pixels, from which on images are decoded one by one, for their memory
GREY = ("1", "L", "LA", "La")
SHIFT = 8  # bits from 16 to 8
TURN = threading.Lock()
BEGINNING = 64  # bytes that tell what a file is
MAGIC = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG"}


class Decoded(NamedTuple):
    """An image: its pixels in the size that was wanted, and what it was.

    `size` is (height, width) and `mode` what its pixels are, as Pillow names it; `digest` is the
    SHA-256 of all its pixels, whatever file they were in.
    """

    pixels: Array
    size: tuple[int, int]
    mode: str
    digest: bytes


def pillow(module: str = "Image") -> Any:
    """A module of the package that decodes. Raises `NnctlError` where it is not installed."""
    return load_extra(f"PIL.{module}", "images", "Pillow")


def decode(path: Path, wanted: ImageFormat) -> Decoded:
    """The pixels of a file. Raises `UnreadableImage`."""
    try:
        # A pipe would wait for somebody to write to it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UnreadableImage("this is no file")
        with open(path, "rb") as stream:
            return _decoded(stream, wanted)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadableImage(f"it cannot be read ({why})") from None


def _decoded(stream: Any, wanted: ImageFormat) -> Decoded:
    start = stream.read(BEGINNING)
    kind = next((name for magic, name in MAGIC.items() if start.startswith(magic)), None)
    if kind is None:
        raise UnreadableImage(kind_in_words(start))
    stream.seek(0)
    try:
        # By its own class: what `Image.open` says of large images would be a warning for some.
        with opener(kind)(stream) as image:
            width, height = image.size
            check_pixels(width * height)
            with TURN if width * height > MANY_PIXELS else nullcontext():
                return _converted(image, wanted)
    except UnreadableImage:
        raise
    except MemoryError:
        raise UnreadableImage(f"this {kind} does not fit into memory") from None
    except Exception as error:  # of a damaged file Pillow may say anything
        words = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableImage(f"this {kind} is damaged ({words})") from None


def _converted(image: Any, wanted: ImageFormat) -> Decoded:
    """An image, as it is to be."""
    mode = image.mode
    pillow("ImageOps").exif_transpose(image, in_place=True)
    whole = in_8_bits(image)
    height, width = whole.height, whole.width
    pixels = np.asarray(whole).reshape(height, width, -1)
    digest = hashlib.sha256(f"{whole.mode} {whole.size}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    kind = "L" if wanted.color_mode == "grayscale" else "RGB"
    if whole.mode != kind:
        pixels = np.asarray(whole.convert(kind)).reshape(height, width, -1)
    return Decoded(resize(pixels, wanted), (height, width), mode, digest.digest())


def kind_in_words(start: bytes) -> str:
    """What a file is that begins so and is no image of the two kinds that are read."""
    if not start:
        return "it is empty"
    found = foreign_kind(start)
    return "this is " + (f"{found[0]}, " if found else "") + "neither a PNG nor a JPEG"


def opener(kind: str) -> Any:
    """The class of Pillow's for files of a kind."""
    if kind == "PNG":
        return pillow("PngImagePlugin").PngImageFile
    return pillow("JpegImagePlugin").JpegImageFile


def in_8_bits(image: Any) -> Any:
    """The image in one channel of grey, or three of colour, of 8 bits each."""
    if image.mode.startswith("I"):  # grey of 16 bits
        levels = np.asarray(image).astype(np.int64) >> SHIFT
        return pillow().fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    kind = "L" if image.mode in GREY else "RGB"
    return image if image.mode == kind else image.convert(kind)
