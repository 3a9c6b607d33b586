"""`--threads`: how many of the computer's cores a command may use."""

from contextlib import AbstractContextManager, nullcontext


def allowed_threads(count: int | None) -> AbstractContextManager[object]:
    """Inside, no more threads or processes work than `count`; than the system grants, if None."""
    if count is None:
        return nullcontext()
    from nnctl.system import machine  # with NumPy and its library of products, which are slow

    return machine.thread_limit(count)


def workers_within(workers: int | None, threads: int | None) -> int | None:
    """The processes that may work at once: as many as were asked for, and no more than cores."""
    return workers if workers is None or threads is None else min(workers, threads)
