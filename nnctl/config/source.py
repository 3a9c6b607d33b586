"""Where a config's values come from: a file's lines, `--set`, or a named option."""

import os
from pathlib import Path
from typing import Any

from nnctl.config.yaml_lines import compose
from nnctl.errors import NnctlError, Problem, did_you_mean

LARGEST = 1 << 20  # bytes


class Source:
    """A config's plain values, and for every dotted path the place that it was written in.

    `file` is the name as the user wrote it; `problems` what reading it found wrong already.
    """

    def __init__(
        self,
        file: str,
        values: dict[Any, Any] | None = None,
        places: dict[str, int | str] | None = None,
        problems: list[Problem] | None = None,
    ) -> None:
        self.file, self.values = file, {} if values is None else values
        self.places = {} if places is None else places
        self.problems = [] if problems is None else problems

    def place(self, path: str) -> int | str | None:
        """A line, or the option that gave the value; for a missing key that of its parent."""
        while path not in self.places and path:
            path = path.rpartition(".")[0]
        return self.places.get(path)

    def line(self, path: str) -> int | None:
        """The line (from 1) of the path's key, or of the nearest parent that the file has."""
        place = self.place(path)
        return place if isinstance(place, int) else None

    def option(self, path: str) -> str | None:
        """The option that the value came from ("--set epochs=0"), or None."""
        place = self.place(path)
        return place if isinstance(place, str) else None

    def from_set(self, path: str) -> bool:
        """Whether the value came from an option and not from the file."""
        return self.option(path) is not None

    def problem(self, path: str, message: str, fix: str | None = None) -> Problem:
        """A problem with the value at a dotted path, at the place it was written in."""
        return Problem(message, fix, self.file, self.line(path), path, self.option(path))

    def written(self, path: str, option: str) -> None:
        """Notes that an option now gives everything at and below `path`."""
        below = path + "."
        for known in [p for p in self.places if p == path or p.startswith(below)]:
            del self.places[known]
        self.places[path] = option

    @property
    def folder(self) -> Path:
        """The folder that the paths in the config are relative to."""
        return Path(self.file).parent


def read(path: str | os.PathLike[str]) -> Source:
    """The config file at `path`, read as YAML 1.2.

    Raises `NnctlError` for what leaves nothing to check: no readable file, text that is not
    YAML, no mapping at the top. Duplicate keys and the like are left in `source.problems`.
    """
    file = os.fspath(path)
    return source_of(_read_text(file), file)


def source_of(text: str, file: str) -> Source:
    """The config that the file of that name holds, or is to hold. Raises as `read` does."""
    try:
        composed = compose(text)
    except NnctlError as error:
        raise NnctlError(problem.located(file=file) for problem in error.problems) from None
    problems = [problem.located(file=file) for problem in composed.problems]
    if not isinstance(composed.values, dict):
        raise NnctlError([*problems, _not_a_mapping(file, composed.values, composed.lines)])
    return Source(file, composed.values, dict(composed.lines), problems)


def _not_a_mapping(file: str, values: Any, lines: dict[str, int]) -> Problem:
    kinds = {list: "a list", str: "text", type(None): "nothing"}
    found = kinds.get(type(values), "a number")
    return Problem(
        f"the file holds {found}; a config is a mapping of keys to values",
        "write keys such as data:, layers:, loss:, optimizer: and epochs:",
        file,
        lines.get("", 1),
    )


def _read_text(file: str) -> str:
    """The file's text, from UTF-8."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise NnctlError(_unreadable(file, error)) from None
    if len(content) > LARGEST:
        raise NnctlError(
            Problem(
                f"the file is larger than a config may be, {LARGEST >> 20} MiB",
                "give a YAML config; data files are named in it under data:",
                file,
            )
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise NnctlError(
            Problem(
                f"the byte 0x{byte:02x} is not UTF-8 text",
                "save the config as UTF-8",
                file,
                line,
            )
        ) from None


def _unreadable(file: str, error: Exception) -> Problem:
    """Why the file could not be read."""
    if isinstance(error, IsADirectoryError):
        return Problem("this is a folder, not a config file", "name a YAML file in it", file)
    if isinstance(error, PermissionError):
        return Problem("no permission to read this file", "allow reading it: chmod u+r", file)
    if isinstance(error, FileNotFoundError):
        folder = Path(file).parent
        beside = sorted(p.name for p in folder.glob("*.y*ml")) if folder.is_dir() else []
        fix = did_you_mean(Path(file).name, beside) or "give the path of a YAML config"
        return Problem("there is no such file", fix, file)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem(f"the file cannot be read: {reason}", "give the path of a YAML config", file)
