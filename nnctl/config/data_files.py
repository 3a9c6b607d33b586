"""The data files that a config names, wherever under `data` they stand."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnctl.config.types import Section

PARTS = ("train", "validation", "calibration", "test")


def named_files(data: Mapping[str, Any]) -> dict[str, str]:
    """The files in a config's plain `data`, by their dotted paths below it.

    A part is a file, or `{file: …}` with names of what is in it, or, of IDX and `.npy` files, the
    two of `{features: …, target: …}`.
    """
    return {".".join(path): str(holder[path[-1]]) for path, holder in _places(data)}


def with_files(data: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The same plain `data` with each file's name changed."""
    changed = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in data.items()
    }
    for path, holder in list(_places(changed)):
        holder[path[-1]] = change(holder[path[-1]])
    return changed


def imaging() -> "type[Section]":
    """The model of the section `data.image`."""
    from nnctl.config.images import ImageConfig

    return ImageConfig


def with_images(values: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """A config's values, with what its folders of images say by themselves."""
    data = values.get("data")
    train = data.get("train") if isinstance(data, Mapping) else None
    may_be = isinstance(train, Mapping) or (isinstance(train, str) and not Path(train).suffix)
    if not may_be:
        return values
    from nnctl.config.images import with_image_keys  # few data are images

    return with_image_keys(values, folder)


def _places(data: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The path of each file's name, and the mapping that holds it under the path's last key."""
    for part in PARTS:
        value = data.get(part)
        if isinstance(value, str):
            yield (part,), data
        elif isinstance(value, Mapping):
            for key in ("file",) if value.get("file") is not None else ("features", "target"):
                if isinstance(value.get(key), str):
                    yield (part, key), value
