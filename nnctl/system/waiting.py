"""Long work that comes before a result: how far it is, for whoever shows that to a user."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

Tell = Callable[[str, int, int], object]  # of what, how many are done, and of how many


class Waiting:
    """Whom this process tells how far its work is, if there is somebody."""

    tell: ClassVar[Tell | None] = None


def tell_waiting(what: str, done: int, count: int) -> None:
    """Tells that so many of the things that are to be done are done."""
    if Waiting.tell is not None:
        Waiting.tell(what, done, count)


@contextmanager
def waiting_told_to(tell: Tell | None) -> Iterator[None]:
    """Inside, it is told to `tell`; None for nobody."""
    before, Waiting.tell = Waiting.tell, tell
    try:
        yield
    finally:
        Waiting.tell = before
