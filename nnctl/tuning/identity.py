"""What makes a study the one it is: its config and data, wherever they are kept."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnctl.config import Config, resolved
from nnctl.config.data_files import with_files
from nnctl.config.wording import excerpt

ABOUT, TRIALS = "nnctl", "trials"  # what is noted of a study


def identity_of(config: Config, digests: Mapping[str, str]) -> dict[str, Any]:
    """The config but for the number of trials, with files by their names alone, and their SHA-256.

    It is plain data, as JSON gives it back; `digests` are by the files' paths below `data`.
    """
    values = resolved(config, tune=True)
    del values["tune"]["trials"]
    values["data"] = with_files(values["data"], lambda file: Path(file).name)
    known: dict[str, Any] = json.loads(json.dumps({"config": values, "sha256": dict(digests)}))
    return known


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In what a study was another: keys whose values are not what they were, and data files."""
    digests = before["sha256"]
    return [
        *changed_keys(before["config"], now["config"]),
        *(
            f"data.{part} is another file (its SHA-256 differs)"
            for part, digest in now["sha256"].items()
            if digests.get(part, digest) != digest
        ),
    ]


def changed_keys(before: Mapping[str, Any], now: Mapping[str, Any], ahead: str = "") -> list[str]:
    """The keys, by dotted paths, that have other values, with both."""
    found: list[str] = []
    for key in dict.fromkeys([*before, *now]):
        old, new = before.get(key), now.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += changed_keys(old, new, f"{ahead}{key}.")
        elif old != new:
            found.append(f"{ahead}{key} is {excerpt(new)}, and was {excerpt(old)}")
    return found
