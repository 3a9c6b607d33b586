"""Kills runs and resumes them, and compares what comes out with runs that nobody disturbed."""

import csv
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.jobs.resume import resume
from nnctl.jobs.train import train
from nnctl.runs import checkpoint
from nnctl.runs.checkpoint import read_checkpoint
from nnctl.runs.folder import (
    CHECKPOINT,
    HISTORY,
    RESULTS,
    WEIGHTS,
    first_checkpoint,
    has_checkpoint,
)
from nnctl.system.npz import read_arrays
from nnctl.training import loop
from tests.kills.configs import write
from tests.kills.moments import WRITES, Moment, drawn, prepare

TIMES = ("seconds", "run", "weights", "versions")


@dataclass(frozen=True)
class Kill:
    """What was killed and when; `resumed` says whether there was a run to go on with."""

    config: str
    moment: Moment
    died: bool
    resumed: bool
    checkpoint: tuple[int, int] | None


def often() -> None:
    """Lets runs save checkpoints after every few batches, not every few seconds."""
    checkpoint.BETWEEN_EPOCHS = checkpoint.WITHIN_EPOCH = 0.0
    loop.MOST_BATCHES_AT_ONCE = 2


def kills(folder: Path, count: int, seed: int) -> Iterator[Kill]:
    """Kills `count` runs at random moments, one after another; each is resumed and compared.

    A third of them are killed again while they resume. Raises `AssertionError` for any difference.
    """
    often()
    generator = np.random.default_rng(seed)
    configs = write(folder)
    undisturbed = {}
    for name, path in configs.items():
        began = time.perf_counter()
        train(path, output=folder / "undisturbed" / path.stem)
        undisturbed[name] = time.perf_counter() - began
    for index in range(count):
        name = list(configs)[index % len(configs)]
        path, run = configs[name], folder / f"run-{index}"
        moment = drawn(generator, undisturbed[name])
        died = killed(lambda path=path, run=run: train(path, output=run), moment)
        check_files(run)
        there = has_checkpoint(run)
        place = None
        if there:
            saved = read_checkpoint(first_checkpoint(run))
            place = (saved.epoch, saved.batch)
            if died and generator.random() < 1 / 3:
                again = drawn(generator, undisturbed[name])
                killed(lambda run=run: resume(run), again)
                check_files(run)
            resume(run)
        else:
            assert not run.exists(), "a run without a checkpoint"
            train(path, output=run)
        compare(run, folder / "undisturbed" / path.stem)
        yield Kill(name, moment, died, there, place)


def killed(job: Any, moment: Moment) -> bool:
    """Does the job in a process of its own, which is killed at the moment; whether it was."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            prepare(moment)
            job()
            status = 0
        finally:
            os._exit(status)
    if moment[0] == "at a time":
        time.sleep(moment[1])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, f"it failed by itself: {moment}"
    return os.WIFSIGNALED(status)


def check_files(run: Path) -> None:
    """Every file of the folder can be read as what it is."""
    for path in run.rglob("*") if run.exists() else ():
        if path.suffix == ".npz":
            read_arrays(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".csv":
            with path.open() as file:
                rows = list(csv.reader(file))
            assert {len(row) for row in rows} == {len(rows[0])}


def compare(run: Path, other: Path) -> None:
    """Two finished runs are the same, but for times and places."""
    assert (run / WEIGHTS).read_bytes() == (other / WEIGHTS).read_bytes()
    assert history(run) == history(other)
    assert results(run) == results(other)
    assert files_of(run) == files_of(other)
    for path in (file for file in files_of(run) if file.name == CHECKPOINT):
        left = read_arrays(run / path), read_arrays(other / path)
        for name in set(left[0]) | set(left[1]):
            if name != "metadata":
                np.testing.assert_array_equal(left[0][name], left[1][name], strict=True)


def files_of(run: Path) -> list[Path]:
    """All that a run has left, by paths within it."""
    return sorted(path.relative_to(run) for path in run.rglob("*"))


def history(run: Path) -> list[dict[str, str]]:
    with (run / HISTORY).open() as file:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]


def results(run: Path) -> dict[str, Any]:
    found = json.loads((run / RESULTS).read_text())
    return {key: value for key, value in found.items() if key not in TIMES}


def counts(made: list[Kill]) -> dict[str, int]:
    """Where the kills fell."""
    kinds = Counter(kill.moment[0] for kill in made if kill.died)
    return {
        "kills": sum(kill.died for kill in made),
        "before the end and after the first checkpoint": sum(
            kill.died and kill.resumed for kill in made
        ),
        "inside an epoch": kinds["inside an epoch"],
        "during a write": sum(kinds[kind] for kind in WRITES),
        "resumed from inside an epoch": sum(
            kill.died and kill.checkpoint is not None and kill.checkpoint[1] > 0 for kill in made
        ),
    }
