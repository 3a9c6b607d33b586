"""`weights.npz`: a model's arrays, and as JSON all else that predictions need."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.errors.visible import shell_word
from nnctl.runs.folder import RESULTS, has_checkpoint
from nnctl.runs.results import read_results
from nnctl.system import stated
from nnctl.system.atomic import atomic_file
from nnctl.system.npz import read_arrays, write_arrays

FORMAT_VERSION = 1
FILE_NAME = "weights.npz"
METADATA = "metadata"
DIVERGED = "diverged"  # the status of a run whose numbers are not finite any more
TRAINING_ROWS = "training_rows"  # what is kept of them, see `nnctl.insight.drift`
MEMBER = "member_"
CONFIG_VALUES = "config_values"  # how many values the config has
SPARE_UNITS = "spare_units"  # outputs of the model that no class has
READOUT = "readout"  # what follows the model's output
CHECKSUM = "checksum"  # of the metadata; each array has one of its own in the archive


class Weights(NamedTuple):
    """What a weights file holds: `arrays` like `dense_1/kernel`, and the metadata.

    `metadata` is empty for a plain file of arrays. `file` is where it was read from.
    `training_rows` is what it keeps of the rows that trained, if it does.
    """

    file: str
    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]
    training_rows: NDArray[Any] | None = None


def save_weights(
    path: str | Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]
) -> None:
    """Writes a weights file, whole or not at all; the same contents give the same bytes.

    `metadata` is plain data; `format_version` is put before it, `checksum` behind. Raises
    `NnctlError` where the file cannot be written, ValueError for numbers that JSON does not have or
    for objects.
    """
    with atomic_file(path) as file:
        write_weights(file, arrays, metadata)


def write_weights(
    file: IO[bytes], arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]
) -> None:
    """Writes what a weights file holds into an open one."""
    if METADATA in arrays:
        raise ValueError(f'no array may be named "{METADATA}"')
    write_arrays(file, {**arrays, METADATA: metadata_array(metadata)})


def weights_file(path: str | Path) -> Path:
    """The weights file that a WEIGHTS argument means: itself, or that of the run folder."""
    path = Path(path)
    return path / FILE_NAME if path.is_dir() else path


def load_weights(path: str | Path, *, plain: bool = False) -> Weights:
    """Reads a weights file, or that of a run folder; with `plain`, also arrays without metadata.

    Raises `NnctlError` for what is not there, is damaged, or was written by a newer nnctl.
    """
    place = weights_file(path)
    file = str(place)
    if Path(path).is_dir() and not place.exists():
        if has_checkpoint(place.parent):
            raise NnctlError(problem_without_weights(place.parent))
        fix = "name a run folder, or the file itself"
        raise NnctlError(Problem(f"the folder {path} holds no {FILE_NAME}", fix, file))
    arrays = read_arrays(place)
    stated = arrays.pop(METADATA, None)
    if stated is None:
        if plain:
            return Weights(file, arrays, {})
        message = f'it has no "{METADATA}", so it does not say how its data was prepared'
        fix = "name the weights.npz that nnctl train wrote"
        raise NnctlError(Problem(message, fix, file))
    training_rows = arrays.pop(TRAINING_ROWS, None)
    return Weights(file, arrays, metadata_of(stated, file), training_rows)


def problem_without_weights(folder: Path) -> Problem:
    """Why the run in a folder that has a checkpoint holds no weights, and what to do."""
    if (read_results(folder / RESULTS) or {}).get("status") == DIVERGED:
        message = f"the run in this folder has diverged, so it holds no {FILE_NAME}"
        fix = "train it again with a lower optimizer.learning_rate, or with scaled data"
        return Problem(message, fix, str(folder))
    message = f"the run in this folder has not ended, so it holds no {FILE_NAME} yet"
    return Problem(message, f"go on with it: nnctl resume {shell_word(str(folder))}", str(folder))


def member_name(member: int, name: str) -> str:
    """What an array is called that belongs to a member of an ensemble, counted from 1."""
    return f"{MEMBER}{member}/{name}"


def count_members(arrays: Iterable[str]) -> int | None:
    """How many members arrays of such names are of; None for those of a single model."""
    found = [name.partition("/")[0].removeprefix(MEMBER) for name in arrays if is_of_member(name)]
    return max(map(int, found), default=None)


def is_of_member(name: str) -> bool:
    """Whether an array is called as that of a member is: names of layers have no slash."""
    return re.fullmatch(rf"{MEMBER}[1-9][0-9]{{0,8}}/.+/.+", name) is not None


def arrays_of_member(arrays: Mapping[str, NDArray[Any]], member: int) -> dict[str, NDArray[Any]]:
    """A member's arrays, by the names that they have in a model of their own."""
    ahead = member_name(member, "")
    return {n.removeprefix(ahead): array for n, array in arrays.items() if n.startswith(ahead)}


