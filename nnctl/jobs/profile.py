"""`nnctl profile`: where a training step's time goes, by layer and operation."""

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.graph import Name
from nnctl.graph.program import NamedCall
from nnctl.jobs.finding import find_config, member_or_first
from nnctl.jobs.job import training_of
from nnctl.training.loop import Training, TrainingDiverged
from nnctl.training.step import Step
from nnctl.training.team import Team
from nnctl.training.update import rates_of

EPOCHS = 1_000_000  # more than there will be time for
ROUNDS = 30
SECONDS = 0.5  # each thing is measured for about so long, in rounds of several steps
STEPS_A_ROUND = 10
CLOCKED = 5.0  # seconds, at most, of calls with a clock between them


@dataclass(frozen=True)
class Entry:
    """An operation of a layer within one step: its calls, their seconds, their multiply-adds."""

    layer: str
    operation: str
    calls: int
    seconds: float
    multiply_adds: int


@dataclass(frozen=True)
class Profile:
    """A step of `rows` examples on so many threads.

    `step_seconds` is what a step takes in training, with the gathering of its batch and its share
    of loss and metrics; `program_seconds` what its calls take without a clock between them, and
    `product_seconds` what its matrix products take alone: the limit that no other work can beat.
    `entries` are from runs with a clock between the calls, the longest first.
    """

    rows: int
    threads: int
    step_seconds: float
    program_seconds: float
    product_seconds: float
    entries: tuple[Entry, ...]

    @property
    def product_share(self) -> float:
        """The share of the matrix-product limit that is reached."""
        return self.product_seconds / self.step_seconds

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return {
            "rows": self.rows,
            "threads": self.threads,
            "step_seconds": self.step_seconds,
            "program_seconds": self.program_seconds,
            "product_seconds": self.product_seconds,
            "product_share": self.product_share,
            "operations": [vars(entry) for entry in self.entries],
        }


def profile(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    member: int | None = None,
) -> Profile:
    """Measures training steps of a config on its data; nothing is written.

    Of an ensemble they are those of a `member`, by default the first.

    Raises `NnctlError` for what cannot be read or built.
    """
    named = {"epochs": EPOCHS, "seed": seed}
    loaded = load(find_config(config), overrides=overrides, named=named)
    built = build(loaded, member=member_or_first(member))
    training = training_of(built)
    with training.on_threads() as team, np.errstate(all="ignore"):
        whole = seconds_of_training(training)
        step = training.step
        rates = rates_of(training.optimizer, training.learning_rate(0), 0)
        batch = np.arange(training.batch_size)
        step.run(built.train, batch[None], [rates])
        calls, sharing = calls_shared(step, team), parts_at_once(step, team)
        alone = seconds_of_calls(calls)
        limit = product_seconds(calls)
        times = min(ROUNDS * STEPS_A_ROUND, 1 + int(CLOCKED / max(alone, 1e-9)))
        entries = entries_of(calls, times)
    return Profile(step.rows, team.size, whole, alone / sharing, limit / sharing, entries)


def seconds_of_training(training: Training) -> float:
    """The seconds of a step in training, from whole stretches of it."""
    spent: list[float] = []
    began = last = time.perf_counter()
    before = training.state.step
    try:
        for _ in training.events():
            now = time.perf_counter()
            step = training.state.step
            if step > before:
                spent.append((now - last) / (step - before))
            last, before = now, step
            if now - began > SECONDS and len(spent) > 2:
                break
    except TrainingDiverged:  # the time of a step is the same
        pass
    return statistics.median(spent[1:] or spent or [float("nan")])


def product_seconds(calls: Sequence[NamedCall]) -> float:
    """What the matrix products among some calls take alone."""
    return seconds_of_calls([named for named in calls if named.value.operation is Name.MATMUL])


def parts_at_once(step: Step, team: Team) -> int:
    """How many parts of a step the threads compute at once, each all calls of its own."""
    return min(step.most_threads, team.size) if step.parts > 1 else 1


def calls_shared(step: Step, team: Team) -> list[NamedCall]:
    """The calls of a step, where its parts are not what the threads share: by all of them."""
    if step.parts > 1:
        return list(step.calls)
    return [NamedCall(named.value, team.shared(named.call)) for named in step.calls]


def seconds_of_calls(calls: Sequence[NamedCall]) -> float:
    """What some calls take, one after another, without a clock between them."""
    bare = [named.call for named in calls]
    return median_seconds(lambda: [call() for call in bare]) if bare else 0.0


def median_seconds(work: Callable[[], object]) -> float:
    """The median of several rounds of some repetitions, as many as there is time for."""
    spent: list[float] = []
    while len(spent) < ROUNDS and sum(spent) * STEPS_A_ROUND < SECONDS:
        start = time.perf_counter()
        for _ in range(STEPS_A_ROUND):
            work()
        spent.append((time.perf_counter() - start) / STEPS_A_ROUND)
    return statistics.median(spent)


def entries_of(calls: Sequence[NamedCall], times: int) -> tuple[Entry, ...]:
    """Each operation of each layer with the median seconds of its calls, the longest first.

    All calls are made so many times.
    """
    clock = time.perf_counter_ns
    spent = np.empty((times, len(calls)))
    for row in spent:
        for index, named in enumerate(calls):
            start = clock()
            named.call()
            row[index] = clock() - start
    idle = np.empty(1000)
    for index in range(len(idle)):
        start = clock()
        idle[index] = clock() - start
    each = np.maximum(np.median(spent, axis=0) - np.median(idle), 0) * 1e-9
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    work: Counter[tuple[str, str]] = Counter()
    for index, named in enumerate(calls):
        key = named.value.scope or "loss", named.value.name
        groups[key].append(index)
        # Of several calls for a value the first counts; of each part it is computed anew.
        if not index or calls[index - 1].value is not named.value:
            work[key] += named.value.multiply_adds
    entries = [
        Entry(
            layer,
            operation,
            len(indices),
            float(each[indices].sum()),
            work[layer, operation],
        )
        for (layer, operation), indices in groups.items()
    ]
    return tuple(sorted(entries, key=lambda entry: -entry.seconds))
