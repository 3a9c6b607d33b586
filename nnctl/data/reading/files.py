"""Where examples are, and how the text among it is to be read."""

import glob
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from nnctl.errors import NnctlError, Problem


class TextFormat(NamedTuple):
    """How a text table is written.

    `delimiter` is the character between fields; None means a tab for `.tsv`, else a comma. Without
    a `header` the columns are named `0`, `1`, …
    """

    delimiter: str | None = None
    header: bool = True


PLAIN = TextFormat()


@dataclass(frozen=True)
class DataFile:
    """A file of examples, and what in it is meant.

    `features` and `targets` name its columns or arrays, where these are not called as the run has
    them. Of IDX and `.npy` files there are two: `path` holds the features, `target_path` the
    targets. A table may be in several files, its shards: then `path` is the pattern of their names.
    """

    path: Path
    features: tuple[str, ...] | None = None
    targets: tuple[str, ...] | None = None
    target_path: Path | None = None

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
    def is_npz(self) -> bool:
        """Whether the name says that it holds arrays."""
        return self.path.suffix.lower() == ".npz"

    @property
    def is_npy(self) -> bool:
        """Whether the name says that it holds one array."""
        return self.path.suffix.lower() == ".npy"


def files_of(path: Path) -> tuple[Path, ...]:
    """The file at `path`, or the files that it is a pattern of, in the order of their names.

    Raises `NnctlError` for a pattern of nothing. What is the name of a file is no pattern.
    """
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
