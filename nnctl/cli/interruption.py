"""Ctrl-C and SIGTERM during training: the first asks it to end, a second Ctrl-C ends it at once."""

import os
import signal
import sys
from types import FrameType
from typing import Any

from nnctl.errors import ExitStatus

STATUS = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}
SHOW_CURSOR = "\x1b[?25h"


class Interruption:
    """A context in which the two signals are noted; `status` is the exit status they call for."""

    def __init__(self) -> None:
        self.status: ExitStatus | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in STATUS:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Whether training shall end."""
        return self.status is not None

    def _note(self, number: int, frame: FrameType | None) -> None:
        status = STATUS[signal.Signals(number)]
        if self.status is None:
            self.status = status
            return
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), SHOW_CURSOR.encode())
        os._exit(status)
