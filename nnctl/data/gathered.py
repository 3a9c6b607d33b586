"""Rows that are put together part by part: held, or on the disk where they are too many."""

from typing import Any

from nnctl.data.one_hot import make_unless_wide, put, room_for
from nnctl.data.streamed import StoredRows, Streamed
from nnctl.reading.array_types import Array
from nnctl.reading.storage import Scratch, StoredArray
from nnctl.training.blocks import Blocks, rows_by_bytes, slices_of
from nnctl.training.one_hot import OneHot


class Gathered:
    """Inputs, of which more than `memory` bytes are put on the disk; None has all of them held."""

    def __init__(self, memory: int | None) -> None:
        self._memory = memory
        self._parts: list[Array | OneHot] = []
        self._bytes = self._rows = 0
        self._scratch: Scratch | None = None

    def __len__(self) -> int:
        return self._rows

    def append(self, part: Array | OneHot) -> None:
        """Further rows. Raises `DiskFullError`."""
        self._rows += len(part)
        self._bytes += part.nbytes
        self._parts.append(part)
        if self._memory is not None and self._bytes > self._memory:
            self._scratch = self._scratch or Scratch()
            for each in self._parts:
                for rows in slices_of(len(each), rows_by_bytes(each[:1].nbytes)):
                    self._scratch.append(each[rows])
            self._parts = [self._parts[0][:0]]

    def whole(self) -> Array | Blocks:
        """All rows, of which there is at least one; nothing is left here."""
        if self._scratch is None or self._memory is None:
            return make_unless_wide(joined(self._parts), self._memory)
        shape, dtype = self._parts[0].shape[1:], self._parts[0].dtype
        stored = StoredArray(self._scratch, 0, (self._rows, *shape), dtype)
        return Streamed(StoredRows(stored), shape, dtype, self._memory)


def joined(parts: list[Any]) -> Any:
    """The rows of all `parts`, which are let go of one by one; `parts` is left empty."""
    whole = room_for(sum(len(part) for part in parts), parts[0])
    start = 0
    parts.reverse()
    while parts:
        start = put(parts.pop(), whole, start)
    return whole
