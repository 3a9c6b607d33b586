"""Any file of examples, opened by the reader that its name asks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from nnctl.data.arrays import FEATURES, TARGET, ArrayReader
from nnctl.data.delimited import DelimitedReader
from nnctl.errors import NnctlError, Problem
from nnctl.npz import array_names

Source = DelimitedReader | ArrayReader


def open_source(
    source: str | Path | BinaryIO,
    name: str | None = None,
    arrays: tuple[str, str] | None = None,
    *,
    targets: bool = True,
) -> Source:
    """A reader of a path, or of a binary stream (which is CSV); use it in a `with` statement.

    `name` is what messages call it. Of an `.npz` file, `arrays` names those of the features and
    the targets; where it does not have them, or None, they are `x` and `y`. Without `targets`
    none are read. Raises `NnctlError` where it cannot be opened.
    """
    if not isinstance(source, str | Path):
        return DelimitedReader(source, name or "stdin")
    if is_npz(source):
        features, target = arrays or (FEATURES, TARGET)
        if arrays and features not in array_names(source):
            features, target = FEATURES, TARGET
        return ArrayReader(source, features, target if targets else None)
    suffixes = [suffix.lower() for suffix in Path(source).suffixes]
    suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    return DelimitedReader(source, name, "\t" if suffix == ".tsv" else ",")


def array_pair(
    features: Sequence[str] | None, target: Sequence[str] | None, file: str
) -> tuple[str, str]:
    """The arrays that `data.features` and `data.target` name in an `.npz` file.

    Raises `NnctlError` where they name several.
    """
    for key, names in (("data.features", features), ("data.target", target)):
        if names is not None and len(names) != 1:
            message = f"{key} names {len(names)} arrays; of an .npz file it names one"
            raise NnctlError(Problem(message, None, file))
    return (features or [FEATURES])[0], (target or [TARGET])[0]


def is_npz(path: str | Path) -> bool:
    """Whether a file's name says that it holds arrays."""
    return Path(path).suffix.lower() == ".npz"
