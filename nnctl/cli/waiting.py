"""What is seen of long work before there is anything else to see, such as decoding images."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nnctl.cli.mpirun import is_first
from nnctl.errors.visible import visible
from nnctl.system.waiting import waiting_told_to

SHOWN_AFTER = 1.0  # seconds, in which most work is done
REDRAWN_AFTER = 0.25  # seconds
LINE_AFTER = 10.0  # seconds, from one line to the next where there is no terminal


class WaitingLine:
    """A line on a terminal that goes away once the work is done; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._process = os.getpid()  # which a process that is forked from it is not
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._next: float | None = None
        self._drawn = False

    def __call__(self, what: str, done: int, count: int) -> None:
        if os.getpid() != self._process:
            return
        now = time.monotonic()
        if done == count:
            self.clear()
            self._next = None
        elif self._next is None:
            self._next = now + (SHOWN_AFTER if self._live else LINE_AFTER)
        elif now >= self._next:
            self._next = now + (REDRAWN_AFTER if self._live else LINE_AFTER)
            self._draw(waiting_text(what, done, count))

    def clear(self) -> None:
        """Takes the line away, if it is there."""
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._drawn = False

    def _draw(self, text: str) -> None:
        if self._live:
            print(f"\r{visible(text)}\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = True
        else:
            print(visible(text), file=sys.stderr, flush=True)


def waiting_text(what: str, done: int, count: int) -> str:
    """How far it is, in words."""
    return f"{done:,} of {count:,} {what}"


@contextmanager
def shown_waiting(quiet: bool) -> Iterator[None]:
    """Inside, a user who waits is told for what, unless it is to be `quiet`."""
    if quiet or not is_first():
        yield
        return
    line = WaitingLine()
    with waiting_told_to(line):
        try:
            yield
        finally:
            line.clear()
