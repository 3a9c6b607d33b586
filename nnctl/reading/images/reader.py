"""Images as arrays: their pixels are the features, their classes the targets."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import IMAGE_NAME
from nnctl.reading.images.decoded import KEEPER, ImageSet
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listing import Listing
from nnctl.reading.table import Table

PIXELS = "the pixels"
CLASSES = "the classes"
NAMED = 10  # files that a notice names


class ImageReader(ArrayReader):
    """Images as a table whose columns are numbers of pixels, and, if it is asked for, `file`.

    `found` are the images, in the order of their files; `notes` tell of those that were left out.
    """

    def __init__(self, file: str, found: ImageSet, targets: NDArray[Any] | None) -> None:
        self.found = found
        named = None if targets is None else (CLASSES, targets)
        super().__init__(file, (PIXELS, found.pixels), named)
        self.notes = tuple(notes_of(found, file))

    @property
    def with_targets(self) -> NDArray[np.intp]:
        """The places of the images that have a target, which are those that train or judge."""
        return np.arange(len(self.found.files))

    def require_columns(self, weight: str | None, group: str | None) -> None:
        """Raises `NnctlError`, as of a folder a class, where there are to be weights or groups."""
        fix = "remove it, or train from a table of images, which may have such a column"
        for key, what, column in (("sample_weight", "weights", weight), ("group", "groups", group)):
            if column is not None:
                message = f"images in a folder have no {what}"
                setting = Setting(f"data.{key}", fix=fix)
                raise NnctlError(Problem(message, None, self.file, setting=setting))

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


def read_images(listing: Listing, wanted: ImageFormat) -> ImageSet:
    """The images of a listing. Raises `NnctlError` where some, or all, cannot be read."""
    found = KEEPER.get(listing, wanted)
    if wanted.unreadable == "error" or not found.files:
        found.require_all()
    return found
