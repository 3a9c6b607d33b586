"""Ctrl-C and SIGTERM: they end a command at once, but training in an orderly way."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from nnctl.cli.exits import Terminated
from nnctl.errors import ExitStatus
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Run, TrainEnd

STATUS = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}
SHOW_CURSOR = "\x1b[?25h"


class Interruption(Callback):
    """A context, and a callback of the training in it.

    While training runs, the first signal is noted and ends it with a checkpoint; a second one ends
    the process at once. Before and after, there is nothing to save, and a signal raises
    `KeyboardInterrupt`. `status` is the exit status that the first signal calls for. A signal that
    the process was started to ignore, as in the background of a script, stays ignored.
    """

    def __init__(self) -> None:
        self.status: ExitStatus | None = None
        self._training = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in STATUS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def on_train_begin(self, run: Run) -> None:
        self._training = True

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.look(run)

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.look(run)

    def look(self, run: Run) -> None:
        """Ends the run if a signal has come."""
        if self.status is not None:
            run.stop("interrupted")

    def for_member(self, member: int, members: int) -> Callback:
        """What ends a member's training, which neither begins nor ends that of all."""
        return InterruptionOfMember(self)

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self._training = False

    def status_of(self, status: ExitStatus) -> ExitStatus:
        """The exit status of a run with its own: where it was interrupted, that of the signal."""
        if status is ExitStatus.INTERRUPTED and self.status is not None:
            return self.status
        return status

    def _note(self, number: int, frame: FrameType | None) -> None:
        status = STATUS[signal.Signals(number)]
        if self._training and self.status is not None:
            if sys.stderr.isatty():
                with suppress(OSError):  # the terminal may have gone
                    os.write(sys.stderr.fileno(), SHOW_CURSOR.encode())
            os._exit(status)
        self.status = self.status or status
        if not self._training:
            raise Terminated if status is ExitStatus.TERMINATED else KeyboardInterrupt


class InterruptionOfMember(Callback):
    """Ends the training of a member of an ensemble once a signal has come."""

    def __init__(self, interruption: Interruption):
        self.interruption = interruption

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.interruption.look(run)

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.interruption.look(run)

    def on_wait(self, run: Run) -> None:
        self.interruption.look(run)
