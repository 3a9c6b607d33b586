"""`nnctl diff`: what two runs differ in: config, data, versions, and the bytes of weights."""

import filecmp
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnctl.errors import NnctlError, Problem
from nnctl.jobs.finding import find_run
from nnctl.runs.folder import WEIGHTS, is_run
from nnctl.runs.listing import Listed, as_mapping, by_dotted_key, differing_keys, run_at
from nnctl.system.npz import array_checksums

Pair = tuple[Any, Any]


class RunDifference(NamedTuple):
    """What two runs differ in: by name the value of each, None where one has none.

    `same_bytes` says whether their weights files are the same bytes, None where one has no weights
    yet; `arrays` are those that differ, in their order.
    """

    runs: tuple[str, str]
    config: dict[str, Pair]
    data: dict[str, Pair]
    versions: dict[str, Pair]
    figures: dict[str, Pair]
    same_bytes: bool | None
    arrays: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The differences as plain data."""
        named = {"config": self.config, "data": self.data, "versions": self.versions}
        plain = {
            key: {name: list(pair) for name, pair in own.items()} for key, own in named.items()
        }
        return {
            "same_bytes": self.same_bytes,
            **plain,
            "figures": {name: list(pair) for name, pair in self.figures.items()},
            "arrays": list(self.arrays),
        }


def difference(first: Path, second: Path) -> RunDifference:
    """What two runs differ in. Raises `NnctlError` for what is no run, or cannot be read."""
    runs = run_named(first), run_named(second)
    keys = differing_keys([run.settings for run in runs])
    data = [{part: own.get("sha256") for part, own in run.data.items()} for run in runs]
    versions = [as_mapping(run.facts.get("versions")) for run in runs]
    same, arrays = compare_weights(runs[0].path / WEIGHTS, runs[1].path / WEIGHTS)
    return RunDifference(
        (str(first), str(second)),
        {key: (runs[0].settings.get(key), runs[1].settings.get(key)) for key in keys},
        differing(data[0], data[1]),
        differing(versions[0], versions[1]),
        differing(runs[0].figures, runs[1].figures),
        same,
        arrays,
    )


def run_named(path: Path) -> Listed:
    """The run that an argument means, with its config also where it has no results."""
    from nnctl.config import load, resolved
    from nnctl.runs.folder import CONFIG

    folder = find_run(path)
    if not is_run(folder):
        message = "this folder holds no run" if folder.is_dir() else "there is no such run folder"
        raise NnctlError(Problem(message, "name the folder that nnctl train wrote", str(path)))
    run = run_at(folder)
    if run.settings:
        return run
    values = resolved(load(folder / CONFIG), absolute_paths=True)
    return run._replace(settings=by_dotted_key(values))


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    """The names whose values differ, with both."""
    names = dict.fromkeys((*first, *second))
    pairs = {name: (first.get(name), second.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def compare_weights(first: Path, second: Path) -> tuple[bool | None, tuple[str, ...]]:
    """Whether two weights files are the same bytes, None where one is not there; what differs."""
    if not (first.is_file() and second.is_file()):
        return None, ()
    if filecmp.cmp(first, second, shallow=False):
        return True, ()
    sums = array_checksums(first), array_checksums(second)
    return False, tuple(differing(*sums))
