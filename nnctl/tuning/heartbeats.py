"""Signs of life, by which other machines know that a trial is not lost."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import Trial
from sqlalchemy.exc import SQLAlchemyError


class Heartbeats:
    """Notes now and then in a storage that the trials of this process still run.

    Nothing is noted in a file: those who share one see for themselves which processes there are.
    """

    def __init__(self, storage: RDBStorage, running: Callable[[], Sequence[Trial]]):
        self.storage, self.running = storage, running
        self.interval: float | None = storage.heartbeat_interval

    def beat(self, trials: Sequence[Trial]) -> None:
        """Notes it once."""
        if self.interval is not None:
            for trial in trials:
                self.storage.record_heartbeat(trial._trial_id)

    @contextmanager
    def beating(self) -> Iterator[None]:
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
            with suppress(StorageInternalError, SQLAlchemyError):  # the next one may arrive
                self.beat(self.running())
