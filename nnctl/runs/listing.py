"""What runs are and what came of them, from their `results.json` alone, and where they differ."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnctl.errors import NnctlError
from nnctl.runs.folder import CONFIG, RESULTS, is_run
from nnctl.runs.lock import require_unheld
from nnctl.runs.results import read_results

PARTS = {"train": "", "validation": "val_", "test": "test_"}  # what figures of each begin with
RUNNING, BROKEN_OFF, UNKNOWN = "running", "broken off", "unknown"
UNFINISHED = ("interrupted", BROKEN_OFF)
NAMED = ("name", "data.train", "data.test", "data.validation")  # by the folder, and by its data


class Listed(NamedTuple):
    """A run: its folder, how it ended, its config by dotted keys, figures, and data files.

    `figures` are called `loss`, `val_loss`, `test_loss` and the like; `data` has by part the name
    and SHA-256 of each file; `time` is when its results were written, in seconds since 1970.
    """

    path: Path
    status: str
    epochs: int | None
    settings: Mapping[str, Any]
    figures: Mapping[str, float]
    data: Mapping[str, Mapping[str, str]]
    time: float
    facts: Mapping[str, Any]

    @property
    def group(self) -> tuple[tuple[str, str], ...]:
        """What is equal for runs of the same data."""
        return tuple(sorted((part, str(own.get("sha256"))) for part, own in self.data.items()))


def runs_in(folder: Path) -> list[Listed]:
    """The runs that a folder holds, the newest first. Raises `OSError` where it cannot be read."""
    found = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    listed = [run_at(path) for path in found if is_run(path)]
    return sorted(listed, key=lambda run: (-run.time, str(run.path)))


def run_at(path: Path) -> Listed:
    """The run in a folder, of which there may be no more than its config."""
    results = read_results(path / RESULTS) or {}
    config, data = as_mapping(results.get("config")), as_mapping(results.get("data"))
    written = path / RESULTS if results else path / CONFIG
    epochs = results.get("epochs")
    return Listed(
        path,
        status_of(path, results),
        epochs if isinstance(epochs, int) else None,
        by_dotted_key(config),
        part_figures(results),
        {str(part): as_mapping(own) for part, own in data.items()},
        written.stat().st_mtime,
        results,
    )


def status_of(path: Path, results: Mapping[str, Any]) -> str:
    """How a run has ended, or that it has not: a process that trains holds its folder."""
    status = results.get("status", UNKNOWN)
    if status != RUNNING:
        return str(status)
    try:
        require_unheld(path)
    except NnctlError:
        return RUNNING
    return BROKEN_OFF


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A mapping; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def part_figures(results: Mapping[str, Any]) -> dict[str, float]:
    """The figures of all parts of the data, by one name each."""
    return {
        f"{ahead}{name}": float(value)
        for part, ahead in PARTS.items()
        for name, value in as_mapping(results.get(part)).items()
        if type(value) in (int, float)
    }


def by_dotted_key(values: Any, ahead: str = "") -> dict[str, Any]:
    """The values of a config by their dotted keys, as in `--set`; those that are null are left out.

    A bare string stands for `{type: string}`, as everywhere.
    """
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(values, Mapping):
        pairs = values.items()
    elif isinstance(values, list) and any(isinstance(each, Mapping | list) for each in values):
        pairs = enumerate(values)
    else:
        return {} if values is None else {ahead.removesuffix(".type"): values}
    return {
        key: value
        for name, below in pairs
        for key, value in by_dotted_key(below, f"{ahead}.{name}" if ahead else str(name)).items()
    }


def differing_keys(several: Sequence[Mapping[str, Any]]) -> list[str]:
    """The dotted keys in which some settings differ, in their order; what names the run is none."""
    keys = dict.fromkeys(key for settings in several for key in settings)
    return [
        key
        for key in keys
        if not is_name(key, several)
        and len({json.dumps(settings.get(key)) for settings in several}) > 1
    ]


def is_name(key: str, several: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a key says which files or which run, and not what is done with them."""
    named = any(key == name or key.startswith(f"{name}.") for name in NAMED)
    return named and not any(isinstance(settings.get(key), float) for settings in several)


def text_of_value(value: Any) -> str:
    """A value of a config as it could be written there."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
