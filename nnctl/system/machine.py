"""What the computer has."""

import os
import sys


def memory() -> int | None:
    """The computer's memory in bytes, where the system tells it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def peak() -> int | None:
    """The most memory in bytes that this process has had in use, where the system tells it."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    used = getrusage(RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024
