"""Images as arrays: their pixels are the features, their classes or columns the targets."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import IMAGE_NAME, DataFile, is_pattern
from nnctl.reading.images.decoded import KEEPER, ImageSet
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listing import Listing, is_image, list_images
from nnctl.reading.reader import TableReader
from nnctl.reading.table import LabelColumn, Table

PIXELS = "the pixels"
CLASSES = "the classes"
NAMED = 10  # files that a notice names


class ImageReader(ArrayReader):
    """Images as a table whose columns are numbers of pixels, and, if it is asked for, `file`.

    `found` are the images, in the order of their files; `notes` tell of those that were left out.
    Targets may have names of their own.
    """

    def __init__(
        self,
        file: str,
        found: ImageSet,
        targets: NDArray[Any] | None,
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.found = found
        named = None if targets is None else (CLASSES, targets)
        super().__init__(file, (PIXELS, found.pixels), named)
        self.target_names = names or self.target_names
        self.notes = tuple(notes_of(found, file))

    def tables(
        self, wanted: Sequence[str], verbatim: Sequence[str] = (), **told: Any
    ) -> Iterator[Table]:
        """As of other arrays; `file` may be asked for as it is."""
        others = [name for name in verbatim if name != IMAGE_NAME]
        if others:
            message = (
                f'there is no column "{others[0]}": of images only the name of the file is kept'
            )
            raise NnctlError(Problem(message, "leave out --keep", self.file))
        for table in super().tables(wanted, **told):
            names = self.found.files[table.first_row : table.first_row + len(table)]
            yield table.changed(verbatim={IMAGE_NAME: list(names)}) if verbatim else table


def notes_of(found: ImageSet, file: str) -> Iterator[Problem]:
    """What was left out."""
    if count := len(found.unreadable):
        shown = tuple(f"{each.file}: {each.message}" for each in found.unreadable[:NAMED])
        more = (f"and {count - NAMED:,} more",) if count > NAMED else ()
        what = f"{images(count)} cannot be read; left out"
        yield Problem(what, None, file, details=(*shown, *more))
    if found.others:
        message = f"{images(found.others)} of other kinds than PNG and JPEG; left out"
        yield Problem(message, "save them as PNG", file)
    if found.loose:
        yield Problem(f"{images(found.loose)} in no folder of a class; left out", None, file)


def images(count: int) -> str:
    """How many images, in words."""
    return "1 image" if count == 1 else f"{count:,} images"


def image_reader(
    file: DataFile,
    wanted: ImageFormat,
    table: Callable[[], TableReader],
    targets: bool,
    weight: str | None,
) -> ImageReader:
    """A reader of a folder of images, of a table of their paths, or of one image.

    `table` opens the file as one. Raises `NnctlError` for images that cannot be read, all of them
    at once, unless they are to be left out, and for what is no such folder or table.
    """
    name = str(file.path)
    if weight is not None and targets:
        message = "images have no weights"
        raise NnctlError(Problem(message, None, name, setting=Setting("data.sample_weight")))
    if file.features is not None:
        message = f"of images the pixels are learnt from, and no column such as {file.features[0]}"
        setting = Setting("data.features", fix="remove it")
        raise NnctlError(Problem(message, "leave out the features", name, setting=setting))
    if os.path.isdir(file.path) or is_image(file.path):
        if targets and not os.path.isdir(file.path):
            message = "this is one image; a folder of images, with a folder a class, is needed"
            raise NnctlError(Problem(message, None, name))
        found = read_images(list_images(file.path, classes=targets), wanted)
        if targets and file.targets is not None:
            message = "the classes of images are the names of their folders, and no column"
            setting = Setting("data.target", fix="remove it")
            raise NnctlError(Problem(message, "leave out the target", name, setting=setting))
        labels = None if found.labels is None or not targets else np.array(found.labels)
        return ImageReader(name, found, labels)
    if file.image_column is None:
        if not os.path.exists(file.path) and not is_pattern(file.path):
            raise NnctlError(Problem("there is no such file or folder", None, name))
        message = "this is neither a folder nor an image"
        column = "{file: FILE, images: COLUMN} in a config, --features COLUMN in a command"
        fix = f"name a folder of images, or the column of a table that has their paths: {column}"
        raise NnctlError(Problem(message, fix, name))
    return table_reader(file, file.image_column, wanted, table, targets)


def read_images(listing: Listing, wanted: ImageFormat) -> ImageSet:
    """The images of a listing. Raises `NnctlError` where some, or all, cannot be read."""
    found = KEEPER.get(listing, wanted)
    if wanted.unreadable == "error" or not found.files:
        found.require_all()
    return found


def table_reader(
    file: DataFile,
    column: str,
    wanted: ImageFormat,
    table: Callable[[], TableReader],
    targets: bool,
) -> ImageReader:
    """A reader of the images whose paths a table has, beginning at its own folder."""
    names = (file.targets or ()) if targets else ()
    name = str(file.path)
    if targets and not names:
        message = "data.target is missing: which column of this file is to be learnt?"
        raise NnctlError(Problem(message, "add it", name, setting=Setting("data.target")))
    with table() as source:
        source.require_keys({"data.target": names, "data.train.images": (column,)})
        tables = list(source.tables(names, (column,), labels=names))
    files = tuple(path for rows in tables for path in rows.verbatim[column])
    labels: list[list[Any]] = [[] for _ in names]
    for rows in tables:
        for own, target in zip(labels, names, strict=True):
            own += labels_of(rows.labels[target])
    if empty := [row for row, own in enumerate(zip(*labels, strict=True)) if None in own]:
        message = f"{images(len(empty))} without a target, the first of them {files[empty[0]]}"
        raise NnctlError(Problem(message, "fill it in, or leave them out", name))
    found = read_images(Listing(file.path.parent, files, None), wanted)
    if not names:
        return ImageReader(name, found, None)
    left = rows_left(files, found)
    y = np.stack([as_array(own)[left] for own in labels], axis=1)
    return ImageReader(name, found, y[:, 0] if len(names) == 1 else y, names)


def labels_of(column: LabelColumn) -> list[Any]:
    """The label of each row, None where there is none."""
    labels = [*column.labels, None]
    return [labels[code] for code in column.codes.tolist()]


def as_array(labels: list[Any]) -> NDArray[Any]:
    """Labels as numbers where all are numbers, else as text."""
    if any(isinstance(label, str) for label in labels):
        return np.array([str(label) for label in labels])
    return np.array(labels)


def rows_left(files: Sequence[str], found: ImageSet) -> list[int]:
    """The rows of the images that could be read."""
    lost: Mapping[str, None] = dict.fromkeys(problem.file or "" for problem in found.unreadable)
    return [row for row, file in enumerate(files) if str(found.root / file) not in lost]
