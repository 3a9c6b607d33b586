"""Arrays that stay on the disk: rows of them are read where they stand, and nothing is kept.

A memory map would do the same by itself, but the pages it has read count as the process's memory.
"""

import errno
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.system.atomic import DiskFullError, write_problem

USUAL = Path("/var/tmp")  # for large files; /tmp lies in memory on some systems
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ByteFile:
    """A file that several threads may read from, wherever in it; closed when nobody has it.

    On Linux forks of the process may, too.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self._file = FileIO(descriptor, "rb", closefd=False)
        self._turn = threading.Lock()
        weakref.finalize(self, os.close, descriptor)

    @classmethod
    def open(cls, path: Path) -> "ByteFile":
        """The file at `path`. Raises OSError where it cannot be opened."""
        return cls(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), str(path))

    def read(self, offset: int, out: NDArray[Any]) -> None:
        """Fills `out`, which is contiguous, from the byte `offset` on.

        Raises `NnctlError` where the file ends before that, or cannot be read.
        """
        left = out.reshape(-1).view(np.uint8).data
        try:
            with self._turn:
                while len(left):
                    if not (count := self._read_some(offset, left)):
                        message = "it ends before the rows that it should hold: it was cut short"
                        raise NnctlError(Problem(message, "copy or write it again", self.name))
                    left, offset = left[count:], offset + count
        except OSError as error:
            message = f"it cannot be read ({error.strerror or error})"
            raise NnctlError(Problem(message, None, self.name)) from None

    def _read_some(self, offset: int, out: memoryview) -> int:
        """Reads what is there at once; the place of the file, which forks share, stays there."""
        if hasattr(os, "preadv"):
            return os.preadv(self._file.fileno(), [out], offset)
        self._file.seek(offset)
        return self._file.readinto(out)


class Scratch(ByteFile):
    """A file for what does not fit into memory, in the folder that TMPDIR names or else /var/tmp.

    It has no name there, so that the system takes it back when the process ends, however it ends.
    """

    def __init__(self) -> None:
        import tempfile  # most data fit into memory

        folder = scratch_folder()
        with wanting_room(folder), tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            super().__init__(os.dup(file.fileno()), str(folder))
        self._writing = FileIO(self._file.fileno(), "wb", closefd=False)
        self._size = 0

    def append(self, array: NDArray[Any]) -> "StoredArray":
        """Writes an array, and returns it as it stands there. Raises `DiskFullError`."""
        written = np.ascontiguousarray(array)
        stored = StoredArray(self, self._size, written.shape, written.dtype)
        self.write(written.reshape(-1).view(np.uint8).data)
        return stored

    def write(self, left: "memoryview | bytes") -> None:
        """Writes bytes behind those that are there. Raises `DiskFullError`."""
        with wanting_room(self.name), self._turn:
            self._writing.seek(self._size)
            while len(left):
                count = self._writing.write(left)
                self._size += count
                left = left[count:]


def scratch_folder() -> Path:
    """Where what does not fit into memory goes."""
    given = os.environ.get("TMPDIR")
    if given or USUAL.is_dir():
        return Path(given) if given else USUAL
    import tempfile  # rarely needed

    return Path(tempfile.gettempdir())


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder there that is gone afterwards. Raises `NnctlError` where none can be made."""
    import tempfile  # rarely needed

    parent = Path()
    try:
        parent = scratch_folder()
        folder = tempfile.TemporaryDirectory(prefix="nnctl-", dir=parent)
    except OSError as error:
        raise write_problem(error, parent) from None
    with folder as path:
        yield Path(path)


@contextmanager
def wanting_room(folder: str | Path) -> Iterator[None]:
    """Turns what goes wrong when the scratch file is written into an `NnctlError`."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise write_problem(error, folder) from None
        message = f"there is no room for the rows that do not fit into memory ({error.strerror})"
        fix = "free some space, let TMPDIR name a folder on another disk, or raise data.memory"
        raise DiskFullError(Problem(message, fix, str(folder))) from None


class StoredArray:
    """An array within a file, row after row; a slice of it is read when it is asked for."""

    def __init__(
        self, file: ByteFile, offset: int, shape: tuple[int, ...], dtype: "np.dtype[Any]"
    ) -> None:
        self.file, self.offset, self.shape, self.dtype = file, offset, shape, dtype
        self.ndim, self.size = len(shape), int(np.prod(shape, dtype=object))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(len(self))
        out = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        row = self.dtype.itemsize * int(np.prod(self.shape[1:], dtype=object))
        if out.size:
            self.file.read(self.offset + start * row, out)
        return out

    def reshape(self, *shape: int) -> "StoredArray":
        """The same numbers in rows of another shape."""
        return StoredArray(self.file, self.offset, shape, self.dtype)
