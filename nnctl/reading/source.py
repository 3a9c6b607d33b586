"""Any file of examples, opened by the reader that it asks for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.arrays import FEATURES, TARGET, ArrayReader, NamedArray
from nnctl.reading.block import Tabular
from nnctl.reading.delimited import DelimitedFile, DelimitedReader
from nnctl.reading.files import PLAIN, DataFile, TextFormat, is_pattern
from nnctl.reading.idx import is_idx, read_idx
from nnctl.reading.reader import TableReader
from nnctl.reading.shards import Shards
from nnctl.reading.storage import StoredArray
from nnctl.reading.typed.opening import check_keys, format_of, is_select, open_typed
from nnctl.system.npz import array_names, read_arrays
from nnctl.system.unicode import normal_form

Source = TableReader | ArrayReader


def open_source(
    source: DataFile | Path | BinaryIO,
    *,
    text_format: TextFormat = PLAIN,
    arrays: tuple[str, str] | None = None,
    targets: bool = True,
    weight: str | None = None,
    memory: int | None = None,
) -> Source:
    """A reader of a file, or of a binary stream (which is CSV); use it in a `with` statement.

    Of an `.npz` file, the arrays are those that `source` names, or those of `arrays` (features,
    targets) where the file has them, or else `x` and `y`; and `weight`, if it is there. Without
    `targets` none are read. Features of arrays that may not fit into `memory` bytes are left on
    the disk. Raises `NnctlError` where it cannot be opened.
    """
    if not isinstance(source, DataFile | Path):
        return DelimitedReader(source, "stdin", text_format)
    file = source if isinstance(source, DataFile) else DataFile(source)
    if is_pattern(file.path) and (file.is_npz or file.is_npy):
        message = "a pattern stands for the files of a table; an array is in one file"
        raise NnctlError(Problem(message, "name it", str(file.path)))
    if file.image is not None and file.holds_images:
        from nnctl.reading.images.opening import image_reader  # few data are images

        def table() -> TableReader:
            return TableReader(open_tabular(file, text_format))

        return image_reader(file, file.image, table, targets, weight)
    if file.is_npz:
        return npz_reader(file, arrays, targets, weight, memory)
    if file.target_path is not None or holds_one_array(file.path):
        return pair_reader(file, targets)
    return TableReader(open_tabular(file, text_format))


def open_tabular(file: DataFile, text_format: TextFormat = PLAIN) -> Tabular:
    """The table of a file of any format; a text table is written as `text_format` has it.

    Raises `NnctlError` where it cannot be opened.
    """
    check_keys(file)
    if format_of(file.path) is not None:
        return open_typed(file, text_format.notation)
    text_format = text_format.for_file(file.path)
    if is_pattern(file.path):
        return DelimitedFile(Shards(file.shards, text_format), str(file.path), text_format)
    return DelimitedFile(file.path, None, text_format)


def file_of(
    path: Path,
    features: tuple[str, ...] = (),
    target: tuple[str, ...] = (),
    table: str | None = None,
) -> DataFile:
    """The data file that a command is given, with the names of what in it is meant.

    With an IDX or `.npy` file of features, `target` names the file of the targets. `table` is that
    of a database, or a query for its rows, or the sheet of a workbook.
    """
    if len(target) == 1 and holds_one_array(path):
        return DataFile(path, target_path=Path(target[0]))
    inputs, targets = (tuple(map(normal_form, given)) or None for given in (features, target))
    is_query = table is not None and is_select(table) and format_of(path) == "sqlite"
    own = (None, table) if is_query else (table, None)
    return DataFile(path, inputs, targets, None, *own)


def holds_one_array(path: Path) -> bool:
    """Whether a file can hold features or targets, but not both."""
    return DataFile(path).is_npy or is_idx(path)


def npz_reader(
    file: DataFile,
    arrays: tuple[str, str] | None,
    targets: bool,
    weight: str | None,
    memory: int | None = None,
) -> ArrayReader:
    """A reader of an `.npz` file's arrays. Raises `NnctlError` for those that are not there."""
    from nnctl.reading.npy import stored_member

    features, target = array_pair(file)
    if file.features is None and arrays is not None:
        there = array_names(file.path)
        features = arrays[0] if arrays[0] in there else FEATURES
        target = arrays[1] if file.targets is None and features == arrays[0] else target
    own = {normal_form(name): name for name in array_names(file.path)}
    features, target = own.get(features, features), own.get(target, target)
    weights = own.get(weight) if targets and weight else None
    names = [*([target] if targets else []), *([weights] if weights else [])]
    with arrays_of_keys({target: "data.target", features: "data.features"}):
        stored = None if memory is None else stored_member(file.path, features, memory)
        read = read_arrays(file.path, dict.fromkeys([*([] if stored else [features]), *names]))

    def named(name: str | None) -> NamedArray | None:
        return None if name is None else (name, read[name])

    x = stored or read[features]
    y = named(target if targets else None)
    w = None if weights is None or weight is None else (weight, read[weights])
    return ArrayReader(str(file.path), (features, x), y, w)


@contextmanager
def arrays_of_keys(keys: Mapping[str, str]) -> Iterator[None]:
    """Has the problems of arrays that are not there tell the keys of a config that name them."""
    try:
        yield
    except NnctlError as error:
        raise error.with_problems(
            problem
            if problem.setting is None
            else problem._replace(setting=Setting(keys.get(problem.setting.item, "")))
            for problem in error.problems
        ) from None


def array_pair(file: DataFile) -> tuple[str, str]:
    """The arrays of features and targets that an `.npz` file is said to have, or `x` and `y`.

    Raises `NnctlError` where several are named.
    """
    for key, names in (("features", file.features), ("target", file.targets)):
        if names is not None and len(names) != 1:
            message = f"{key} names {len(names)} arrays; of an .npz file it names one"
            setting = Setting(f"data.{key}")
            raise NnctlError(Problem(message, None, str(file.path), setting=setting))
    return (file.features or (FEATURES,))[0], (file.targets or (TARGET,))[0]


def pair_reader(file: DataFile, targets: bool) -> ArrayReader:
    """A reader of a file of features and one of targets, each IDX or `.npy`.

    Raises `NnctlError` where the targets' file is not named.
    """
    if targets and file.target_path is None:
        kind = "a .npy" if file.is_npy else "an IDX"
        message = f"{kind} file holds one array; the file of the targets is not named"
        fix = "name it: {features: FILE, target: FILE} in a config, --target FILE in a command"
        raise NnctlError(Problem(message, fix, str(file.path)))
    named = None
    if targets and file.target_path is not None:
        y = one_array(file.target_path)
        named = (str(file.target_path), y[:])
    return ArrayReader(str(file.path), (str(file.path), one_array(file.path)), named)


def one_array(path: Path) -> "NDArray[Any] | StoredArray":
    """The array of an IDX file, or that of an `.npy` file, which stays on the disk."""
    if not DataFile(path).is_npy:
        return read_idx(path)
    from nnctl.reading.npy import stored_npy

    return stored_npy(path)
