"""How the tests start processes: able to hear signals, within a time limit, and leaving none."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LONGEST = 60  # seconds; what takes that long hangs
PROCESSES = Path("/proc")
unmarked: str | None = None  # the test at hand, if it does not say that it starts processes


def hear_signals() -> None:
    """Lets processes that are started from this one hear Ctrl-C and SIGTERM.

    Whoever starts a command in the background of a script, or after `trap '' INT`, has it ignore
    them, and its processes inherit that. They do not inherit a handler; one that does nothing keeps
    this process as it was.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@contextmanager
def begun(
    command: Sequence[str] | str,
    *,
    limit: float = LONGEST,
    start: Callable[..., Any] | None = None,
    **given: Any,
) -> Iterator[subprocess.Popen[Any]]:
    """A process at work, as `subprocess.Popen` or `start` begins it, in a session of its own.

    The whole session ends with the block, and after `limit` seconds at the latest: then pipes to it
    are closed, whoever waits goes on, and the block raises `TimeoutExpired`.
    """
    assert unmarked is None, f"{unmarked} starts a process: it needs pytest.mark.process"
    given = {"stdin": subprocess.DEVNULL, **given, "start_new_session": True}
    process = subprocess.Popen(command, **given) if start is None else start(command, **given)
    late = threading.Event()

    def stop() -> None:
        late.set()
        end(process)

    timer = threading.Timer(limit, stop)
    timer.daemon = True
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        end(process)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # nobody read the last of what was written to it
                    pipe.close()
        if late.is_set():
            raise subprocess.TimeoutExpired(command, limit)


def run(
    command: Sequence[str] | str, *, limit: float = LONGEST, **given: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, in a session as `begun` has it; with what it printed."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    printed = told = None
    try:
        with begun(command, limit=limit, **{**streams, **given}) as process:
            printed, told = process.communicate()
    except subprocess.TimeoutExpired as error:
        error.add_note(f"it had printed\n{printed}\nand told\n{told}")
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, printed, told)


def end(process: subprocess.Popen[Any]) -> None:
    """Kills a process and all that is left of its session."""
    process.kill()
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
    for other in processes_of(process.pid):  # such as those of a shell or launcher
        with suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)


def processes_of(session: int) -> list[int]:
    """The processes of a session, by their numbers, on systems that list them in `/proc`."""
    found = []
    for name in filter(str.isdigit, os.listdir(PROCESSES) if PROCESSES.exists() else ()):
        with suppress(OSError):  # it is gone
            if os.getsid(int(name)) == session and state(int(name)) != "Z":
                found.append(int(name))
    return found


def state(process: int) -> str:
    """What a process does, as a letter: `R` it runs, `T` it is stopped, `Z` it has ended."""
    return (PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
