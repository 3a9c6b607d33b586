"""Where examples are, and how the text among it is to be read."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TextFormat:
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
    them. IDX data come as two files: `path` holds the features, `target_path` the targets.
    """

    path: Path
    features: tuple[str, ...] | None = None
    targets: tuple[str, ...] | None = None
    target_path: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The one or two files."""
        return (self.path,) if self.target_path is None else (self.path, self.target_path)

    @property
    def is_npz(self) -> bool:
        """Whether the name says that it holds arrays."""
        return self.path.suffix.lower() == ".npz"
