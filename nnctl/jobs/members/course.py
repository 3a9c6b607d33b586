"""The training of an ensemble: its members take turns in this process and in others.

Whoever is likely to be furthest from its end has the next turn, and a member that is much nearer to
its own makes way for it: so all come to their end together, however many processes there are and
however long each member takes, and few change places, each of which takes a checkpoint. All begin
soon, so that what is wrong with one is seen.
"""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from nnctl.advice import Advice
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.jobs.members.standing import Standing, epochs_left
from nnctl.jobs.members.turns import (
    EnsemblePlan,
    MemberTrainer,
    Message,
    Ready,
    Turn,
    TurnEnd,
    take_turns,
)
from nnctl.jobs.processes import Worker, workers
from nnctl.runs.checkpoint import BETWEEN_EPOCHS, figures_of, save_history
from nnctl.runs.keeping import KeptFolder
from nnctl.system import machine
from nnctl.training.callbacks import (
    BatchEnd,
    Callback,
    EpochEnd,
    Reason,
    Run,
    TrainEnd,
    own_hooks,
)

FURTHER = 2  # times as far from its end is the member that another makes way for
SHORTEST_TURN = 0.25  # seconds
SHARE_OF_TIME = 16  # a turn takes at least so small a part of the time so far
BETWEEN_LOOKS = 0.05  # seconds from one look whether a member is to make way to the next
BEAT = 0.1  # seconds that are waited for messages
STARTING = "starting"  # what a process does that is not ready yet: it may never be needed


class MemberLost(NnctlError):
    """A process that trained a member has ended on its own."""

    status = ExitStatus.NO


