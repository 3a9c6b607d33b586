"""Small files that claim or unpack to far more than there is."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

GIB = 1 << 30
_PIECE = 1 << 26  # zeros that are compressed once, and then repeated


def deflated(content: bytes, zeros: int) -> Iterator[bytes]:
    """A raw deflate stream of `content` and so many zeros (a whole number of pieces)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    yield packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(_PIECE)) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(zeros // _PIECE):
        yield piece
    yield packer.flush()


def gzip_bomb(path: Path, content: bytes, zeros: int) -> None:
    """A gzip file of `content` and so many zeros; its checksum is wrong."""
    with path.open("wb") as file:
        file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        file.writelines(deflated(content, zeros))
        file.write(struct.pack("<II", 0, (len(content) + zeros) & 0xFFFFFFFF))


def npy_header(descr: str, shape: str) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"


def zip_of(path: Path, name: str, packed: bytes, size: int, method: int = 8) -> None:
    """A zip file of one member that is said to unpack to `size` bytes; its checksum is wrong."""
    sizes = struct.pack("<QQ", size, len(packed))
    extra = struct.pack("<HH", 1, 16) + sizes
    title = name.encode()
    local = struct.pack(
        "<4s5H3I2H", b"PK\x03\x04", 45, 0, method, 0, 33, 0, 0xFFFFFFFF, 0xFFFFFFFF,
        len(title), len(extra),
    )  # fmt: skip
    central = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 45, 45, 0, method, 0, 33, 0, 0xFFFFFFFF, 0xFFFFFFFF,
        len(title), len(extra), 0, 0, 0, 0, 0,
    )  # fmt: skip
    start = len(local) + len(title) + len(extra) + len(packed)
    directory = central + title + extra
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), start, 0)
    path.write_bytes(local + title + extra + packed + directory + end)


def zip_bomb(path: Path, name: str, size: int) -> None:
    """An `.npz` file of one array of bytes, all zero."""
    header = npy_header("|u1", f"({size}, 1)")
    zip_of(path, name, b"".join(deflated(header, size)), len(header) + size)
