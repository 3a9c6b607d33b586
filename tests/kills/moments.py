"""Where a run is killed: before some call that it makes, or at some time.

The calls are replaced in a process that was forked for one run, which kills itself in one of them
with SIGKILL: nothing can be tidied up, as when the power fails.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np

from nnctl.runs import checkpoint, folder
from nnctl.system import atomic, npz
from nnctl.training.step import TrainingStep

Moment = tuple[str, int | float]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(call: Callable[..., Any], at: int, after: bool) -> Callable[..., Any]:
    """The call, but its `at`-th time it is the process's last, before or after its work."""
    calls = [0]

    def replaced(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == at and not after:
            die()
        result = call(*arguments, **options)
        if calls[0] == at:
            die()
        return result

    return replaced


# What is replaced, for each kind of moment; and about how often a run comes there.
CALLS: dict[str, tuple[Any, str, bool, int]] = {
    "inside an epoch": (TrainingStep, "run", True, 20),
    "before a file is flushed": (atomic.os, "fsync", False, 30),
    "before a file gets its name": (atomic.os, "replace", False, 30),
    "after a file got its name": (atomic.os, "replace", True, 30),
    "between arrays of a file": (npz.npy, "write_array", False, 120),
    "before history": (checkpoint, "save_history", False, 14),
    "as the folder gets its name": (folder, "is_taken", False, 1),
}
WRITES = set(CALLS) - {"inside an epoch"}


def prepare(moment: Moment) -> None:
    """Makes this process die at the moment, unless it is a time."""
    kind, at = moment
    if kind in CALLS:
        owner, name, after, _ = CALLS[kind]
        setattr(owner, name, dying(getattr(owner, name), int(at), after))


def drawn(generator: np.random.Generator, seconds: float) -> Moment:
    """A random moment of a run that takes about so many seconds."""
    kind = generator.choice([*CALLS, *["inside an epoch"] * 5, *["at a time"] * 2])
    if kind == "at a time":
        return "at a time", float(generator.uniform(0, 0.9 * seconds))
    return str(kind), int(generator.integers(1, CALLS[kind][3] + 1))
