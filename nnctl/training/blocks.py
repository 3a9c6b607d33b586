"""Rows that come in blocks, because they are too many to be held.

In which order they train says `nnctl/training/shuffling.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from nnctl.graph import Array, Shape

BLOCK_BYTES = 1 << 24  # made together: enough for NumPy, and little beside what Python takes
Mode = Literal["raise", "wrap", "clip"]


class Blocks(ABC):
    """Inputs `shape` `(rows, *example)` that are not held as such: to the engine, an array.

    Block k has the rows `starts[k]` to `starts[k + 1]`. Of `at_once` blocks any rows can be taken
    at random without any of them being read again; where there are more, those are a window.
    """

    shape: Shape
    dtype: "np.dtype[Any]"
    starts: Array
    at_once: int

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self.starts) - 1

    @property
    def has_windows(self) -> bool:
        """Whether only some of the rows are at hand at a time."""
        return self.count > self.at_once

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=object))

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The bytes that are held of it in training."""

    @abstractmethod
    def take(self, rows: Array, axis: int, out: Array, mode: Mode) -> None:
        """Puts the rows of a batch into `out`, as NumPy's `take` does."""

    @abstractmethod
    def __getitem__(self, rows: Any) -> Array:
        """Some rows, named by a slice, by an array of them, or a single one by its number."""

    @abstractmethod
    def reshape(self, *shape: int) -> "Blocks":
        """The same rows, each in another shape."""


Inputs = Array | Blocks


def shape_of_rows(shape: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the same rows, each in the shape that is wanted, which may be (rows, -1)."""
    size = int(np.prod(shape[1:]))
    example = (size,) if wanted[1:] == (-1,) else wanted[1:]
    if wanted[0] != shape[0] or int(np.prod(example)) != size:
        raise ValueError(f"cannot reshape {shape} into {wanted}")
    return (shape[0], *example)


def rows_by_bytes(row: int, multiple: int = 1) -> int:
    """How many rows are made together, of which each takes `row` bytes with all that it becomes.

    A multiple of so many rows, and at least those.
    """
    return max(1, BLOCK_BYTES // (max(1, row) * multiple)) * multiple


def slices_of(rows: int, size: int) -> Iterator[slice]:
    """So many rows from the first to the last, `size` of them at a time."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