def gather_arrays(models: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of a model as they are, those of several with the member's number ahead."""
    if len(models) == 1:
        return dict(models[0])
    numbered = enumerate(models, start=1)
    return {member_name(k, name): a for k, own in numbered for name, a in own.items()}


def strange_arrays(arrays: Iterable[str], members: int) -> set[str]:
    """Those of the names that no member of so many has."""
    known = {member_name(member, "") for member in range(1, members + 1)}
    return {name for name in arrays if f"{name.partition('/')[0]}/" not in known}


def metadata_array(metadata: Mapping[str, Any], *, finite: bool = True) -> NDArray[np.str_]:
    """The metadata of a file as JSON, with the format's version before them and a checksum behind.

    Raises ValueError for objects, and where `finite` for numbers that JSON does not have.
    """
    stated = {"format_version": FORMAT_VERSION, **metadata}
    return np.array(json.dumps({**stated, CHECKSUM: checksum_of(stated)}, allow_nan=not finite))


def checksum_of(stated: Mapping[str, Any]) -> int:
    """The CRC-32 of plain data, which are written as JSON for that."""
    return zlib.crc32(json.dumps(stated).encode())


def metadata_of(written: NDArray[Any], file: str, *, finite: bool = True) -> dict[str, Any]:
    """What `metadata_array` was given, with the format's version; `file` is where it was read from.

    The first files had no checksum. Raises `NnctlError` for anything that it does not give, and for
    what a newer nnctl has written.
    """
    metadata = parse_metadata(written, finite)
    version = None if metadata is None else metadata.get("format_version")
    if metadata is None or type(version) is not int or version < 1:
        raise NnctlError(Problem(f'its "{METADATA}" is not what nnctl writes', None, file))
    if version > FORMAT_VERSION:
        writer = metadata.get("nnctl", "a newer nnctl")
        message = f"its format_version is {version} ({writer}); this nnctl reads {FORMAT_VERSION}"
        raise NnctlError(Problem(message, "update nnctl: pip install --upgrade nnctl", file))
    checksum = metadata.pop(CHECKSUM, None)
    if checksum is not None and checksum != checksum_of(metadata):
        message = f'its "{METADATA}" has changed since it was written: its checksum differs'
        raise NnctlError(Problem(message, "copy the file again, or train the model again", file))
    return metadata


def parse_metadata(written: NDArray[Any], finite: bool) -> dict[str, Any] | None:
    """The dictionary that the text of an array is in JSON; None where it is none."""
    if written.ndim != 0 or written.dtype.kind != "U":
        return None
    try:
        found = json.loads(
            str(written),
            object_pairs_hook=distinct_pairs,
            parse_constant=no_number if finite else None,
        )
        json.dumps(found)  # as for the checksum, which takes less depth than reading does
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def distinct_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary. Raises ValueError where a key comes twice or is no text that can be written."""
    found = {stated.text("a key", key): value for key, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def no_number(written: str) -> float:
    """Raises ValueError: what is written is a number that JSON does not have."""
    raise ValueError(f"{written} is no number")
