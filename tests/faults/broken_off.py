"""Kills a process before each renaming by which it replaces a run, and resumes what is there.

`python -m tests.faults.broken_off` prints, for each, whether that was the older run.
"""

import json
import os
import signal
import tempfile
from pathlib import Path

from nnctl.jobs.train import train
from nnctl.runs import folder
from tests.faults.cases import World, done
from tests.kills.killing import compare
from tests.kills.moments import die


def killed_at(place: int, world: World, run: Path) -> bool:
    """Replaces a run in a process that dies before its so-manyth renaming; whether it did."""
    child = os.fork()
    if child == 0:
        calls = [0]

        def counted(real):
            def replaced(*arguments):
                calls[0] += 1
                if calls[0] == place:
                    die()
                return real(*arguments)

            return replaced

        real = folder.swap

        def swap(*arguments):
            for name in ("replace", "link"):
                setattr(os, name, counted(getattr(os, name)))
            real(*arguments)
            os._exit(0)

        folder.swap = swap
        try:
            train(world.config, output=run, overwrite=True)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def ends(world: World) -> list[bool]:
    """Whether the older run was left, for each moment. Raises `AssertionError` for any other."""
    case = next(case for case in world.cases if case.name == "overwrite")
    found: list[bool] = []
    while True:
        run = world.copy(case) / "run"
        if not killed_at(len(found) + 1, world, run):
            return found
        done("resume", run, "-q")
        older = "seed: 7" in (run / "config.yaml").read_text().splitlines()
        compare(run, case.before / "run" if older else world.whole)
        found.append(older)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(ends(World(Path(place)))))
