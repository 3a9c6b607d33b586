"""The data files of a run, and whether they are what they were."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnctl.assembly.examples import digest_of_part
from nnctl.config import Config, resolved
from nnctl.config.data_files import named_files
from nnctl.errors import NnctlError


@dataclass(frozen=True)
class UsedFile:
    """A data file of a run: its part of the data, its name, and its SHA-256 then, if known.

    `fault` says why its rows are not to be had as they were; None where they are.
    """

    part: str
    name: str
    sha256: str | None
    fault: str | None


def used_files(config: Config, digests: Mapping[str, str]) -> tuple[UsedFile, ...]:
    """The data files of a run, each held against its SHA-256 then."""
    found = []
    for part, file in named_files(resolved(config, absolute_paths=True)["data"]).items():
        digest = digests.get(part)
        fault = None
        try:
            if digest is not None and digest_of_part(config, part, file) != digest:
                fault = "it has changed since the run (its SHA-256 differs)"
        except NnctlError as error:
            fault = error.problems[0].message
        found.append(UsedFile(part, Path(file).name, digest, fault))
    return tuple(found)
