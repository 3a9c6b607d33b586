"""Reading and writing `.npz` files without pickle, so that nothing in a file can run.

What a file claims about the size of its arrays is checked before memory is taken for them, and
what is written depends on the arrays alone: the same arrays give the same bytes.
"""

import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting, did_you_mean
from nnctl.system import machine

READABLE_KINDS = "biufcUS"
_DAMAGED = (EOFError, KeyError, NotImplementedError, OSError, OverflowError, RuntimeError)
_BEST_COMPRESSION = 1100  # deflate makes at most 1032 bytes of one
_SUFFIX = ".npy"
_READ_AT_ONCE = 1 << 18  # bytes
_EPOCH = (1980, 1, 1, 0, 0, 0)


def read_arrays(path: str | Path, only: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npz` file by name: all of them, or `only` those.

    Raises `NnctlError` for a file that is no `.npz` file or is damaged, for an array that holds
    Python objects or claims more than the file can hold, and for names that are not there.
    """
    file = str(path)
    with _archive(path) as archive:
        members = _members(archive, file)
        names = list(members) if only is None else _existing(list(only), list(members), file)
        _check_memory([members[name] for name in names], file)
        return {name: _read(archive, members[name], name, file) for name in names}


def array_names(path: str | Path) -> tuple[str, ...]:
    """The names of the arrays in an `.npz` file. Raises `NnctlError` as `read_arrays` does."""
    with _archive(path) as archive:
        return tuple(_members(archive, str(path)))


def array_checksums(path: str | Path) -> dict[str, tuple[int, int]]:
    """The CRC-32 and the bytes of each array by its name, as the archive's directory has them.

    No array is read for that. Raises `NnctlError` as `read_arrays` does.
    """
    with _archive(path) as archive:
        members = _members(archive, str(path))
        return {name: (info.CRC, info.file_size) for name, info in members.items()}


def write_arrays(file: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes an uncompressed `.npz` file, with no time stamps. Objects are refused (ValueError)."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + _SUFFIX, _EPOCH)
            member.create_system = 3  # Unix, whichever system writes it
            member.external_attr = 0o600 << 16
            with archive.open(member, "w", force_zip64=True) as stream:
                npy.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)


@contextmanager
def _archive(path: str | Path) -> Iterator[zipfile.ZipFile]:
    file = str(path)
    if Path(path).is_dir():
        raise NnctlError(Problem("this is a folder; an .npz file is needed", None, file))
    try:
        with _opened(path) as archive:
            yield archive
    except FileNotFoundError:
        raise NnctlError(Problem("there is no such file", None, file)) from None
    except zipfile.BadZipFile as error:
        message = f"this is not a whole .npz file ({error})"
        raise NnctlError(Problem(message, "copy or write it again", file)) from None
    except OSError as error:
        message = f"it cannot be read ({error.strerror or error})"
        raise NnctlError(Problem(message, None, file)) from None


def _opened(path: str | Path) -> zipfile.ZipFile:
    """The archive. Raises `BadZipFile` for whatever is wrong with its directory, or `OSError`."""
    try:
        return zipfile.ZipFile(path)
    except (NotImplementedError, ValueError, struct.error) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _members(archive: zipfile.ZipFile, file: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(_SUFFIX)
        if name == info.filename:
            message = f'"{name}" in it is not an array; an .npz file holds .npy files alone'
            raise NnctlError(Problem(message, None, file))
        if name in members:
            raise NnctlError(Problem(f'it holds two arrays named "{name}"', None, file))
        members[name] = info
    return members


def _existing(names: list[str], existing: list[str], file: str) -> list[str]:
    missing = [name for name in names if name not in existing]
    if missing:
        shown = ", ".join(existing) if existing else "none"
        raise NnctlError(
            Problem(
                f'there is no array "{name}"; the arrays are: {shown}',
                did_you_mean(name, existing),
                file,
                setting=Setting(item=name),
            )
            for name in missing
        )
    return names


def _check_memory(members: list[zipfile.ZipInfo], file: str) -> None:
    """Raises `NnctlError` where the members claim what neither file nor memory can hold."""
    _check_claims(members, file)
    needed = sum(info.file_size for info in members)
    memory = machine.memory()
    if memory is not None and needed > memory:
        message = f"its arrays need {needed:,} bytes; this computer has {memory:,}"
        raise NnctlError(Problem(message, None, file))


def _check_claims(members: list[zipfile.ZipInfo], file: str) -> None:
    """Raises `NnctlError` where the members claim what the file cannot hold."""
    on_disk = os.path.getsize(file)
    for info in members:
        limit = _BEST_COMPRESSION if info.compress_type != zipfile.ZIP_STORED else 1
        if info.compress_size > on_disk or info.file_size > info.compress_size * limit:
            message = f'"{info.filename}" claims {info.file_size:,} bytes, more than the file holds'
            raise NnctlError(Problem(message, "copy or write it again", file))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, file: str) -> NDArray[Any]:
    try:
        with archive.open(info) as stream:
            problem = header_of(stream, info.file_size)
            if isinstance(problem, Header):
                # The claim is the member's size: its checksum is verified with the last byte.
                return array_behind(stream, problem)
    except (zipfile.BadZipFile, zlib.error, ValueError, *_DAMAGED) as error:
        problem = f"it is damaged ({error})"
    except MemoryError:
        problem = "there is not enough memory for it"
    raise NnctlError(Problem(f'array "{name}": {problem}', None, file))


class Header:
    """What stands at the start of an array's file: its shape and type, and how its numbers lie.

    `offset` is where they begin; `by_column` says that the first axis changes fastest.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: "np.dtype[Any]", by_column: bool, offset: int
    ) -> None:
        self.shape, self.dtype, self.by_column, self.offset = shape, dtype, by_column, offset

    @property
    def count(self) -> int:
        """The numbers of the array."""
        return math.prod(self.shape)


def array_behind(stream: IO[bytes], header: Header) -> NDArray[Any]:
    """The array whose numbers come next. Raises ValueError where they end too soon."""
    array: NDArray[Any] = np.empty(header.count, header.dtype)
    left = array.view(np.uint8).data if array.nbytes else memoryview(b"")
    while len(left):
        part = stream.read(min(len(left), _READ_AT_ONCE))
        if not part:
            raise ValueError("it ends too soon")
        left[: len(part)] = part
        left = left[len(part) :]
    if header.by_column:
        return array.reshape(header.shape[::-1]).T
    return array.reshape(header.shape)


def header_of(stream: IO[bytes], size: int) -> Header | str:
    """The header of an array's file of `size` bytes, or what speaks against reading it."""
    try:
        version = npy.read_magic(stream)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_column, dtype = reader(stream)
    except ValueError as error:
        return f"it is damaged ({error})"
    if dtype.hasobject:
        return "it holds Python objects, which could run code when read, and is refused"
    if dtype.kind not in READABLE_KINDS:
        return f"its type {dtype} is neither numbers nor text"
    header = Header(shape, dtype, by_column, stream.tell())
    claimed, there = header.count * dtype.itemsize, size - header.offset
    if claimed != there:
        return f"its header claims {claimed:,} bytes of data, the file has {there:,}"
    return header


@contextmanager
def open_member(path: str | Path, name: str) -> Iterator[tuple[IO[bytes], zipfile.ZipInfo]]:
    """An array of an `.npz` file as the bytes of an `.npy` file, and what the archive says of it.

    Raises `NnctlError` as `read_arrays` does, but for what is too large for memory.
    """
    file = str(path)
    with _archive(path) as archive:
        members = _members(archive, file)
        (found,) = _existing([name], list(members), file)
        _check_claims([members[found]], file)
        try:
            with archive.open(members[found]) as stream:
                yield stream, members[found]
        except (zipfile.BadZipFile, zlib.error, *_DAMAGED) as error:
            message = f'array "{name}": it is damaged ({error})'
            raise NnctlError(Problem(message, None, file)) from None
