"""Which process trains a trial, and whether it still runs."""

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """The name of this process, unlike that of any other, on this machine or another."""
    return f"{this_machine()} {os.getpid()} {start_of(os.getpid())}"


@cache
def this_machine() -> str:
    """The machine, from one start of it to the next."""
    boot = ""
    with suppress(OSError):
        boot = BOOT.read_text().strip()
    return f"{platform.node()}/{boot}"


def is_here(name: str) -> bool:
    """Whether a process is, or was, one of this machine, maybe before it was started anew."""
    return name.partition("/")[0] == platform.node()


def is_gone(name: str) -> bool:
    """Whether a process of this machine has ended; other machines' are not known to have."""
    if not is_here(name):
        return False
    where, pid, start = name.rsplit(" ", 2)
    return where != this_machine() or start_of(int(pid)) != start


def start_of(pid: int) -> str:
    """When a process of this machine was started, in the system's own count; empty if it is none.

    Where the system does not tell, "?" for a process that there is.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() or not exists(pid) else "?"
    return "" if fields[0] == "Z" else fields[19]


def exists(pid: int) -> bool:
    """Whether there is a process of that number, whoever owns it."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
