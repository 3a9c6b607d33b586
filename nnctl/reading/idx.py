"""IDX files, the format of MNIST: a magic number, the sizes of the axes, then the numbers.

The format: LeCun, Cortes and Burges, The MNIST database of handwritten digits (1998).
"""

import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.reading.bytestream import opened, reading
from nnctl.system import machine

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_AXES = 32
_BYTES_AT_ONCE = (
    1 << 24
)  # bytes read at a time, so that no claim of the header takes memory by itself


def is_idx(path: Path) -> bool:
    """Whether a file begins as IDX files do, with two zero bytes and a type; gzip is unpacked."""
    if not path.is_file():
        return False
    with opened(path) as file, reading(path):
        start = file.read(4)
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES


def read_idx(path: Path) -> NDArray[Any]:
    """The array of an IDX file, plain or gzip, in this machine's byte order.

    Raises `NnctlError` for what is no IDX file, and for one that holds more or less than it says.
    """
    file = str(path)
    with opened(path) as stream, reading(path):
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
            message = "this is not an IDX file: it does not begin with two zero bytes and a type"
            raise NnctlError(Problem(message, None, file))
        sizes = stream.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise NnctlError(_length_problem("its header", 4 * magic[3], len(sizes), file))
        shape = tuple(np.frombuffer(sizes, ">u4").tolist())
        dtype = np.dtype(TYPES[magic[2]])
        if len(shape) > MOST_AXES:
            message = f"it has {len(shape)} axes; at most {MOST_AXES} are read"
            raise NnctlError(Problem(message, None, file))
        data = _read(stream, math.prod(shape) * dtype.itemsize, shape, file)
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _read(stream: BinaryIO, size: int, shape: tuple[int, ...], file: str) -> bytearray:
    data, memory = bytearray(), machine.memory()
    while len(data) <= size and (part := stream.read(min(_BYTES_AT_ONCE, size + 1 - len(data)))):
        data += part
        if len(data) >= _BYTES_AT_ONCE and memory is not None and size > memory:
            message = f"its array needs {size:,} bytes; this computer has {memory:,}"
            raise NnctlError(Problem(message, None, file))
    if len(data) != size:
        axes = " × ".join(map(str, shape))
        raise NnctlError(_length_problem(f"an array of {axes}", size, len(data), file))
    return data


def _length_problem(what: str, expected: int, found: int, file: str) -> Problem:
    held = f"more than {expected:,}" if found > expected else f"{found:,}"
    message = f"{what} takes {expected:,} bytes; the file holds {held}"
    return Problem(message, "copy or download it again", file)
