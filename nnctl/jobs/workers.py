"""Processes that train the trials of a study, while this one hands them out."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from typing import Any, Protocol

from nnctl.assembly.build import Built
from nnctl.jobs.processes import Line, Worker, look_after, start_worker, take_one_core, workers
from nnctl.jobs.studies.trials import Trainer, Trials
from nnctl.tuning.trial import Outcome, Progress, Task

POLL = 1.0  # seconds between looks for what other processes leave to be done
Started = Callable[[Task], object]
Seen = Callable[[int, Progress], object]  # a trial's number, and where it is


class HandsOut(Protocol):
    """A study, as those see it who train its trials: it hands them out, and takes them down."""

    def take(self) -> Task | None:
        """The next trial to be run; None where all are taken or over."""

    def report(self, number: int, epoch: int, value: float) -> bool:
        """Hears the figure of an epoch; whether the trial is to stop."""

    def end(self, number: int, outcome: Outcome) -> object:
        """Hears how a trial ended."""

    def is_done(self) -> bool:
        """Whether all trials are over."""


def run_here(
    study: HandsOut, trainer: Trainer, started: Started, seen: Seen, to_the_end: bool
) -> None:
    """Runs trials in this process, until there are none to take.

    With `to_the_end` it waits for those that other processes have taken: one of them may be lost.
    """
    while True:
        task = study.take()
        if task is None:
            if not to_the_end or study.is_done():
                return
            time.sleep(POLL)
            continue
        started(task)
        number = task.number

        def report(progress: Progress, number: int = number) -> bool:
            return hear(study, number, progress, seen)

        study.end(number, trainer.train(task, report))


def run_in_processes(
    study: HandsOut,
    trials: Trials,
    count: int,
    started: Started,
    seen: Seen,
    to_the_end: bool,
    known: Built | None = None,
) -> None:
    """Runs trials in so many processes, until there are none to take.

    One whose process is killed has failed; another process takes its place. `known` is a config
    whose data were read already.
    """
    with workers(count, serve, trials, loaded=known) as crew:
        while True:
            for worker in crew:
                if worker.task is None:
                    hand_out(study, worker, started)
            busy: dict[Any, Worker] = {
                worker.line: worker for worker in crew if worker.task is not None
            }
            if not busy and (not to_the_end or study.is_done()):
                return
            for line in wait(list(busy), timeout=POLL) if busy else hear_nothing():
                worker = busy[line]
                try:
                    take_message(study, worker, worker.line.recv(), seen)
                except (EOFError, OSError):
                    replace(crew, worker, study, trials, known)


def hear_nothing() -> list[Any]:
    """What is heard where nobody speaks, after a while."""
    time.sleep(POLL)
    return []


def hand_out(study: HandsOut, worker: Worker, started: Started) -> None:
    """Gives a process the next trial, if there is one."""
    task = study.take()
    if task is not None:
        started(task)
        worker.task = task
        with suppress(OSError):  # that it is gone is found when it is listened to
            worker.line.send(task)


def take_message(study: HandsOut, worker: Worker, message: Any, seen: Seen) -> None:
    """Takes down what a process says of its trial, and answers where it waits for that."""
    assert worker.task is not None
    number = worker.task.number
    if isinstance(message, Outcome):
        worker.task = None
        study.end(number, message)
        return
    stop = hear(study, number, message, seen)
    with suppress(OSError):
        worker.line.send(stop)


def hear(study: HandsOut, number: int, progress: Progress, seen: Seen) -> bool:
    """Passes on where a trial is; whether it is to stop, which its first member decides alone."""
    seen(number, progress)
    return progress.member == 1 and study.report(number, progress.epoch, progress.value)


def replace(
    crew: list[Worker], worker: Worker, study: HandsOut, trials: Trials, known: Built | None
) -> None:
    """Takes down that a process has ended on its own, and starts another in its place."""
    assert worker.task is not None
    reason = f"its process {worker.how_it_ended()}"
    study.end(worker.task.number, Outcome("failed", reason=reason))
    crew[crew.index(worker)] = start_worker(serve, trials, loaded=known)


def serve(trials: Trials, known: Built | None, line: Line, parent: int) -> None:
    """What a process does: trains the trials that it is sent, until the line is closed."""
    take_one_core()

    def report(progress: Progress) -> bool:
        line.send(progress)
        return bool(line.recv())

    trainer = Trainer(trials, partial(look_after, parent), known)
    try:
        while True:
            line.send(trainer.train(line.recv(), report))
    except (EOFError, OSError):
        return
