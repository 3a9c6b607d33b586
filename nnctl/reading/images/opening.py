"""Whatever holds images, opened by the reader that it asks for."""

import os
from collections.abc import Callable

import numpy as np

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.files import DataFile, is_pattern
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listed import listed_reader
from nnctl.reading.images.listing import is_image, list_images
from nnctl.reading.images.reader import ImageReader, read_images
from nnctl.reading.reader import TableReader


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
    return listed_reader(file, file.image_column, wanted, table, targets, weight)
