"""Ctrl-C and SIGTERM where a command has processes of its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nnctl.system.forks import Method

MASKED = hasattr(signal, "pthread_sigmask")


def ignore_interrupts() -> None:
    """Leaves Ctrl-C, which reaches all processes, to the one that started them.

    What that does about SIGTERM is not for a fork of it: this process it ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if callable(signal.getsignal(signal.SIGTERM)):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    mask("SIG_UNBLOCK")


@contextmanager
def hold_signals_back(method: Method = "spawn") -> Iterator[None]:
    """Inside, Ctrl-C and SIGTERM wait, also in processes that are started there.

    The mask is for those; here another thread may be told, and Python would obey at once. Python's
    own process that clears away after those that are not forked lets both through again when it
    starts: it starts before.
    """
    if MASKED and method == "spawn":
        from multiprocessing import resource_tracker  # most processes are forked

        resource_tracker.ensure_running()
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    own = {number: handler for number, handler in handlers.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread():
        own = {}  # signals are none of its business
    for number in own:
        signal.signal(number, lambda number, frame: came.append(number))
    mask("SIG_BLOCK")
    try:
        yield
    finally:
        mask("SIG_UNBLOCK")
        for number, handler in own.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def mask(how: str) -> None:
    """Blocks or unblocks both signals, on systems that can."""
    if MASKED:
        signal.pthread_sigmask(getattr(signal, how), {signal.SIGINT, signal.SIGTERM})
