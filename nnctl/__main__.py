"""`python -m nnctl`, and the console script `nnctl`."""

import atexit
import gc
import os
import sys
import threading
from contextlib import suppress

# Objects to allocate before Python looks for garbage among them: more than starting up does.
GARBAGE_THRESHOLD = 200_000


def main() -> None:
    """Runs the command line and raises `SystemExit` with its exit status."""
    # What starting up allocates stays to the end, and looking through it for garbage takes a tenth
    # of the time until the first batch.
    gc.set_threshold(GARBAGE_THRESHOLD)
    # pydantic would search all installed packages for plugins: some hundredths of a second.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from nnctl.cli.app import run

        run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        sys.exit(130)
    finally:
        gc.freeze()  # or Python would look through everything several times more as it exits


def process() -> None:
    """Runs the command line as all that this process does, and ends it."""
    try:
        main()
    except SystemExit as end:
        if is_over():
            leave(end.code)
        raise


def leave(status: object) -> None:
    """Ends this process with what Python does at its end, but for giving back piece by piece all
    that it has taken: that takes some hundredths of a second, and the system takes it at once.

    Nothing is done where a stream is lost at the very end, or the status is no number: Python has
    its own way with these.
    """
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        if status is None or isinstance(status, int):
            os._exit(status or 0)


def is_over() -> bool:
    """Whether nothing is left to be done in this process but what was registered for its end."""
    return (
        threading.active_count() == 1
        and "mpi4py" not in sys.modules  # which tells the other ranks, when Python ends
        and not is_watched()
    )


def is_watched() -> bool:
    """Whether a debugger or a profiler runs this, and has something to tell afterwards."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = monitoring and any(map(monitoring.get_tool, range(6)))
    return bool(sys.gettrace() or sys.getprofile() or tools)


if __name__ == "__main__":
    process()
