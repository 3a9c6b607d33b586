"""Threads that compute at once, each on its own part of what there is to do."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType

import numpy as np

from nnctl.graph.numpy_calls import Call, Pieces
from nnctl.training.pieces import InTurn, on_one_thread

Work = Callable[[], object]


class Helper:
    """A thread beside the caller's, which does one piece of work at a time.

    Two locks hand the work over and the end of it back: of all that Python has it takes the least.
    """

    def __init__(self) -> None:
        self._given, self._done = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._done.acquire()
        self._work: Work | None = None
        self._error: BaseException | None = None
        self._busy = False
        # As a daemon, it does not keep the interpreter alive if nobody sends it home.
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with np.errstate(all="ignore"):  # which holds for one thread
            while True:
                self._given.acquire()
                if self._work is None:
                    return
                try:
                    self._work()
                except BaseException as error:
                    self._error = error
                self._done.release()

    def begin(self, work: Work) -> None:
        """Begins with the work; `end` waits for it."""
        self._work, self._busy = work, True
        self._given.release()

    def end(self) -> BaseException | None:
        """Waits until the work is done; what went wrong in it."""
        if self._busy:
            self._done.acquire()
            self._busy = False
        error, self._error = self._error, None
        return error

    def go(self) -> None:
        """Sends the thread home, once its work is done."""
        self.end()
        self._work = None
        self._given.release()


class Team:
    """So many threads, the caller's among them, while inside `with`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._helpers: list[Helper] = []

    def __enter__(self) -> "Team":
        self._helpers = [Helper() for _ in range(self.size - 1)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for helper in self._helpers:
            helper.go()
        self._helpers = []

    def shared(self, call: Call) -> Call:
        """The call, whose pieces the threads share if it has some."""
        if self.size == 1:
            return on_one_thread(call)
        if not isinstance(call, Pieces):
            return call
        dealt = (call[k :: self.size] for k in range(self.size))
        return partial(self.run, [InTurn(own) for own in dealt if own])

    def run(self, works: Sequence[Work]) -> None:
        """Does all pieces of work, up to one a thread, and returns when none is at work any more.

        Raises what went wrong in the first of them that failed.
        """
        first, *others = works
        helpers = self._helpers[: len(others)]
        for helper, work in zip(helpers, others, strict=True):
            helper.begin(work)
        try:
            first()
        finally:  # nobody may go on while another thread still writes
            errors = [helper.end() for helper in helpers]
        for error in filter(None, errors):
            raise error
