"""Tables in SQLite databases, taken from the pages of the file: numbers by array arithmetic.

SQLite hands over a cell at a time, which takes many times as long as reading it. Where rows lie as
https://www.sqlite.org/fileformat.html has it, and hold nothing but numbers and short texts in the
columns that are asked for, many pages are read at once. Anything else is left to SQLite, from there
on.
"""

import os
from collections.abc import Iterator, Sequence
from io import FileIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Bytes, Doubles, Indices
from nnctl.reading.bytestream import reading
from nnctl.reading.typed.cells import EXACT

FILE_HEADER, ENCODING, UTF_8 = 100, 59, 1  # bytes, and where one of them says how text is
LEAF, INTERIOR = 13, 5  # kinds of a table's pages
LEAF_HEADER, INTERIOR_HEADER = 8, 12  # bytes of a page, before where its cells are
PAGES_AT_ONCE = 1 << 20  # bytes
MARGIN = 16  # bytes before and behind pages, so that no word begins or ends without
LONGEST_VARINT, LONGEST_SIZE = 9, 3  # bytes of any whole number, and of a payload's size
DEEPEST = 64  # pages from a table's root to its leaves
NULL, WHOLE, REAL, ONE, LAST_NUMBER, TEXT = 0, 6, 7, 9, 9, 13  # kinds of cells
MOST_BYTES = 57  # of a cell whose kind takes one byte
ONE_BYTE = 128  # above the kinds, sizes and ids that take a single one
SIZES = np.array(
    [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0, *((kind - 12) // 2 for kind in range(12, 256))], np.uint8
)


class NotPlain(Exception):
    """Rows are not as this reader knows them."""


class PageRows(NamedTuple):
    """Some rows: `values` (rows, columns), and the `kinds` that they are stored as.

    Values are nan where there is NULL or a text; `places` (rows, columns) says which of `texts` it
    is. `reals` says of which columns SQLite makes floating-point numbers of whole ones.
    """

    values: Doubles
    kinds: Bytes
    reals: Sequence[bool]
    texts: Sequence[str]
    places: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.values)

    def cell(self, row: int, column: int) -> object:
        """A cell as SQLite gives it."""
        kind, value = self.kinds[row, column], float(self.values[row, column])
        if kind == NULL:
            return None
        if kind >= TEXT:
            return self.texts[self.places[row, column]]
        return value if kind == REAL or self.reals[column] else int(value)


class Pages:
    """The pages of a database from whose page `root` on there is a table of `width` columns.

    `rows` gives the columns at the places `chosen`, of which `reals` are those of real affinity;
    the one at place `own_id` among them stands for the rows' ids, and is not stored.
    Once it ends, `is_over` says whether there are no other rows, and `last` is the id of the last
    one that it gave, None if it gave none.
    """

    def __init__(
        self,
        file: str,
        root: int,
        width: int,
        chosen: Sequence[int],
        reals: Sequence[bool],
        own_id: int | None = None,
    ) -> None:
        self._root, self._width, self._own_id = root, width, own_id
        self._chosen, self._reals = np.array(chosen), reals
        with reading(file):
            self._file = FileIO(file, "rb")
        header = self._file.read(FILE_HEADER)
        size = int.from_bytes(header[16:18])
        self._size = 1 << 16 if size == 1 else size
        self._usable = self._size - header[20]
        self._count = os.fstat(self._file.fileno()).st_size // self._size
        self._is_utf8 = header[ENCODING] == UTF_8
        self.is_over = False
        self.last: int | None = None

    def rows(self) -> Iterator[PageRows]:
        """The rows in the order of their ids, some hundreds at a time."""
        try:
            for pages in self._together():
                buffer = self._read(pages)
                cells, ends = self._cells(buffer, len(pages))
                found, ids = self._numbers(buffer, cells, ends)
                if len(cells):
                    last = rowid(buffer, int(ids[-1]))
                    yield found
                    self.last = last
            self.is_over = True
        except (NotPlain, OSError):  # which SQLite will tell of
            pass
        finally:
            self._file.close()

    def _together(self) -> Iterator[list[int]]:
        """The numbers of the leaves, from 1, in their order, as many as are read at once."""
        most, pages = max(1, PAGES_AT_ONCE // self._size), list[int]()
        for page in self._leaves():
            pages.append(page)
            if len(pages) == most:
                yield pages
                pages = []
        if pages:
            yield pages

    def _leaves(self) -> Iterator[int]:
        waiting, left = [(self._root, 0)], self._count
        while waiting:
            page, depth = waiting.pop()
            left -= 1
            if not 1 < page <= self._count or depth > DEEPEST or left < 0:
                raise NotPlain
            buffer = self._read([page])[MARGIN:]
            if buffer[0] != INTERIOR:
                yield page
                continue
            count = int(buffer[3]) << 8 | int(buffer[4])
            if INTERIOR_HEADER + 2 * count > self._usable:
                raise NotPlain
            cells = big_endian(buffer, INTERIOR_HEADER + 2 * np.arange(count), 2)
            if (cells + 4 > self._usable).any():
                raise NotPlain
            below = [*big_endian(buffer, cells, 4).tolist(), int(big_endian(buffer, 8, 4))]
            waiting += [(child, depth + 1) for child in reversed(below)]

    def _read(self, pages: Sequence[int]) -> Bytes:
        """Pages one after another, with `MARGIN` before and behind. Raises `NotPlain`."""
        size = self._size
        buffer = np.zeros(2 * MARGIN + len(pages) * size, np.uint8)
        start = 0
        while start < len(pages):
            stop = start + 1
            while stop < len(pages) and pages[stop] == pages[stop - 1] + 1:
                stop += 1  # those that lie side by side
            room = buffer[MARGIN + start * size : MARGIN + stop * size]
            self._file.seek((pages[start] - 1) * size)
            if self._file.readinto(room.data) != len(room):
                raise NotPlain
            start = stop
        return buffer

    def _cells(self, buffer: Bytes, pages: int) -> tuple[Indices, Indices]:
        """Where in the pages each row's cell begins, and where its page ends."""
        firsts = MARGIN + self._size * np.arange(pages)
        if (buffer[firsts] != LEAF).any():
            raise NotPlain
        counts = big_endian(buffer, firsts + 3, 2)
        if (LEAF_HEADER + 2 * counts > self._usable).any():
            raise NotPlain
        own = np.repeat(firsts, counts)
        number = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = big_endian(buffer, own + LEAF_HEADER + 2 * number, 2)
        if (places >= self._usable).any():
            raise NotPlain
        return own + places, own + self._usable

    def _numbers(self, buffer: Bytes, at: Indices, ends: Indices) -> tuple[PageRows, Indices]:
        """The numbers of the rows whose cells begin `at`, and where the rows' ids stand."""
        sizes, ids = varints(buffer, at, LONGEST_SIZE)
        if (sizes > 2 + self._width * (1 + MOST_BYTES)).any():
            raise NotPlain
        records = ids + varint_lengths(buffer, ids)
        if (long := np.flatnonzero(sizes > self._usable - 35)).size:
            buffer = self._with_records(buffer, records, sizes, ends, long)
        if (records + sizes > ends).any():
            raise NotPlain
        lengths, kinds_at = varints(buffer, records, 2)
        if (kinds_at + self._width != records + lengths).any() or (lengths > sizes).any():
            raise NotPlain
        kinds = buffer[kinds_at[:, None] + np.arange(self._width)]
        if kinds.size and kinds.max() >= ONE_BYTE:
            raise NotPlain
        stops = np.cumsum(SIZES[kinds], axis=1, dtype=np.int64)
        stops += (records + lengths)[:, None]
        if (stops[:, -1] != records + sizes).any():
            raise NotPlain
        if len(self._chosen) < self._width or (np.diff(self._chosen) != 1).any():
            kinds, stops = kinds.take(self._chosen, axis=1), stops.take(self._chosen, axis=1)
        texts, places = self._texts(buffer, kinds, stops)
        values = numbers_of_kinds(buffer, kinds, stops)
        if self._own_id is not None:
            values[:, self._own_id], _ = varints(buffer, ids, LONGEST_VARINT - 1)
            if kinds[:, self._own_id].any() or (values[:, self._own_id] >= EXACT).any():
                raise NotPlain
            kinds[:, self._own_id] = WHOLE
        return PageRows(values, kinds, self._reals, texts, places), ids

    def _texts(
        self, buffer: Bytes, kinds: Bytes, stops: Indices
    ) -> tuple[list[str], NDArray[np.int32]]:
        """The texts that end before `stops`, and which of them each cell is.

        Raises `NotPlain` for bytes.
        """
        rows, columns = np.nonzero(kinds > LAST_NUMBER)
        if not len(rows):
            return [], np.empty((0, 0), np.int32)
        own = kinds[rows, columns]
        if not self._is_utf8 or (own < TEXT).any() or (own % 2 == 0).any():
            raise NotPlain
        places = np.zeros(kinds.shape, np.int32)
        places[rows, columns] = np.arange(len(rows))
        written, ends = buffer.tobytes(), stops[rows, columns]
        pairs = zip((ends - SIZES[own]).tolist(), ends.tolist(), strict=True)
        try:
            return [written[start:end].decode() for start, end in pairs], places
        except UnicodeDecodeError:
            raise NotPlain from None

    def _with_records(
        self, buffer: Bytes, records: Indices, sizes: Indices, ends: Indices, long: Indices
    ) -> Bytes:
        """The buffer with the records of `long` rows behind it, each as a whole.

        The rest of what does not fit into a page is on others, each of which names the next. Where
        the records now begin and end is put into `records` and `ends`.
        """
        usable = self._usable
        least = (usable - 12) * 32 // 255 - 23  # bytes of them that stay in the page
        parts, size = [buffer[:-MARGIN].tobytes()], len(buffer) - MARGIN
        for row in long.tolist():
            start, left = int(records[row]), int(sizes[row])
            here = least + (left - least) % (usable - 4)
            here = here if here <= usable - 35 else least
            if start + here + 4 > ends[row]:
                raise NotPlain
            records[row], ends[row] = size, size + left
            own = buffer[start : start + here + 4].tobytes()
            while True:
                size, left = size + here, left - here
                parts.append(own[:here])
                if not left:
                    break
                page, here = int.from_bytes(own[-4:]), min(left, usable - 4)
                self._file.seek((page - 1) * self._size)
                found = self._file.read(usable)
                own = found[4:] + found[:4]
                if not 1 < page <= self._count or len(found) < usable:
                    raise NotPlain
        return np.frombuffer(b"".join([*parts, bytes(MARGIN)]), np.uint8)


def numbers_of_kinds(buffer: Bytes, kinds: Bytes, stops: Indices) -> Doubles:
    """The numbers that end before `stops`, by what `kinds` they are, nan for NULL and text.

    Raises `NotPlain` for whole numbers that doubles do not hold.
    """
    if kinds.size and kinds.max() == 1 == kinds.min():
        return buffer[stops - 1].view(np.int8).astype(np.float64)
    words: NDArray[Any] = np.ndarray(len(buffer) - 7, ">u8", buffer, strides=(1,))
    found = words[stops - 8].astype(np.uint64)  # in the order of this machine
    reals = kinds == REAL
    shifts = (np.uint64(64) - np.uint64(8) * np.minimum(SIZES, 8)[kinds]).astype(np.uint64)
    whole = (found << shifts).view(np.int64) >> shifts.view(np.int64)
    np.copyto(whole, 1, where=kinds == ONE)
    are_none = (kinds == NULL) | (kinds > LAST_NUMBER)
    np.copyto(whole, 0, where=reals | are_none)
    if whole.size and max(int(whole.max()), -int(whole.min())) >= EXACT:
        raise NotPlain
    values = whole.astype(np.float64)
    np.copyto(values, found.view(np.float64), where=reals)
    np.copyto(values, np.nan, where=are_none)
    return values


def big_endian(buffer: Bytes, at: Any, size: int) -> Any:
    """Whole numbers without sign of so many bytes."""
    value = np.zeros_like(at, dtype=np.int64)
    for k in range(size):
        value = value << 8 | buffer[at + k].astype(np.int64)
    return value


def varints(buffer: Bytes, at: Indices, longest: int) -> tuple[Indices, Indices]:
    """Whole numbers of up to so many bytes, of seven bits each, and where those behind begin.

    Raises `NotPlain` for longer ones.
    """
    value, going = np.zeros(len(at), np.int64), np.ones(len(at), np.bool_)
    for _ in range(longest):
        byte = buffer[at].astype(np.int64)
        value = np.where(going, value << 7 | byte & 127, value)
        at = at + going
        going = going & (byte >= ONE_BYTE)
    if going.any():
        raise NotPlain
    return value, at


def varint_lengths(buffer: Bytes, at: Indices) -> Indices:
    """How many bytes whole numbers of any size take."""
    lengths, going = np.ones(len(at), np.int64), np.ones(len(at), np.bool_)
    for k in range(LONGEST_VARINT - 1):
        going = going & (buffer[at + k] >= ONE_BYTE)
        lengths += going
    return lengths


def rowid(buffer: Bytes, at: int) -> int:
    """The id of a row."""
    value = 0
    for k in range(LONGEST_VARINT - 1):
        byte = int(buffer[at + k])
        value = value << 7 | byte & 127
        if byte < ONE_BYTE:
            return value
    value = value << 8 | int(buffer[at + LONGEST_VARINT - 1])
    return value - (1 << 64) if value >> 63 else value
