"""How a text table is written, as far as its first rows tell."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nnctl.reading.bytestream import BLOCK, opened, reading, squeezed
from nnctl.reading.files import WHITESPACE, TextFormat
from nnctl.reading.header import stated_format
from nnctl.reading.notation import Notation

DELIMITERS = (",", ";", "\t", "|", WHITESPACE)
SAMPLED = 1000  # rows
AGREEING = 0.9  # of a column's cells, or of the rows
# Decimal sign and thousands, the likelier first where numbers can be read both ways.
WAYS = ((".", None), (".", ","), (",", None), (",", "."), (".", "'"), (".", " "), (",", " "))
WIDE_BLANKS = ("\u00a0", "\u202f")
SIGNS = ("$", "€", "£", "¥", "%", "°")
Counted = Counter[str]  # the cells of a column, each with how often it has it


class Sample(NamedTuple):
    """The header of a table and its first rows, cut into cells."""

    header: list[str]
    rows: list[list[str]]


def guessed_format(path: Path) -> TextFormat:
    """The encoding, the delimiter and the notation of numbers of a table.

    `delimiter` is None where it is what the file's name says. Raises `NnctlError` for a file that
    cannot be read or is no text.
    """
    encoding = guessed_encoding(path)
    with opened(path) as stream:
        blocks = TextFormat(encoding=encoding).blocks(stream, str(path))
        stated = stated_format(blocks, TextFormat()).delimiter
        block = blocks.next_block()
    lines = [line for line in islice(io.StringIO(block.decode()), SAMPLED) if line.strip()]
    delimiter = stated or max(DELIMITERS, key=lambda mark: _agreement(lines, mark))
    usual = stated or TextFormat().for_file(path).delimiter
    notation = guessed_notation(_sample(lines, delimiter), delimiter)
    return TextFormat(None if delimiter == usual else delimiter, True, encoding, notation)


def guessed_encoding(path: Path) -> str | None:
    """None for UTF-8, or else UTF-16 by its mark, or what Windows writes in western Europe."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path) as stream, reading(path):
        part = stream.read(BLOCK)
        if part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while part:
                decoder.decode(part)
                part = stream.read(BLOCK)
            return None
        except UnicodeDecodeError:
            pass
    with opened(path) as stream, reading(path):
        undefined = any(
            set(part) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}
            for part in iter(lambda: stream.read(BLOCK), b"")
        )
    return "latin-1" if undefined else "cp1252"


def _agreement(lines: Sequence[str], delimiter: str) -> tuple[bool, int]:
    """Whether nearly all rows have as many fields as the header, and how many those are."""
    sample = _sample(lines[:100], delimiter)
    width = len(sample.header)
    same = sum(len(row) in (width, width + 1) for row in sample.rows)
    agree = width > 1 and same >= AGREEING * len(sample.rows)
    # Blanks also part words: other signs come first where they part anything.
    return agree, 1 if delimiter == WHITESPACE and width > 1 else width


def _sample(lines: Sequence[str], delimiter: str) -> Sample:
    if delimiter == WHITESPACE:
        lines, delimiter = [squeezed(line.encode()).decode() for line in lines], " "
    cut = list(_split(lines, delimiter))
    return Sample(cut[0] if cut else [], cut[1:])


def _split(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The fields of lines, as far as their quotes let them be told."""
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:  # a line longer than `csv` takes a field to be
        return


def guessed_notation(sample: Sample, delimiter: str) -> Notation:
    """The notation in which the most columns are numbers, as Python writes them if that is one."""
    widths = Counter(map(len, sample.rows))
    width = max((len(sample.header), len(sample.header) + 1), key=lambda each: widths[each])
    rows = [row for row in sample.rows if len(row) == width]
    columns = [Counter(row[place].strip(" \t") for row in rows) for place in range(width)]
    plain = Notation()
    left = [known for column in columns if (known := _odd_cells(column, plain))]
    signs = tuple(sign for sign in SIGNS if any(_has_sign(column, sign) for column in left))
    ways = [Notation(decimal=point, thousands=mark) for point, mark in WAYS]
    ways += [Notation(decimal=point, thousands=mark) for point in ".," for mark in WIDE_BLANKS]
    if delimiter != ",":  # where a comma is free for fractions
        ways = [ways[0], ways[2], ways[3], ways[1], *ways[4:]]
    counts = [
        sum(_is_numeric(column, way._replace(signs=signs)) for column in left) for way in ways
    ]
    best = ways[counts.index(max(counts))]
    if not max(counts):
        return plain
    spoilt = [column for column in columns if column and not _odd_cells(column, plain)]
    if best.decimal == "," and any(not _is_numeric(column, best) for column in spoilt):
        return plain  # some columns have points for commas: one notation cannot read all
    return best._replace(signs=signs)


def _odd_cells(column: Counted, plain: Notation) -> Counted:
    """The known cells of a column that is not of numbers as Python writes them, else nothing."""
    known = _known(column, plain)
    return Counter() if known and _is_numeric(known, plain) else known


def _is_numeric(column: Counted, notation: Notation) -> bool:
    """Whether nearly all known cells of a column are numbers."""
    known = _known(column, notation)
    count, enough = known.total(), AGREEING * known.total()
    for cell, times in known.items():
        if notation.number(cell) is None:
            count -= times
            if count < enough:  # of a column of text the first few cells say so
                return False
    return bool(known)


def _known(column: Counted, notation: Notation) -> Counted:
    """The cells that do not stand for none."""
    if column.keys().isdisjoint(notation.missing):
        return column
    return Counter({cell: times for cell, times in column.items() if cell not in notation.missing})


def _has_sign(column: Counted, sign: str) -> bool:
    """Whether nearly all cells of a column have that sign, so that it says nothing."""
    count = sum(times for cell, times in column.items() if sign in cell)
    return count >= AGREEING * column.total()
