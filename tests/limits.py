"""How long a test may take: whatever hangs fails, where it hangs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LONGEST = 100  # seconds for a test, or to prepare or tidy up after one; the slowest takes a fifth


class Hangs(BaseException):
    """Something took too long; no handler of exceptions may take it for another."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises `Hangs` in the block after so many seconds; one inside another stops its clock.

    Does nothing where there is no such clock: on Windows, and in other threads than the main one.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left)
