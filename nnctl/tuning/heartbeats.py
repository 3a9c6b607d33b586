"""Signs of life, by which other machines know that a trial is not lost."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial

from nnctl.tuning.slots import ALIVE
from nnctl.tuning.storages.base import GRACE, HEARTBEAT, Failures, Storage

Running = Callable[[], Sequence[Trial]]


class Heartbeats(ABC):
    """Notes now and then in a storage that the trials of this process still run.

    Without an `interval` nothing is noted: those who share a file of one machine see for
    themselves which processes there are.
    """

    def __init__(self, own: Any, running: Running, failures: Failures, interval: float | None):
        self.own = own
        self.running = running
        self.failures = failures
        self.interval = interval

    def beat(self, trials: Sequence[Trial]) -> None:
        """Notes it once."""
        if self.interval is not None:
            for trial in trials:
                self._note(trial._trial_id)

    @abstractmethod
    def silent_trials(self, study_id: int, running: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        """Which of the trials that are to run have given no sign for too long."""

    @abstractmethod
    def _note(self, trial_id: int) -> None:
        """Notes that a trial runs."""

    @contextmanager
    def keep_beating(self) -> Iterator[None]:
        """Inside, it is noted again and again, whatever this process does meanwhile."""
        if self.interval is None:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._go_on, args=(ended, self.interval), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _go_on(self, ended: threading.Event, interval: float) -> None:
        while not ended.wait(interval):
            with suppress(*self.failures):  # the next one may arrive
                self.beat(self.running())


class DatabaseHeartbeats(Heartbeats):
    """In a table that Optuna has for them; the database's clock tells how old they are."""

    def silent_trials(self, study_id: int, running: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        if self.interval is None:
            return []
        stale = set(self.own._get_stale_trial_ids(study_id))
        return [trial for trial in running if trial._trial_id in stale]

    def _note(self, trial_id: int) -> None:
        self.own.record_heartbeat(trial_id)


class NotedHeartbeats(Heartbeats):
    """As a note of the trial, for storages that Optuna gives no heartbeats.

    No clock but this process's own counts: a trial is silent whose note has stayed the same while
    it was looked at, for `grace` seconds.
    """

    grace = GRACE

    def __init__(self, own: Any, running: Running, failures: Failures):
        super().__init__(own, running, failures, HEARTBEAT)
        self._beats = 0
        self._seen: dict[int, tuple[Any, float]] = {}  # by trial, its note, and since when

    def silent_trials(self, study_id: int, running: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        now = time.monotonic()
        before = self._seen
        self._seen = {}
        for trial in running:
            note = trial.user_attrs.get(ALIVE)
            known, since = before.get(trial.number, (note, now))
            self._seen[trial.number] = (note, since if note == known else now)
        return [trial for trial in running if now - self._seen[trial.number][1] > self.grace]

    def _note(self, trial_id: int) -> None:
        self._beats += 1
        with suppress(UpdateFinishedTrialError):  # it has just ended, or was taken for lost
            self.own.set_trial_user_attr(trial_id, ALIVE, self._beats)


def heartbeats_of(storage: Storage, running: Running) -> Heartbeats:
    """Signs of life in a storage, of the trials that `running` tells."""
    own = storage.own
    if isinstance(own, RDBStorage):
        return DatabaseHeartbeats(own, running, storage.failures, own.heartbeat_interval)
    return NotedHeartbeats(own, running, storage.failures)
