"""Turns: what a process does of the training of an ensemble, a member at a time.

Each turn goes on from the member's checkpoint and ends with one, so that it does not matter which
process takes the next: a turn is a run that is resumed and interrupted.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nnctl.advice import Advice
from nnctl.advice.watching import Watch
from nnctl.assembly.build import Built, build
from nnctl.assembly.examples import nbytes
from nnctl.config import Source
from nnctl.config.schema import check
from nnctl.errors import NnctlError, Problem
from nnctl.jobs.job import Job, monitors
from nnctl.jobs.processes import Line, look_after
from nnctl.jobs.run import diagnose_divergence, train_on
from nnctl.jobs.signals import ignore_interrupts
from nnctl.runs.checkpoint import About, read_checkpoint
from nnctl.runs.folder import RunFolder
from nnctl.system import machine
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Reason, Run
from nnctl.training.loop import TrainingDiverged

BETWEEN_MESSAGES = 0.1  # seconds, of batches
Look = Callable[[], object]


@dataclass(frozen=True)
class EnsemblePlan:
    """What the processes that train an ensemble have in common.

    `file` is where `about` has the config from; there are so many `processes`.
    """

    file: str
    folder: Path
    about: About
    processes: int


class Turn(NamedTuple):
    """A stretch of the training of a member: to its end, or until it is told to break off.

    `watch` is what has been watched of it before.
    """

    member: int
    watch: Mapping[str, Any]


class TurnEnd(NamedTuple):
    """How a turn ended, and the member stands.

    `reason` is "interrupted" also where it made way for another; `advice` is what its training has
    shown, and `problems` say why it diverged.
    """

    member: int
    reason: Reason
    watch: Mapping[str, Any]
    advice: tuple[Advice, ...] = ()
    problems: tuple[Problem, ...] = ()


class Ready(NamedTuple):
    """A process that was started anew has read the data, and can be given a turn."""


class MemberTrainer:
    """Trains members, each for the turns that this process is given.

    `known` is the first member, whose data were read already; `look` is called every few batches.
    Raises `NnctlError` for data that cannot be read.
    """

    def __init__(self, plan: EnsemblePlan, look: Look = lambda: None, known: Built | None = None):
        self.plan = plan
        self.look = look
        first = known or build(check(Source(plan.file, dict(plan.about.config))))
        self._config, self._prepared = first.config, first.prepared
        self._built = {1: first}

    def train(self, turn: Turn, callbacks: Sequence[Callback]) -> TurnEnd:
        """Goes on with a member. Raises `NnctlError` as training does, but where it diverges.

        On one thread, as large products have other digits on several: nothing must depend on how
        many there are for each process.
        """
        member = turn.member
        built = self.built(member)
        job = Job(built, tuple(monitors(self._config)), self.plan.about)
        folder = RunFolder(self.plan.folder).of_member(member)
        read_checkpoint(folder.checkpoint).restore(built.model.state(), job.watching)
        watch = Watch(built)
        watch.load_state(turn.watch)
        looking = Looking(self.look)
        try:
            with machine.thread_limit(1):
                reason = train_on(job, folder, [watch, *callbacks, looking], member)
        except TrainingDiverged as error:
            with machine.thread_limit(1):
                told = [diagnose_divergence(job, folder) or each for each in error.problems]
            return TurnEnd(member, "diverged", watch.state(), (), tuple(told))
        return TurnEnd(member, reason, watch.state(), watch.advice)

    def built(self, member: int) -> Built:
        """The model and the data of a member, of which as many are kept as the memory may take."""
        if member not in self._built:
            held = sum(each.train.x.nbytes for each in self._built.values())
            if self._config.draws_apart and held > nbytes(self._config.data.memory):
                self._built.clear()
            self._built[member] = build(self._config, prepared=self._prepared, member=member)
        return self._built[member]


class Looking(Callback):
    """Calls `look` every few batches."""

    def __init__(self, look: Look):
        self.look = look

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.look()


class Sender(Callback):
    """Tells the process that hands out the turns of a member, and obeys it."""

    def __init__(self, line: Line):
        self.line = line
        self._told = 0.0

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        while self.line.poll():
            run.stop(self.line.recv())
        if time.monotonic() - self._told > BETWEEN_MESSAGES:
            self.line.send(event)
            self._told = time.monotonic()

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.line.send(event)


Message = Ready | BatchEnd | EpochEnd | TurnEnd | NnctlError | MemoryError
Order = Turn | Literal["interrupted", "stopped", "finished", "diverged"]  # or a reason to stop


def take_turns(plan: EnsemblePlan, known: Built | None, line: Line, parent: int) -> None:
    """What a process does: trains in the turns that it is sent, until the line is closed."""
    ignore_interrupts()
    try:
        trainer = MemberTrainer(plan, partial(look_after, parent), known)
        if known is None:
            line.send(Ready())
        while True:
            order: Order = line.recv()
            if isinstance(order, Turn):  # or else to stop what has ended by now
                line.send(trainer.train(order, [Sender(line)]))
    except (NnctlError, MemoryError) as error:
        line.send(error)
    except (EOFError, OSError):
        return
