"""A run that is replaced by a process that is killed: the older or the newer one is there."""

import os
import signal
from pathlib import Path

import pytest

from nnctl.jobs.train import train
from nnctl.runs import checkpoint, folder
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills need fork")
def test_a_run_that_is_killed_while_it_replaces_another(tmp_path, monkeypatch):
    for name in ("BETWEEN_EPOCHS", "WITHIN_EPOCH"):
        monkeypatch.setattr(checkpoint, name, getattr(checkpoint, name))  # put back afterwards
    world = World(tmp_path)
    case = next(case for case in world.cases if case.name == "overwrite")
    ends = []
    for place in range(1, 20):
        run = world.copy(case) / "run"
        if not killed_at(place, world, run):
            break
        done("resume", run, "-q")
        seeds = [line for line in (run / "config.yaml").read_text().splitlines() if "seed" in line]
        older = seeds == ["seed: 7"]
        compare(run, case.before / "run" if older else world.whole)
        ends.append(older)
    assert ends == sorted(ends, reverse=True)  # the older ones first
    assert ends.count(True) >= 5
    assert ends.count(False) >= 1
