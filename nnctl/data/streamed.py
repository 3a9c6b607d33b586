"""Inputs that are read, and made ready for the model, when a batch needs them."""

from copy import copy
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Array, Mask
from nnctl.reading.storage import StoredArray
from nnctl.training.blocks import Blocks, Mode, shape_of_rows

MEMORY = 256_000_000  # bytes
BLOCKS_AT_ONCE = 256  # blocks in a window, so that it has a fair share of all there is
ORDER = 16  # bytes that the random order of a window's rows takes for each
ABSENT = -(1 << 62)


class RowSource(Protocol):
    """Where inputs come from, ready for the model."""

    def __len__(self) -> int: ...

    def inputs(self, start: int, stop: int, chosen: "NDArray[np.intp] | slice") -> Array:
        """Of the rows from `start` to `stop` those `chosen`, counted from `start`."""
        ...


class StoredRows:
    """Inputs that stand ready on the disk."""

    def __init__(self, stored: StoredArray) -> None:
        self._stored = stored

    def __len__(self) -> int:
        return len(self._stored)

    def inputs(self, start: int, stop: int, chosen: "NDArray[np.intp] | slice") -> Array:
        return self._stored[start:stop][chosen]


class Streamed(Blocks):
    """The inputs of the rows of `source` that `mask` (rows,) names, or of all: (rows, *shape).

    A window of them, of up to `memory` bytes with its order, is held for the batches that are
    taken from it: blocks enter it when a batch wants one of their rows, and drive out those that
    have been there longest.
    """

    def __init__(
        self,
        source: RowSource,
        shape: tuple[int, ...],
        dtype: "np.dtype[Any] | str",
        memory: int,
        mask: Mask | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        row = int(np.prod(shape, dtype=object)) * self.dtype.itemsize
        self.block_rows, self.at_once = window_of(row, memory)
        self.starts = starts_of(len(source), self.block_rows, mask)
        self.shape = (int(self.starts[-1]), *shape)
        self._source, self._mask = source, mask
        self._window: Array | None = None
        self._shifts = np.full(self.count, ABSENT)  # from a row to its place in the window
        self._owners = np.full(self.at_once, -1)  # the block that each part of the window holds
        self._next = 0

    @property
    def nbytes(self) -> int:
        """The bytes that are held of it in training."""
        return self.at_once * self.block_rows * int(np.prod(self.shape[1:])) * self.itemsize

    def reshape(self, *shape: int) -> "Streamed":
        same = copy(self)
        same.shape = shape_of_rows(self.shape, shape)
        same._window, same._next = None, 0
        same._shifts, same._owners = np.full_like(self._shifts, ABSENT), self._owners.copy()
        same._owners.fill(-1)
        return same

    def take(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        if self._window is None:
            self._window = np.empty(
                (self.at_once * self.block_rows, *self.shape[1:]), dtype=self.dtype
            )
        blocks = self._blocks_of(rows)
        places = rows + self._shifts[blocks]
        if places.min() >= 0:
            self._window.take(places, 0, out, mode)
            return
        self._take_and_load(self._window, rows, blocks, out)

    def _take_and_load(self, window: Array, rows: Array, blocks: Array, out: Array) -> None:
        """As `take`; what is there is taken before it may be driven out."""
        waiting = np.ones(len(rows), np.bool_)
        while True:
            places = rows + self._shifts[blocks]
            there = np.flatnonzero(waiting & (places >= 0))
            out[there] = window[places[there]]
            waiting[there] = False
            if not waiting.any():
                return
            for block in sorted(set(blocks[waiting].tolist()))[: self.at_once]:
                self._load(window, block)

    def _load(self, window: Array, block: int) -> None:
        slot, self._next = self._next, (self._next + 1) % self.at_once
        if self._owners[slot] >= 0:
            self._shifts[self._owners[slot]] = ABSENT
        first = slot * self.block_rows
        count = int(self.starts[block + 1] - self.starts[block])
        rows = self._rows_of(block)
        window[first : first + count] = self._read(rows)
        self._owners[slot], self._shifts[block] = block, first - self.starts[block]

    def __getitem__(self, rows: Any) -> Array:
        if isinstance(rows, int | np.integer):
            found: Array = self[np.array([range(len(self))[rows]])][0]
            return found
        wanted = named(rows, len(self))
        out = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        order = np.argsort(wanted, kind="stable")
        ordered = wanted[order]
        blocks = self._blocks_of(ordered)
        ends = [*(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(ordered)]
        start = 0
        for end in ends if len(ordered) else ():
            block = int(blocks[start])
            own = self._rows_of(block)[ordered[start:end] - self.starts[block]]
            out[order[start:end]] = self._read(own)
            start = end
        return out

    def _blocks_of(self, rows: Array) -> Array:
        return np.searchsorted(self.starts, rows, "right") - 1

    def _rows_of(self, block: int) -> "NDArray[np.intp]":
        """The places in the source of a block's rows."""
        first = block * self.block_rows
        if self._mask is None:
            return np.arange(first, min(first + self.block_rows, len(self._source)))
        return first + np.flatnonzero(self._mask[first : first + self.block_rows])

    def _read(self, places: "NDArray[np.intp]") -> Array:
        """The inputs at some places of the source, in ascending order."""
        first, stop = int(places[0]), int(places[-1]) + 1
        chosen = slice(None) if (np.diff(places) == 1).all() else places - first
        made = self._source.inputs(first, stop, chosen)
        return made.reshape(len(places), *self.shape[1:])


def window_of(row: int, memory: int) -> tuple[int, int]:
    """How many rows, of `row` bytes, a block has, and how many blocks a window of `memory`."""
    block_rows = max(1, memory // (BLOCKS_AT_ONCE * (row + ORDER)))
    return block_rows, max(1, memory // (block_rows * (row + ORDER)))


def starts_of(rows: int, block_rows: int, mask: Mask | None = None) -> Array:
    """Where the blocks of so many rows, or of those that `mask` (rows,) names, begin and end."""
    firsts = np.arange(0, rows, block_rows)
    sizes = np.minimum(rows - firsts, block_rows)
    if mask is not None:
        # Not by `reduceat`, which would make numbers of eight bytes of all marks first.
        counts = (np.count_nonzero(mask[first : first + block_rows]) for first in firsts.tolist())
        sizes = np.fromiter(counts, np.int64, len(firsts))
    return np.append(0, np.cumsum(sizes))


def named(rows: Any, length: int) -> "NDArray[np.intp]":
    """The numbers of the rows that a slice, a mask, or an array of numbers names.

    Raises IndexError for one that there is not.
    """
    if isinstance(rows, slice):
        return np.arange(*rows.indices(length))
    given = np.asarray(rows)
    if given.dtype == np.bool_:
        return np.flatnonzero(given)
    found = np.where(given < 0, given + length, given)
    if len(found) and not 0 <= found.min() <= found.max() < length:
        raise IndexError(f"there are {length} rows")
    return found
