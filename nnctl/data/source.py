"""Any file of examples, opened by the reader that it asks for."""

from pathlib import Path
from typing import BinaryIO

from nnctl.data.arrays import FEATURES, TARGET, ArrayReader, NamedArray
from nnctl.data.delimited import DelimitedReader
from nnctl.data.files import PLAIN, DataFile, TextFormat
from nnctl.data.idx import is_idx, read_idx
from nnctl.errors import NnctlError, Problem
from nnctl.npz import array_names, read_arrays

Source = DelimitedReader | ArrayReader


def open_source(
    source: DataFile | Path | BinaryIO,
    *,
    text_format: TextFormat = PLAIN,
    arrays: tuple[str, str] | None = None,
    targets: bool = True,
    weight: str | None = None,
) -> Source:
    """A reader of a file, or of a binary stream (which is CSV); use it in a `with` statement.

    Of an `.npz` file, the arrays are those that `source` names, or those of `arrays` (features,
    targets) where the file has them, or else `x` and `y`; and `weight`, if it is there. Without
    `targets` none are read. Raises `NnctlError` where it cannot be opened.
    """
    if not isinstance(source, DataFile | Path):
        return DelimitedReader(source, "stdin", text_format.delimiter or ",", text_format.header)
    file = source if isinstance(source, DataFile) else DataFile(source)
    if file.is_npz:
        return npz_reader(file, arrays, targets, weight)
    if file.target_path is not None or is_idx(file.path):
        return idx_reader(file, targets)
    suffixes = [suffix.lower() for suffix in file.path.suffixes]
    suffix = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    delimiter = text_format.delimiter or ("\t" if suffix == ".tsv" else ",")
    return DelimitedReader(file.path, None, delimiter, text_format.header)


def file_of(path: Path, features: tuple[str, ...] = (), target: tuple[str, ...] = ()) -> DataFile:
    """The data file that a command is given, with the names of what in it is meant.

    With an IDX file of features, `target` names the file of the targets.
    """
    if len(target) == 1 and is_idx(path):
        return DataFile(path, target_path=Path(target[0]))
    return DataFile(path, features or None, target or None)


def npz_reader(
    file: DataFile, arrays: tuple[str, str] | None, targets: bool, weight: str | None
) -> ArrayReader:
    """A reader of an `.npz` file's arrays. Raises `NnctlError` for those that are not there."""
    features, target = array_pair(file)
    if file.features is None and arrays is not None:
        there = array_names(file.path)
        features = arrays[0] if arrays[0] in there else FEATURES
        target = arrays[1] if file.targets is None and features == arrays[0] else target
    weight = weight if targets and weight in array_names(file.path) else None
    names = [features, *([target] if targets else []), *([weight] if weight else [])]
    read = read_arrays(file.path, dict.fromkeys(names))

    def named(name: str | None) -> NamedArray | None:
        return None if name is None else (name, read[name])

    y = named(target if targets else None)
    return ArrayReader(str(file.path), (features, read[features]), y, named(weight))


def array_pair(file: DataFile) -> tuple[str, str]:
    """The arrays of features and targets that an `.npz` file is said to have, or `x` and `y`.

    Raises `NnctlError` where several are named.
    """
    for key, names in (("features", file.features), ("target", file.targets)):
        if names is not None and len(names) != 1:
            message = f"{key} names {len(names)} arrays; of an .npz file it names one"
            raise NnctlError(Problem(message, None, str(file.path)))
    return (file.features or (FEATURES,))[0], (file.targets or (TARGET,))[0]


def idx_reader(file: DataFile, targets: bool) -> ArrayReader:
    """A reader of IDX files. Raises `NnctlError` where the targets' file is not named."""
    if targets and file.target_path is None:
        message = "an IDX file holds one array; the file of the targets is not named"
        fix = "name it: {features: FILE, target: FILE} in a config, --target FILE in a command"
        raise NnctlError(Problem(message, fix, str(file.path)))
    named = None
    if targets and file.target_path is not None:
        named = (str(file.target_path), read_idx(file.target_path))
    return ArrayReader(str(file.path), (str(file.path), read_idx(file.path)), named)