class Course:
    """The training of all members, from where they stand on.

    `callbacks` hear when it begins and ends, and those that they give for each member of what that
    does. `history` is the file of all epochs.
    """

    def __init__(
        self,
        plan: EnsemblePlan,
        trainer: MemberTrainer,
        standings: Sequence[Standing],
        callbacks: Sequence[Callback],
        history: Path,
    ):
        self.plan = plan
        self.trainer = trainer
        self.standings = tuple(standings)
        self.callbacks = callbacks
        self.problems: tuple[Problem, ...] = ()
        self._history, self._written = history, 0.0
        self._kept = KeptFolder(history.parent)
        self._began = self._looked = time.monotonic()
        self._crew: list[Worker] = []
        self._obeying: set[int] = set()  # members whose process knows already that it is to stop
        for each in standings:
            each.callbacks = [one.for_member(each.member, len(standings)) for one in callbacks]

    def run(self) -> Reason:
        """Trains to the end of all members, or of the user's patience; says which.

        Where a member diverges all stop, and `problems` say why. Raises `NnctlError` where a
        process fails.
        """
        first = self.standings[0]
        self.save_history()
        for hook in own_hooks(self.callbacks, "on_train_begin"):
            hook(first)
        for each in self.standings:
            if each.ended is not None:  # before the run was broken off
                each.tell("on_train_begin")
                each.tell("on_train_end", TrainEnd(each.ended, each.epoch, sum(each.seconds)))
        try:
            count, known = self.plan.processes - 1, self.trainer.built(1)
            crew_of = partial(workers, count, take_turns, self.plan, loaded=known, patience=0)
            # Set before a fork, and not in it, where OpenBLAS would begin threads to no purpose.
            with machine.thread_limit(1), crew_of() as crew:
                for worker in crew:
                    worker.task = None if worker.is_fork else STARTING
                self._crew = list(crew)
                self._train()
        finally:
            end = TrainEnd(self.reason, first.epoch, time.monotonic() - self._began)
            for hook in reversed(own_hooks(self.callbacks, "on_train_end")):
                hook(first, end)
            self.save_history()
        return self.reason

    @property
    def reason(self) -> Reason:
        """Why it is over, if it is."""
        return reason_of_all(self.standings)

    @property
    def is_stopping(self) -> bool:
        """Whether no more turns are given."""
        interrupted = any(each.order == "interrupted" for each in self.standings)
        return interrupted or any(each.ended == "diverged" for each in self.standings)

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What the trainings have shown, each once, of the first member that it holds for."""
        found: dict[tuple[str, str], Advice] = {}
        for each in self.standings:
            for one in each.advice:
                told = one._replace(message=f"member {each.member}: {one.message}")
                found.setdefault((one.code, one.path), told)
        return tuple(found.values())

    def save_history(self) -> None:
        """Writes the epochs of all members."""
        self._kept.require()
        save_history_of_members(self._history, self.standings)
        self._written = time.monotonic()

    def _train(self) -> None:
        while True:
            turn = self._next_turn()
            self.hand_out()
            if turn is not None:
                relay = Relay(self, self.standings[turn.member - 1])
                self._take_end(self.trainer.train(turn, [relay]))
            elif any(each.is_busy for each in self.standings):
                self.listen(BEAT)
                for each in self.standings:
                    each.tell("on_wait")
                self._pass_orders()
            else:
                return

    def hand_out(self) -> None:
        """Gives the processes that have nothing to do a turn each, while there are any."""
        for worker in self._crew:
            if worker.task is None and (turn := self._next_turn()) is not None:
                worker.task = self.standings[turn.member - 1]
                send(worker, turn)

    def listen(self, seconds: float = 0.0) -> None:
        """Takes the messages of the other processes, waiting so long for one."""
        lines = {worker.line: worker for worker in self._crew if worker.task is not None}
        ready: Any = wait(list(lines), seconds) if lines else ()
        for line in ready:
            worker = lines[line]
            try:
                message = line.recv()
            except (EOFError, OSError):
                self._lose(worker)
            else:
                self._take(worker, message)

    def seen(self, standing: Standing, event: BatchEnd | EpochEnd) -> None:
        """Hears what has happened in the training of a member."""
        standing.note(event)
        if isinstance(event, EpochEnd) and time.monotonic() - self._written >= BETWEEN_EPOCHS:
            self.save_history()
        self._make_way()
        self._pass_orders()

    def order_for(self, standing: Standing) -> Reason | None:
        """Why the turn of a member is to end now, if it is."""
        if self.is_stopping:
            return "interrupted"
        return standing.order or ("interrupted" if standing.makes_way else None)

    def _next_turn(self) -> Turn | None:
        """The next turn: that of a member that has not begun, or else has most to do."""
        waiting = [each for each in self._left() if not each.is_busy]
        if not waiting or self.is_stopping:
            return None
        epochs = epochs_left(self.standings)
        chosen = max(waiting, key=lambda each: (not each.done, epochs[each.member]))
        if not chosen.has_begun:
            chosen.has_begun = True
            chosen.tell("on_train_begin")
        chosen.is_busy, chosen.since = True, time.monotonic()
        return Turn(chosen.member, chosen.watch)

    def _make_way(self) -> None:
        """Ends the turn of the member that is nearest to its end, if one that waits is far from it
        or has not begun.

        Not where that one makes way already, or has only just begun.
        """
        now = time.monotonic()
        if not self._crew or now - self._looked < BETWEEN_LOOKS:
            return
        self._looked, left = now, self._left()
        busy = [each for each in left if each.is_busy]
        if len(busy) in (0, len(left)) or any(each.makes_way for each in busy):
            return
        epochs = epochs_left(self.standings)
        nearest = min(busy, key=lambda standing: epochs[standing.member])
        waiting = [each for each in left if not each.is_busy]
        furthest = max(epochs[each.member] if each.done else math.inf for each in waiting)
        if FURTHER * epochs[nearest.member] < furthest:
            shortest = max(SHORTEST_TURN, (now - self._began) / SHARE_OF_TIME)
            nearest.makes_way = now - nearest.since >= shortest

    def _left(self) -> list[Standing]:
        return [each for each in self.standings if each.ended is None]

    def _take(self, worker: Worker, message: Message) -> None:
        if isinstance(message, MemoryError) and worker.task == STARTING:
            self._crew.remove(worker)  # the others will do
            return
        if isinstance(message, NnctlError | MemoryError):
            raise message
        if isinstance(message, Ready | TurnEnd):
            worker.task = None
            if isinstance(message, TurnEnd):
                self._take_end(message)
            self.hand_out()
        else:
            self.seen(worker.task, message)

    def _take_end(self, end: TurnEnd) -> None:
        """A member's turn is over: it waits for the next one, or has come to its end."""
        standing = self.standings[end.member - 1]
        standing.is_busy = standing.makes_way = False
        standing.watch = end.watch
        self._obeying.discard(end.member)
        if end.reason == "interrupted":
            return
        standing.ended, standing.advice = end.reason, end.advice
        self.problems += tuple(
            problem._replace(message=f"member {end.member}: {problem.message}")
            for problem in end.problems
        )
        seconds = sum(standing.seconds)
        standing.tell("on_train_end", TrainEnd(end.reason, standing.epoch, seconds))
        self._pass_orders()

    def _pass_orders(self) -> None:
        """Tells the other processes what is to stop, once each."""
        for worker in self._crew:
            if isinstance(worker.task, Standing) and worker.task.member not in self._obeying:
                order = self.order_for(worker.task)
                if order is not None:
                    self._obeying.add(worker.task.member)
                    send(worker, order)

    def _lose(self, worker: Worker) -> None:
        """Goes on without a process that has ended on its own, if it was not training.

        Raises `NnctlError` if it was.
        """
        task, how = worker.task, worker.how_it_ended()
        if isinstance(task, Standing):
            message = f"the process that trained member {task.member} {how}"
            fix = "go on with nnctl resume; where memory is short, with fewer processes"
            raise MemberLost(Problem(message, fix))
        self._crew.remove(worker)


class Relay(Callback):
    """Tells of the member that this process trains, and listens to the others meanwhile."""

    def __init__(self, course: Course, standing: Standing):
        self.course = course
        self.standing = standing

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.course.listen()
        self.course.hand_out()
        self._pass_on(run, event)

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self._pass_on(run, event)

    def _pass_on(self, run: Run, event: BatchEnd | EpochEnd) -> None:
        self.course.seen(self.standing, event)
        order = self.course.order_for(self.standing)
        if order is not None:
            run.stop(order)


def reason_of_all(standings: Sequence[Standing]) -> Reason:
    """Why the training of several members is over: stopped early, if all of them are."""
    ended = {each.ended for each in standings}
    if "diverged" in ended:
        return "diverged"
    if None in ended:
        return "interrupted"
    return "stopped" if ended == {"stopped"} else "finished"


def save_history_of_members(path: Path, standings: Sequence[Standing]) -> None:
    """Writes the epochs of all members."""
    figures = figures_of(standings[0].metrics, standings[0].has_validation)
    save_history(path, standings, figures, of_members=True)


def send(worker: Worker, message: Any) -> None:
    """Sends a process a turn, or why it is to stop."""
    with suppress(OSError):  # that it is gone is found when it is listened to
        worker.line.send(message)
