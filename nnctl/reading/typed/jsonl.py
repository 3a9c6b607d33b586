"""JSON Lines: an object a line, whose keys are the columns."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.reading.array_types import Bytes, Doubles, Indices
from nnctl.reading.block import Block, LateColumns, Tabular
from nnctl.reading.bytestream import LineBlocks, opened
from nnctl.reading.fields import Fields, joined_fields
from nnctl.reading.files import DataFile
from nnctl.reading.header import Header
from nnctl.reading.notation import Notation
from nnctl.reading.table import Faults, short
from nnctl.reading.typed.cells import EXACT, Texts, header_of_names, typed_notation
from nnctl.reading.typed.json_shape import shape_of
from nnctl.system.unicode import normal_form

LONGEST_OBJECT = 1 << 22  # bytes of a line
MOST_COLUMNS = 1 << 16
JSON_CELLS = 1 << 18  # of a block
TRUTH_TEXTS: Mapping[object, str] = {None: "", True: "True", False: "False"}


class Number(str):
    """A number of JSON as it is written."""

    __slots__ = ()


class Pairs(list[tuple[str, object]]):
    """The keys of an object with their values, in order."""


class JsonLines(Tabular):
    """A file of JSON Lines, plain or gzip.

    The keys of the first line are the first columns; `complete` reads all lines for theirs. Raises
    `NnctlError` for a file that cannot be opened or has no rows, and for lines that are no objects.
    """

    def __init__(self, file: DataFile, notation: Notation) -> None:
        self._path, self.file = file.path, str(file.path)
        self.notation, self._texts = typed_notation(notation), Texts(notation)
        self._opened = opened(file.path)
        stream = self._opened.__enter__()
        try:
            self._blocks = self._lines_of(stream)
            self._shape = shape_of(first := self._blocks.next_block())
            self._blocks.put_back(first)
            self._is_complete, self._is_guessed = self._shape is None, False
            own = self._shape.keys if self._shape is not None else self._keys()
            self.header = header_of_names([*own], self.file, 1)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._opened.__exit__(None, None, None)

    def likely(self) -> Header:
        self._is_guessed = not self._is_complete
        return self.header

    def complete(self) -> Header:
        if not self._is_complete:
            self._is_complete, self._is_guessed = True, False
            self.header = header_of_names([*self._keys()], self.file, 1)
        return self.header

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Block]:
        chosen = list(dict.fromkeys(self.header.places[name] for name in names)) or [0]
        columns = {self.header.cells[place]: k for k, place in enumerate(chosen)}
        shape, in_shape = self._shape, dict[int, int]()
        if shape is not None and columns.keys() <= shape.keys.keys():
            in_shape = {place: shape.keys[self.header.cells[place]] for place in chosen}
        for first, block in numbered(self._blocks):
            if shape is not None and in_shape:
                found = shape.cut(block, first, self._texts)
                if found is not None:
                    yield PlacedBlock(found, in_shape)
                    continue
            for fields in self._fields(block, first, columns, faults):
                yield PlacedBlock(fields, {place: k for k, place in enumerate(chosen)})

    def _fields(
        self, block: bytes, first: int, columns: Mapping[str, int], faults: Faults
    ) -> Iterator[Fields]:
        """The cells of some columns as Python's reader of JSON gives them."""
        most = max(1, JSON_CELLS // len(columns))
        rows, lines = list[list[str]](), list[int]()
        places = dict[str, int | None]()
        for line, pairs in objects_of(block, first, faults):
            rows.append(self._cells(pairs, columns, places, line, faults))
            lines.append(line)
            if len(rows) == most:
                yield joined_fields(rows, lines)
                rows, lines = [], []
        if rows:
            yield joined_fields(rows, lines)

    def _lines_of(self, stream: BinaryIO) -> LineBlocks:
        return LineBlocks(stream, self.file, is_json=True)

    def _keys(self) -> dict[str, None]:
        """The keys of all objects, in the order in which they come first."""
        keys, met = dict[str, None](), set[str]()
        faults = Faults(self.file)
        with opened(self._path) as stream:
            for first, block in numbered(self._lines_of(stream)):
                if self._shape is not None and self._shape.fits(block):
                    keys |= dict.fromkeys(self._shape.keys)
                    continue
                for _, pairs in objects_of(block, first, faults):
                    if met.issuperset(dict(pairs)):
                        continue
                    met.update(dict(pairs))
                    keys |= dict.fromkeys(normal_form(key) for key, _ in pairs)
                    if len(keys) > MOST_COLUMNS:
                        message = f"its objects have more than {MOST_COLUMNS:,} keys"
                        raise NnctlError(Problem(message, None, self.file))
        faults.check()
        if not keys:
            raise NnctlError(Problem("the file has no rows with keys", None, self.file))
        return keys

    def _cells(
        self,
        pairs: Pairs,
        columns: Mapping[str, int],
        places: dict[str, int | None],
        line: int,
        faults: Faults,
    ) -> list[str]:
        """The cells of a row: those of some columns, by their places.

        `places` keeps those of the keys that were met.
        """
        cells = [""] * len(columns)
        for key, value in pairs:
            if key in places:
                place = places[key]
            else:
                place = places[key] = self._place(key, columns)
            if place is None:
                continue
            if type(value) is Number:
                cells[place] = value
                continue
            name = normal_form(key)
            if isinstance(value, Pairs | list):
                message = "the cell holds a list" if type(value) is list else "the cell holds keys"
                fix = "give each value a key of its own in the line's object"
                path = f"column {name}"
                faults.add(Problem(f"{message} of its own", fix, self.file, line, path))
            elif isinstance(value, str):
                cells[place] = self._text(value, name, line, faults)
            else:
                cells[place] = TRUTH_TEXTS[value]
        return cells

    def _place(self, key: str, columns: Mapping[str, int]) -> int | None:
        """The place of a key's column, None of one that is not asked for."""
        name = normal_form(key)
        if self._is_guessed and name not in self.header.places:
            raise LateColumns
        return columns.get(name)

    def _text(self, text: str, name: str, line: int, faults: Faults) -> str:
        if not text.isascii() and not text.isprintable():
            try:
                text.encode()
            except UnicodeEncodeError:
                message = "the text holds half of a letter (a lone surrogate)"
                faults.add(Problem(message, "mend it", self.file, line, f"column {name}"))
                return ""
        return self._texts(text)


class PlacedBlock:
    """Rows of text that is JSON's: `places` are a block's own columns by theirs in the header."""

    is_typed = True

    def __init__(self, block: Block, places: Mapping[int, int]) -> None:
        self._block, self._places, self.lines = block, places, block.lines

    def text(self, row: int, column: int) -> str:
        return self._block.text(row, self._places[column])

    def texts(self, column: int) -> list[str]:
        return self._block.texts(self._places[column])

    def spans(self, column: int) -> tuple[Bytes, Indices, Indices]:
        return self._block.spans(self._places[column])

    def numbers(self, columns: Sequence[int]) -> tuple[Doubles, Indices]:
        values, odd = self._block.numbers([self._places[column] for column in columns])
        with np.errstate(invalid="ignore"):
            large = np.flatnonzero(np.abs(values) >= EXACT)
        return values, np.union1d(odd, large) if len(large) else odd


def numbered(blocks: LineBlocks) -> Iterator[tuple[int, bytes]]:
    """Blocks of lines, each with the number of its first."""
    while True:
        line = blocks.line
        if not (block := blocks.next_block()):
            return
        yield line, block


def objects_of(block: bytes, first: int, faults: Faults) -> Iterator[tuple[int, Pairs]]:
    """The objects of some lines, of which the first is number `first`; others are noted."""
    for line, text in enumerate(block.splitlines(), start=first):
        if not text or text.isspace():
            continue
        found = object_of(text)
        if isinstance(found, Pairs):
            yield line, found
        else:
            faults.add(Problem(found, "write an object a line", faults.file, line))


def object_of(text: bytes) -> Pairs | str:
    """The object that a line is, or what is wrong with it."""
    if len(text) > LONGEST_OBJECT:
        return f"the line is longer than {LONGEST_OBJECT:,} bytes"
    try:
        found = DECODER.decode(text.decode())
    except json.JSONDecodeError as error:
        return f"the line is no JSON ({error.msg}, at character {error.colno})"
    except RecursionError:
        return "the line holds values within values, many deep"
    if not isinstance(found, Pairs):
        return f"the line is no object: {short(text.decode())}"
    keys = dict(found)
    if len(keys) == len(found) and "".join(keys).isascii():
        return found
    if twice := repeated([normal_form(key) for key, _ in found]):
        return f'the line has two keys "{short(twice)}"'
    return found


def repeated(names: Collection[str]) -> str | None:
    """The first name that comes twice."""
    if len(set(names)) == len(names):
        return None
    return Counter(names).most_common(1)[0][0]


def constant(text: str) -> Number:
    """What stands for a number that JSON has no digits for; nothing in place of NaN."""
    return Number("" if text == "NaN" else text)


DECODER = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_float=Number, parse_int=Number, parse_constant=constant
)
