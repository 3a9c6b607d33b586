"""The features of a file's rows as they were read: held in pieces, or on the disk."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.joining import GrowingRows
from nnctl.reading.storage import Scratch, StoredArray
from nnctl.reading.table import TextColumn
from nnctl.system.machine import give_memory_back

ROUNDED_AT_ONCE = 1 << 16  # numbers
STRETCH = 1 << 20  # numbers read at a time
EXACT = (np.dtype(np.float32), np.dtype(np.float64))


class HeldRows:
    """Some rows of those that grow."""

    def __init__(self, grown: GrowingRows, start: int, stop: int) -> None:
        self._grown, self._start, self._stop = grown, start, stop
        self.dtype = grown.dtype

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        return self._grown[self._start : self._stop][rows]


Numbers = NDArray[Any] | StoredArray | HeldRows


class Piece:
    """Consecutive rows: `numbers` (rows, numeric) and the codes of text (rows, text), int32."""

    def __init__(
        self, numeric: tuple[str, ...], text: tuple[str, ...], numbers: Numbers, codes: Numbers
    ) -> None:
        self.numeric, self.text = numeric, text
        self.numbers, self.codes = numbers, codes

    def __len__(self) -> int:
        return len(self.numbers)


NO_ROWS = Piece((), (), np.empty((0, 0)), np.empty((0, 0)))


class Stretch(NamedTuple):
    """Rows in memory: the numeric columns (rows, columns), nan where missing, and those of text."""

    numbers: NDArray[Any]
    text: list[TextColumn]

    def rows(self, chosen: "NDArray[np.intp] | slice") -> "Stretch":
        """Some of the rows."""
        text = [TextColumn(column.codes[chosen], column.labels) for column in self.text]
        return Stretch(self.numbers[chosen], text)


class Features:
    """The feature columns `names` of all rows, which `add` gathers from top to bottom.

    What takes more than `memory` bytes goes to a scratch file, where stretches of it are read
    again. A column is one of text if it is so in any piece. Numbers are rounded to `dtype`, if one
    is given, where it holds those of a piece exactly; of `some_missing` it may hold nan.
    """

    def __init__(
        self,
        names: Sequence[str],
        memory: int,
        dtype: str | None = None,
        some_missing: bool = False,
    ) -> None:
        self.names, self._memory = tuple(names), memory
        self._dtype, self._some_missing = dtype, some_missing
        self._grown: GrowingRows | None = None
        self._pieces: list[Piece] = []
        self._places: dict[str, dict[str, int]] = {}
        self._starts = [0]
        self._bytes = 0
        self._scratch: Scratch | None = None

    @classmethod
    def in_place(cls, names: Sequence[str], numbers: StoredArray) -> "Features":
        """Numbers (rows, columns) that are read where they stand."""
        features = cls(names, 0)
        features._append(Piece(tuple(names), (), numbers, np.empty((len(numbers), 0), np.int32)))
        return features

    def add(
        self, numeric: tuple[str, ...], numbers: NDArray[Any], text: Mapping[str, TextColumn]
    ) -> None:
        """Further rows. Raises `DiskFullError`."""
        codes = np.empty((len(numbers), len(text)), np.int32)
        for place, (name, column) in enumerate(text.items()):
            known = self._places.setdefault(name, {})
            own = [known.setdefault(label, len(known)) for label in column.labels]
            codes[:, place] = np.array([*own, -1], np.int32)[column.codes]
        held = self._held(numbers, bool(text))
        self._append(self._put(Piece(numeric, tuple(text), held, codes)))
        self._bytes += numbers.size * held.dtype.itemsize + codes.nbytes
        if self._bytes > self._memory:
            self.put_away()

    def _held(self, numbers: NDArray[Any], beside_text: bool) -> NDArray[Any] | HeldRows:
        """The numbers in memory of their own, row by row, as statistics sum them.

        Where there is no text, those that are rounded stand behind one another.
        """
        if self._dtype is None:
            return numbers
        if beside_text or self._scratch is not None or not numbers.size:
            rounded = np.empty(numbers.shape, self._dtype)
            fits = round_exactly(numbers, rounded, self._some_missing)
            return rounded if fits else numbers.copy()
        if self._grown is None:
            self._grown = GrowingRows(numbers.shape[1], self._dtype, self._memory)
        start = len(self._grown)
        if round_exactly(numbers, self._grown.room(len(numbers)), self._some_missing):
            return HeldRows(self._grown, start, len(self._grown))
        self._grown.shorten(start)
        return numbers.copy()

    def take_whole(self) -> GrowingRows | None:
        """The numbers of all rows in one array, where there is one, which then is the caller's."""
        held = self._grown
        if held is None or self._scratch is not None or len(held) < len(self):
            return None
        self._pieces, self._grown = [NO_ROWS] * len(self._pieces), None
        return held

    def put_away(self) -> None:
        """Puts what is held on the disk. Raises `DiskFullError`."""
        if self._scratch is None and self._bytes:
            self._scratch = Scratch()
            self._pieces = [self._put(piece) for piece in self._pieces]
            self._grown = None
            give_memory_back()

    def _put(self, piece: Piece) -> Piece:
        """The piece where it is to stay."""
        if self._scratch is None:
            return piece
        numbers, codes = piece.numbers[:], piece.codes[:]
        put = self._scratch.append
        return Piece(piece.numeric, piece.text, put(numbers), put(codes))

    def _append(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._starts.append(self._starts[-1] + len(piece))

    def __len__(self) -> int:
        return self._starts[-1]

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """The columns of numbers, once all rows are there."""
        return tuple(name for name in self.names if name not in self._places)

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The columns of text with all their labels, once all rows are there."""
        return {name: tuple(self._places[name]) for name in self.names if name in self._places}

    @property
    def are_exact(self) -> bool:
        """Whether all numbers are single precision, so that any dtype holds them."""
        return all(piece.numbers.dtype == np.float32 for piece in self._pieces)

    def bounds(self) -> Iterator[tuple[int, int]]:
        """Where the stretches begin and end that the rows were read in."""
        most = max(1, STRETCH // max(1, len(self.names)))
        for start, piece in zip(self._starts, self._pieces, strict=False):
            size = most if isinstance(piece.numbers, StoredArray) else max(1, len(piece))
            for first in range(0, len(piece), size):
                yield start + first, start + min(first + size, len(piece))

    def even_bounds(self) -> Iterator[tuple[int, int]]:
        """Where stretches begin and end that are as long however the rows were read."""
        size = max(1, STRETCH // max(1, len(self.names)))
        for start in range(0, len(self), size):
            yield start, min(start + size, len(self))

    def stretch(self, start: int, stop: int) -> Stretch:
        """The rows from `start` to `stop`."""
        found = []
        place = bisect_right(self._starts, start) - 1
        while start < stop:
            first, end = self._starts[place], min(self._starts[place + 1], stop)
            if end > start:
                found.append(self._part(self._pieces[place], slice(start - first, end - first)))
            start, place = end, place + 1
        if len(found) == 1:
            return found[0]
        numbers = np.concatenate([part.numbers for part in found])
        columns = zip(*(part.text for part in found), strict=True)
        text = [
            TextColumn(np.concatenate([c.codes for c in own]), own[0].labels) for own in columns
        ]
        return Stretch(numbers, text)

    def _part(self, piece: Piece, rows: slice) -> Stretch:
        numbers, codes = piece.numbers[rows], piece.codes[rows]
        if numbers.dtype not in EXACT:
            numbers = numbers.astype(np.float64)
        elif isinstance(piece.numbers, StoredArray):
            numbers += numbers.dtype.type(0)  # a negative zero is zero
        if piece.numeric != self.numeric:
            numbers = numbers[:, [name not in self._places for name in piece.numeric]]
        absent = np.full(len(numbers), -1, np.int32)
        own = {name: codes[:, place] for place, name in enumerate(piece.text)}
        text = [TextColumn(own.get(name, absent), labels) for name, labels in self.labels.items()]
        return Stretch(numbers, text)

    def let_go(self) -> Iterator[tuple[int, Stretch]]:
        """Each stretch with its first row; what is held of it is let go of, for good."""
        bounds = list(self.bounds())
        for start, stop in bounds:
            stretch = self.stretch(start, stop)
            yield start, stretch
            del stretch
            place = bisect_right(self._starts, start) - 1
            if stop == self._starts[place + 1]:
                self._pieces[place] = NO_ROWS


def round_exactly(values: NDArray[Any], rounded: NDArray[Any], some_missing: bool) -> bool:
    """Fills `rounded` in with the values, and tells whether its dtype holds them exactly.

    Where it does not, or holds nan that is not to be, it is left as it is by then.
    """
    step = max(1, ROUNDED_AT_ONCE // max(1, len(values)))
    for start in range(0, values.shape[1], step):
        own = values[:, start : start + step]
        with np.errstate(over="ignore"):
            # In the order of `own`, so that no pass leaves the cache.
            there = own.astype(rounded.dtype, copy=False)
        if there is own or (there == own).all() or (some_missing and _are_alike(there, own)):
            rounded[:, start : start + step] = there
        else:
            return False
    return True


def _are_alike(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether all numbers are the same, or nan in both."""
    return bool(((a == b) | (np.isnan(a) & np.isnan(b))).all())
