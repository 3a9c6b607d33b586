"""What `nnctl validate` tells of images: their sizes and colours, and which are nearly alike."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.examples import data_file, text_format
from nnctl.data.pool import Pool
from nnctl.errors import NnctlError, Problem
from nnctl.graph import Array
from nnctl.reading.images.decoded import ImageSet
from nnctl.reading.images.reader import ImageReader
from nnctl.reading.source import open_source

THUMB = 16  # cells along a side of what images are compared by
ALIKE = 0.99  # of the correlation of two thumbs, from which on they are nearly the same
FLAT = 1.0  # levels of grey: what varies by less looks alike whatever it shows
AT_ONCE = 1 << 22  # pairs
MOST_PAIRS = 1 << 26  # that training waits for, which takes about a second
PARTS = ("train", "validation", "calibration", "test")
KEEP_TOGETHER = (
    "keep such images in one part, in folders of train and validation, or by data.group in a table "
    "of images: figures on them say nothing about others; nnctl validate names all"
)


class Twins(NamedTuple):
    """Two images that are nearly the same, one that trains and one that validates."""

    train: str
    validation: str


class Sheet(NamedTuple):
    """What the images of a part of the data are: as on a photographer's contact sheet."""

    part: str
    images: int
    classes: dict[str, int]
    heights: tuple[int, int, int]
    widths: tuple[int, int, int]
    modes: dict[str, int]
    unreadable: int


class Sheets(NamedTuple):
    """Those of all parts, and the images that train and validation nearly share."""

    parts: tuple[Sheet, ...]
    twins: tuple[Twins, ...]


def sheets_of(built: Built) -> Sheets | None:
    """What there is to tell of the images of a config; None where the data are none."""
    if built.config.data.image is None:
        return None
    found = dict(sets_of(built, PARTS))
    parts = tuple(sheet_of(part, own.found) for part, own in found.items())
    return Sheets(parts, tuple(twins_of(built, found)))


def warn_of_twins(built: Built) -> Iterator[Problem]:
    """That images which validate are nearly the same as some that train, where there are such.

    Nothing of data without images, nor of so many that it would take long.
    """
    validation = built.validation
    if built.config.data.image is None or validation is None:
        return
    if len(built.train) * len(validation) > MOST_PAIRS:
        return
    if twins := list(twins_of(built, dict(sets_of(built, PARTS[:2])))):
        verb = "is" if len(twins) == 1 else "are"
        message = (
            f"{len(twins):,} of the {len(validation):,} images that validate {verb} nearly the "
            f"same as one that trains, such as {twins[0].validation} as {twins[0].train}"
        )
        yield Problem(message, KEEP_TOGETHER, built.config.source.file)


def sets_of(built: Built, parts: Sequence[str]) -> Iterator[tuple[str, ImageReader]]:
    """The images of each of the parts of the data that has files of its own."""
    data = built.config.data
    for part in parts:
        written = getattr(data, part)
        file = None if isinstance(written, float) else data_file(built.config, written)
        if file is None or not file.holds_images:
            continue
        try:
            with open_source(file, text_format=text_format(built.config)) as source:
                if isinstance(source, ImageReader):
                    yield part, source
        except NnctlError:  # which was told when the data were read
            continue


def sheet_of(part: str, found: ImageSet) -> Sheet:
    """What the images of a part are."""
    heights, widths = (np.array(sides) for sides in zip(*found.sizes, strict=True))
    return Sheet(
        part,
        len(found.files),
        dict(sorted(Counter(found.labels or ()).items())),
        spread_of(heights),
        spread_of(widths),
        dict(found.modes.most_common()),
        len(found.unreadable),
    )


def spread_of(sides: Array) -> tuple[int, int, int]:
    """The least, the middle one and the greatest."""
    return int(sides.min()), int(np.median(sides)), int(sides.max())


def twins_of(built: Built, found: dict[str, ImageReader]) -> Iterator[Twins]:
    """Pairs of images that are nearly the same, of which one trains and the other validates."""
    train = found.get("train")
    if train is None:
        return
    other, rows = found.get("validation"), train.with_targets
    validates = rows if other is None else other.with_targets
    if other is None:
        if (pool := built.prepared.pool) is None:
            return
        other, (own, others) = train, divided_rows(pool)
        rows, validates = rows[own], validates[others]
    thumbs = thumbs_of(train.found)
    others_thumbs = thumbs if other is train else thumbs_of(other.found)
    for a, b in alike(thumbs[rows], others_thumbs[validates]):
        yield Twins(train.found.files[rows[a]], other.found.files[validates[b]])


def divided_rows(pool: Pool) -> tuple[Array, Array]:
    """The rows that train, and those that validate."""
    return np.flatnonzero(pool.division.trains), np.flatnonzero(pool.division.drawn)


def thumbs_of(found: ImageSet) -> Array:
    """Small grey images `(images, cells)` of mean 0 and length 1; all 0 of what is flat."""
    height, width = found.pixels.shape[1:3]
    rows, columns = (np.arange(THUMB) * side // THUMB for side in (height, width))
    high, wide = count_cells(rows, height), count_cells(columns, width)
    thumbs = np.empty((len(found.pixels), THUMB * THUMB), np.float32)
    for start in range(0, len(thumbs), 256):
        grey = found.pixels[start : start + 256].mean(axis=3, dtype=np.float32)
        cells = np.add.reduceat(np.add.reduceat(grey, rows, axis=1), columns, axis=2)
        cells /= high[:, None] * wide
        thumbs[start : start + 256] = cells.reshape(len(cells), -1)
    thumbs -= thumbs.mean(1, keepdims=True)
    lengths = np.sqrt(np.square(thumbs).sum(1, keepdims=True))
    return np.where(lengths > FLAT * THUMB, thumbs / np.maximum(lengths, 1), 0)


def count_cells(starts: Array, size: int) -> Array:
    """How many pixels begin at each of the starts, along an axis; one where these are alike."""
    return np.maximum(1, np.diff(np.append(starts, size)))


def alike(first: Array, second: Array) -> Iterator[tuple[int, int]]:
    """Pairs of thumbs that are nearly the same: the place of each, for each of the second one."""
    if not len(first):
        return
    step = max(1, AT_ONCE // len(first))
    for start in range(0, len(second), step):
        likeness = second[start : start + step] @ first.T
        best = likeness.argmax(1)
        for row in np.flatnonzero(likeness.max(1) >= ALIKE).tolist():
            yield int(best[row]), start + row
