"""Processes that do a command's work, one piece after another, as this one hands it out."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from nnctl.jobs.signals import hold_signals_back, ignore_interrupts
from nnctl.system import forks, machine

if TYPE_CHECKING:
    Line = Connection[Any, Any]
else:
    Line = Connection

WAIT_FOR_END = 5.0  # seconds for a process to end by itself
# Called with what it is given, what its parent has loaded, its line, and the parent's number.
Serve = Callable[..., object]
_lines: "WeakSet[Line]" = WeakSet()  # to the processes that this one has started


@dataclass
class Worker:
    """A process, the line to it, and the piece of work that it has, if it has one.

    `is_fork` says that it was there at once, with all that was loaded.
    """

    process: Any
    line: Line
    task: Any = None
    is_fork: bool = False

    def how_it_ended(self) -> str:
        """In words, of a process that has ended on its own."""
        self.process.join()
        self.line.close()
        code = self.process.exitcode
        if code < 0:
            return f"was killed ({signal.Signals(-code).name})"
        return f"ended with status {code}"


@contextmanager
def workers(
    count: int, serve: Serve, *given: Any, loaded: Any = None, patience: float = WAIT_FOR_END
) -> Iterator[list[Worker]]:
    """Processes that wait for work, as `start_worker` starts them; none is left at the end.

    They have so many seconds to end by themselves once there is no work any more.
    """
    crew: list[Worker] = []
    method = forks.start_method() if count else None  # once for all of them: to look takes a fork
    try:
        for _ in range(count):
            crew.append(start_worker(serve, *given, loaded=loaded, method=method))
        yield crew
        for worker in crew:
            worker.line.close()
        for worker in crew:
            worker.process.join(patience)
    finally:
        for worker in crew:
            worker.process.kill()
            worker.process.join()


def start_worker(
    serve: Serve, *given: Any, loaded: Any = None, method: forks.Method | None = None
) -> Worker:
    """A new process that serves: in it `serve` is called, until the line is closed.

    Where it is forked from this one it is given what is `loaded` here, which then costs neither
    time nor memory; where it is started anew, None. `method` says which, if that is known.
    """
    method = method or forks.start_method()
    context: Any = multiprocessing.get_context(method)
    shared = loaded if method == "fork" else None
    line, other = context.Pipe()
    _lines.add(line)
    arguments = (serve, *given, shared, other, os.getpid())
    process = context.Process(target=begin_serving, args=arguments, daemon=True)
    with hold_signals_back(method):  # or a process that is being started would be forgotten
        process.start()
    other.close()
    return Worker(process, line, is_fork=method == "fork")


def begin_serving(serve: Serve, *given: Any) -> None:
    """What a new process does; if it is a fork, what it has of its parent stays as it is."""
    gc.freeze()
    serve(*given)


def close_lines() -> None:
    """In a fork, closes what is its parent's: held here, no line would ever seem to be closed."""
    for line in list(_lines):
        line.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=close_lines)


def take_one_core() -> None:
    """Lets this process be one of several at work: Ctrl-C, and the other cores, are not for it."""
    ignore_interrupts()
    machine.thread_limit(1)


def look_after(parent: int) -> None:
    """Ends this process if the one that started it is gone: nobody waits for its work any more."""
    if os.getppid() != parent:
        os._exit(1)
