"""`weights.npz`: a model's arrays, and as JSON all else that predictions need."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.runs.folder import CHECKPOINT
from nnctl.system.atomic import atomic_file
from nnctl.system.npz import read_arrays, write_arrays

FORMAT_VERSION = 1
FILE_NAME = "weights.npz"
METADATA = "metadata"


class Weights(NamedTuple):
    """What a weights file holds: `arrays` like `dense_1/kernel`, and the metadata.

    `metadata` is empty for a plain file of arrays. `file` is where it was read from.
    """

    file: str
    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]


def save_weights(
    path: str | Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]
) -> None:
    """Writes a weights file, whole or not at all; the same contents give the same bytes.

    `metadata` is plain data; `format_version` is put before it. Raises `NnctlError` where the
    file cannot be written, ValueError for numbers that JSON does not have or for objects.
    """
    with atomic_file(path) as file:
        write_weights(file, arrays, metadata)


def write_weights(
    file: IO[bytes], arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]
) -> None:
    """Writes what a weights file holds into an open one."""
    if METADATA in arrays:
        raise ValueError(f'no array may be named "{METADATA}"')
    text = json.dumps({"format_version": FORMAT_VERSION, **metadata}, allow_nan=False)
    write_arrays(file, {**arrays, METADATA: np.array(text)})


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
        if (place.parent / CHECKPOINT).is_file():
            message = f"the run in this folder has not ended, so it holds no {FILE_NAME} yet"
            fix = f"go on with it: nnctl resume {shlex.quote(str(path))}"
            raise NnctlError(Problem(message, fix, str(path)))
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
    return Weights(file, arrays, metadata_of(stated, file))


def metadata_of(stated: NDArray[Any], file: str) -> dict[str, Any]:
    metadata: Any = None
    if stated.ndim == 0 and stated.dtype.kind == "U":
        try:
            metadata = json.loads(str(stated))
        except (ValueError, RecursionError):
            metadata = None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("format_version"), int):
        raise NnctlError(Problem(f'its "{METADATA}" is not what nnctl writes', None, file))
    version = metadata["format_version"]
    if version > FORMAT_VERSION:
        writer = metadata.get("nnctl", "a newer nnctl")
        message = f"its format_version is {version} ({writer}); this nnctl reads {FORMAT_VERSION}"
        raise NnctlError(Problem(message, "update nnctl: pip install --upgrade nnctl", file))
    return metadata
