"""PNG pictures in the text of a page: no file beside it, and the same bytes every time.

The format: Portable Network Graphics (PNG) Specification, third edition, W3C 2023.
"""

import struct
import zlib
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array

RAISES, LOWERS = (214, 96, 33), (52, 120, 200)  # the colours of positive and negative weights
MARKED = 0.35  # how full the colour of hits is
COLOR_TYPES = {1: 0, 3: 2, 4: 6}  # by the bytes of a pixel: grey, RGB, RGB and opacity


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """A picture (height, width, channels) of bytes as the address of an image."""
    height, width, channels = pixels.shape
    header = struct.pack(">2I5B", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    rows = pixels.reshape(height, width * channels)
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)
    return f"data:image/png;base64,{b64encode(content).decode()}"


def chunk(name: bytes, content: bytes) -> bytes:
    length, check = len(content), zlib.crc32(name + content)
    return struct.pack(">I", length) + name + content + struct.pack(">I", check)


def picture(values: Array, low: float, high: float) -> str:
    """An example (height, width, channels), black where its values are `low`, white at `high`."""
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return data_uri(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8))


def weights(values: Array, largest: float) -> str:
    """Weights (height, width): one colour for positive, one for negative, the fuller the larger.

    A weight of 0 is transparent, so that it has the colour of the page, light or dark.
    """
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where((values > 0)[..., None], RAISES, LOWERS)
    shares = np.abs(values, dtype=np.float64) / largest if largest > 0 else np.zeros(values.shape)
    pixels[..., 3] = np.rint(np.clip(shares, 0, 1) * 255)
    return data_uri(pixels)


def counts(fullness: Array, hits: Array, over: bool = False) -> str:
    """Confusions by true class (rows) and predicted class, each so full, from 0 to 1.

    Classes with any `hits` are marked on the diagonal, in another colour; with `over`, only where
    no confusion is.
    """
    shown = fullness.copy()
    marked = np.where(hits > 0, -MARKED, 0.0)
    own = np.diagonal(fullness)
    np.fill_diagonal(shown, np.where(own > 0, own, marked) if over else marked)
    return weights(shown, 1.0)
