"""The cores that the system grants a process: those it is bound to, and a container's quota."""

import math
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

GROUPS = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")


def own_cores() -> frozenset[int]:
    """The numbers of the cores that the process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


@cache
def quota() -> float | None:
    """How many cores' time a container grants all processes in it, None where it sets no limit."""
    return quota_of(GROUPS, MOUNT)


def quota_of(groups: Path, mount: Path) -> float | None:
    """The least quota of the control groups that the file `groups` lists, and of those around them.

    Each line is `number:controllers:path`; controllers are empty in version 2 of the groups.
    """
    try:
        lines = groups.read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return None
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            for folder in folders_around(path, mount / controllers):
                found.append(quota_in(folder))
    return min((each for each in found if each is not None), default=None)


def folders_around(path: str, root: Path) -> Iterator[Path]:
    """The folder of a group and those that it lies in, up to the root.

    Inside a container the root may be the group itself, whose path is then told as seen outside.
    """
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for count in range(len(parts), -1, -1):
        yield root.joinpath(*parts[:count])


def quota_in(folder: Path) -> float | None:
    """The quota that a group's files say: microseconds of a core in so many microseconds."""
    try:
        if (folder / "cpu.max").exists():  # version 2: `max 100000`, or `150000 100000`
            granted, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
        else:
            granted, period = (
                (folder / f"cpu.cfs_{name}_us").read_text(encoding="utf-8").strip()
                for name in ("quota", "period")
            )
        cores = float(granted) / float(period)
    except (OSError, ValueError):  # ValueError: `max`
        return None
    return cores if cores > 0 and math.isfinite(cores) else None
