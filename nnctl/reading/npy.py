"""Arrays of `.npy` files, and of `.npz` files, left on the disk."""

import os
import zipfile
from pathlib import Path

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.reading.bytestream import reading
from nnctl.reading.storage import ByteFile, StoredArray
from nnctl.system.npz import Header, header_of, open_member

WIDEST = 8  # bytes of a number in a run
SMALL = 1 << 23  # bytes: of more, a copy beside what is made of it would be felt
CHUNK = 1 << 20
_LOCAL_HEADER = 30  # bytes of a member's, before its name


def stored_npy(path: Path) -> StoredArray:
    """The array of an `.npy` file, of which nothing is read but the header.

    Raises `NnctlError` for what is no `.npy` file, for Python objects, for columns in place of
    rows, and for a file that is longer or shorter than its header says.
    """
    with reading(path), open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        header = checked(header_of(stream, size), "", str(path))
        return StoredArray(ByteFile.open(path), header.offset, header.shape, header.dtype)


def stored_member(path: Path, name: str, memory: int) -> StoredArray | None:
    """An array of an `.npz` file that is read where it stands; None for one that is held better.

    That is a small one and, unless it may be too large for memory, one whose rows do not lie one
    after another in the file. Its checksum is verified here. Raises `NnctlError` as `stored_npy`
    does, and for a compressed one, which takes more memory than it may.
    """
    with open_member(path, name) as (stream, info):
        header = header_of(stream, info.file_size)
        if isinstance(header, str):
            raise NnctlError(Problem(f'array "{name}": {header}', None, str(path)))
        compressed = info.compress_type != zipfile.ZIP_STORED
        in_rows = header.shape and not (header.by_column and len(header.shape) > 1)
        most = memory if compressed or not in_rows else min(memory, SMALL)
        if header.count * WIDEST <= most or (compressed and info.file_size <= memory):
            return None
        if compressed:
            message = f'array "{name}": it is compressed, and takes {info.file_size:,} bytes, more '
            message += f"than the {memory:,} of data.memory"
            fix = "write it with np.savez, which does not compress; then it is read in blocks"
            raise NnctlError(Problem(message, fix, str(path)))
        while stream.read(CHUNK):
            pass  # with the last byte, the checksum is verified
        header = checked(header, f'array "{name}": ', str(path))
        offset = start_of(path, info) + header.offset
        return StoredArray(ByteFile.open(path), offset, header.shape, header.dtype)


def checked(header: Header | str, ahead: str, file: str) -> Header:
    """The header of an array whose rows can be read one after another."""
    if isinstance(header, str):
        raise NnctlError(Problem(f"{ahead}{header}", None, file))
    if not header.shape:
        message = f"{ahead}it is a single value; there must be a row for each example"
        raise NnctlError(Problem(message, None, file))
    if header.by_column and len(header.shape) > 1:
        message = f"{ahead}its columns lie one after another (Fortran order), not its rows"
        fix = "write it again: np.save(FILE, np.ascontiguousarray(array))"
        raise NnctlError(Problem(message, fix, file))
    return header


def start_of(path: Path, info: zipfile.ZipInfo) -> int:
    """Where the bytes of an uncompressed member begin."""
    file = ByteFile.open(path)
    local = np.empty(_LOCAL_HEADER, np.uint8)
    file.read(info.header_offset, local)
    name, extra = local[-4:].view("<u2").tolist()
    return info.header_offset + _LOCAL_HEADER + int(name + extra)
