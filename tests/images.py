"""Images of all kinds, sound and not, that tests make for themselves."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Some colours, `(height, width, 3)`."""
    made = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return made.astype(np.uint8)


def write_image(file: Path, array: np.ndarray, mode: str | None = None, turn: int = 0) -> Path:
    """An image of pixels, in the mode that is asked for; `turn` is an orientation of EXIF's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    image = image.convert(mode) if mode else image
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    image.save(file, exif=exif)
    return file


def write_folder(root: Path, classes: dict[str, int], side: int = 12) -> Path:
    """A folder a class, in which there are so many images of one shade of grey, with noise."""
    for place, (name, count) in enumerate(classes.items()):
        for number in range(count):
            noise = np.random.default_rng([place, number]).integers(0, 40, (side, side + number, 3))
            shade = place * 200 // max(1, len(classes) - 1)
            kind = "png" if number % 2 else "jpg"
            write_image(root / name / f"{number}.{kind}", (shade + noise).astype(np.uint8))
    return root


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    ends = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + ends


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is as large as that, and has next to nothing in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
