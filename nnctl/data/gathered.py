"""Rows that are put together part by part: held, or on the disk where they are too many."""

import numpy as np

from nnctl.data.reading.array_types import Array
from nnctl.data.reading.storage import Scratch, StoredArray
from nnctl.data.streamed import StoredRows, Streamed


class Gathered:
    """Inputs, of which more than `memory` bytes are put on the disk; None has all of them held."""

    def __init__(self, memory: int | None) -> None:
        self._memory = memory
        self._parts: list[Array] = []
        self._bytes = self._rows = 0
        self._scratch: Scratch | None = None

    def __len__(self) -> int:
        return self._rows

    def append(self, part: Array) -> None:
        """Further rows. Raises `DiskFullError`."""
        self._rows += len(part)
        self._bytes += part.nbytes
        self._parts.append(part)
        if self._memory is not None and self._bytes > self._memory:
            self._scratch = self._scratch or Scratch()
            kept = self._parts[:1]
            for each in self._parts:
                self._scratch.append(each)
            self._parts = [part[:0] for part in kept]

    def whole(self) -> "Array | Streamed":
        """All rows, of which there is at least one; nothing is left here."""
        if self._scratch is None or self._memory is None:
            return joined(self._parts)
        shape, dtype = self._parts[0].shape[1:], self._parts[0].dtype
        stored = StoredArray(self._scratch, 0, (self._rows, *shape), dtype)
        return Streamed(StoredRows(stored), shape, dtype, self._memory)


def joined(parts: list[Array]) -> Array:
    """The rows of all `parts`, which are let go of one by one; `parts` is left empty."""
    rows = sum(len(part) for part in parts)
    whole = np.empty((rows, *parts[0].shape[1:]), dtype=parts[0].dtype)
    start = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        whole[start : start + len(part)] = part
        start += len(part)
    return whole
