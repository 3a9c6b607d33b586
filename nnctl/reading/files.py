"""Where examples are, and how the text among it is to be read."""

import glob
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnctl.errors import NnctlError, Problem
from nnctl.reading.bytestream import LineBlocks, Readable
from nnctl.reading.notation import PLAIN_NOTATION, THOUSANDS, Notation, is_sign
from nnctl.reading.numbers import MISSING
from nnctl.system import stated

if TYPE_CHECKING:
    from nnctl.reading.images.format import ImageFormat

WHITESPACE = "whitespace"
IN_A_FOLDER = "*.parquet"  # which programs write a table to
IMAGE_NAME = "file"  # the column of the names of images


class TextFormat(NamedTuple):
    """How a text table is written.

    `delimiter` is the character between fields, or "whitespace" for any run of spaces and tabs;
    None means a tab for `.tsv`, else a comma. Without a `header` the columns are named `0`, `1`, …
    `encoding` is that of its characters, by default UTF-8.
    """

    delimiter: str | None = None
    header: bool = True
    encoding: str | None = None
    notation: Notation = PLAIN_NOTATION

    @property
    def separator(self) -> str:
        """The character between fields, once runs of whitespace are one."""
        return " " if self.delimiter == WHITESPACE else self.delimiter or ","

    @property
    def is_whitespace(self) -> bool:
        """Whether runs of spaces and tabs stand between fields."""
        return self.delimiter == WHITESPACE

    def for_file(self, path: Path) -> "TextFormat":
        """The same with the delimiter that the name of a file means, where none is given."""
        suffixes = [suffix.lower() for suffix in path.suffixes]
        suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
        return self._replace(delimiter=self.delimiter or ("\t" if suffix == ".tsv" else ","))

    def blocks(self, stream: Readable, name: str) -> LineBlocks:
        """The lines of a table that is written so."""
        return LineBlocks(stream, name, self.encoding, self.is_whitespace)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of."""
        return {
            "delimiter": self.delimiter,
            "header": self.header,
            "encoding": self.encoding,
            "missing_values": sorted(self.notation.missing),
            "decimal": self.notation.decimal,
            "thousands": self.notation.thousands,
            "signs": list(self.notation.signs),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TextFormat":
        """Raises ValueError for anything `to_json` does not give."""
        delimiter, encoding = data.get("delimiter"), data.get("encoding")
        if not is_delimiter(delimiter):
            raise stated.unfit("delimiter", delimiter)
        if encoding is not None and not is_encoding(encoding):
            raise stated.unfit("encoding", encoding)
        header = stated.truth("header", data.get("header", True))
        missing = stated.texts("missing_values", data.get("missing_values", sorted(MISSING)))
        decimal = stated.choice("decimal", data.get("decimal", "."), (".", ","))
        thousands = data.get("thousands")
        signs = stated.texts("signs", data.get("signs", []))
        if "" not in missing or list(missing) != sorted(missing):
            raise stated.unfit("missing_values", list(missing))
        if thousands not in (None, *THOUSANDS) or thousands == decimal:
            raise stated.unfit("thousands", thousands)
        if not all(map(is_sign, signs)):
            raise stated.unfit("signs", list(signs))
        notation = Notation(frozenset(missing), decimal, thousands, signs)
        return cls(delimiter, header, encoding, notation)


PLAIN = TextFormat()


def is_delimiter(value: Any) -> bool:
    """Whether text may stand between columns; None stands for what the file's name says."""
    if value in (None, "\t", WHITESPACE):
        return True
    return isinstance(value, str) and len(value) == 1 and value in " !#$%&()*,/:;<=>?@[\\]^_`{|}~"


def is_encoding(value: Any) -> bool:
    """Whether that is the name of an encoding of text, which has digits and line ends."""
    try:
        return "0,\n".encode(value).decode(value) == "0,\n"
    except (LookupError, ValueError, TypeError):
        return False


class DataFile:
    """A file of examples, and what in it is meant.

    `features` and `targets` name its columns or arrays, where these are not called as the run has
    them. Of IDX and `.npy` files there are two: `path` holds the features, `target_path` the
    targets. A table may be in several files, its shards: then `path` is the pattern of their names.
    `table` is that of a database, or the sheet of a workbook, `query` what a database is asked.
    Where examples are images, `image` is what becomes of them: then `path` is a folder of them, or
    a table whose column `image_column` has their paths.
    """

    def __init__(
        self,
        path: Path,
        features: tuple[str, ...] | None = None,
        targets: tuple[str, ...] | None = None,
        target_path: Path | None = None,
        table: str | None = None,
        query: str | None = None,
        image: "ImageFormat | None" = None,
        image_column: str | None = None,
    ) -> None:
        self.path, self.target_path = path, target_path
        self.image, self.image_column = image, image_column
        self.features, self.targets = features, targets
        self.table, self.query = table, query

    @cached_property
    def shards(self) -> tuple[Path, ...]:
        """The file, or those that the pattern names, in the order of their names.

        Raises `NnctlError` where there is none.
        """
        return files_of(self.path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files."""
        return self.shards if self.target_path is None else (self.path, self.target_path)

    @property
    def holds_images(self) -> bool:
        """Whether its examples are images, and not arrays made of some."""
        arrays = self.is_npz or self.is_npy or self.target_path is not None
        return self.image is not None and not arrays

    @property
    def lists_images(self) -> bool:
        """Whether it is a table of paths of images."""
        is_table = self.image_column is not None and not os.path.isdir(self.path)
        return self.holds_images and is_table

    @property
    def is_npz(self) -> bool:
        """Whether the name says that it holds arrays."""
        return self.path.suffix.lower() == ".npz"

    @property
    def is_npy(self) -> bool:
        """Whether the name says that it holds one array."""
        return self.path.suffix.lower() == ".npy"


def files_of(path: Path) -> tuple[Path, ...]:
    """The file at `path`, or the files that it is a pattern of, in the order of their names.

    Those of a folder are the Parquet files in it. Raises `NnctlError` for a pattern of nothing.
    What is the name of a file is no pattern.
    """
    if os.path.isdir(path) and (inside := sorted(path.glob(IN_A_FOLDER))):
        return tuple(inside)
    if not is_pattern(path):
        return (path,)
    found = sorted(Path(name) for name in glob.glob(str(path)))
    if not found:
        fix = "in it * stands for any text, ? for a character, [ab] for one of those"
        raise NnctlError(Problem("no file has a name of this pattern", fix, str(path)))
    return tuple(found)


def is_pattern(path: Path) -> bool:
    """Whether a path stands for all files whose names are like it."""
    return glob.has_magic(str(path)) and not path.exists()
