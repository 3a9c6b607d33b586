"""`nnctl` as a process that begins with everything loaded: a third of a second less for each.

A server, one for all tests of a process, has imported the commands. For each command line it forks
a child, which takes over the descriptors, folder and environment that it is given, opens its
standard streams as Python does when it starts, and then runs and ends as `python -m nnctl` would.
Tests of how a process starts, or of those that it starts in turn, begin a real one instead.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TextIO

from tests.processes import begun

IS_POSSIBLE = sys.platform == "linux"  # a fork of loaded libraries is no safe thing elsewhere
LARGEST = 1 << 20  # bytes of a command line with its environment
LIFETIME = 3600.0  # seconds of a server; the tests end long before
NAMES = ("stdin", "stdout", "stderr")
_server: list[socket.socket] = []


class LoadedProcess:
    """A running command with what the tests use of `subprocess.Popen`, which is text alone."""

    stdin = None

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        start_new_session: bool = True,
        cwd: str | os.PathLike[str] = ".",
        env: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
        closed: Sequence[int] = (),
        largest_file: int | None = None,
        **streams: int,
    ):
        """Starts `nnctl` with the arguments; without the `closed` standard descriptors.

        `stdin`, `stdout` and `stderr` are descriptors, `subprocess.DEVNULL` or `PIPE`; a file may
        have `largest_file` bytes.
        """
        assert start_new_session
        self.args = ["nnctl", *arguments]
        self.returncode: int | None = None
        request = {
            "arguments": list(arguments),
            "folder": os.path.abspath(cwd),
            "environment": dict(os.environ if env is None else env),
            "closed": list(closed),
            "largest file": largest_file,
        }
        data = json.dumps(request).encode("ascii")
        assert len(data) < LARGEST
        self._line, theirs = pair()
        pipes: list[IO[str] | None] = []
        with ExitStack() as stack:
            stack.enter_context(theirs)
            passed = [theirs.fileno()]
            for name in NAMES:
                number = streams.get(name, subprocess.DEVNULL)
                pipes.append(None)
                if number == subprocess.DEVNULL:
                    number = os.open(os.devnull, os.O_RDWR)
                    stack.callback(os.close, number)
                elif number == subprocess.PIPE:
                    reading, number = os.pipe()
                    stack.callback(os.close, number)
                    pipes[-1] = open(reading, encoding=encoding)  # noqa: SIM115
                passed.append(number)
            socket.send_fds(server(), [data], passed)
        _, self.stdout, self.stderr = pipes
        self.pid = int(self._line.recv(100))

    def communicate(self) -> tuple[str, str]:
        """What it prints to its pipes, and tells, once it has ended."""
        told: list[str] = []
        reader = threading.Thread(target=lambda: told.append(read(self.stderr)))
        reader.start()
        printed = read(self.stdout)
        reader.join()
        self.wait()
        return printed, told[0]

    def poll(self) -> int | None:
        """The status, if it has ended."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its status once it has ended, negative for a signal; `None` after so many seconds."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            with suppress(BlockingIOError, TimeoutError):
                self.returncode = int(self._line.recv(100))
                self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def read(pipe: IO[str] | None) -> str:
    return "" if pipe is None else pipe.read()


def start_nnctl(arguments: Sequence[str], **given: Any) -> Any:
    """Starts a command, given its arguments alone, loaded where that is possible."""
    if IS_POSSIBLE:
        return LoadedProcess(arguments, **given)
    return subprocess.Popen([sys.executable, "-m", "nnctl", *arguments], **given)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a line on which messages stay apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def server() -> socket.socket:
    """The line to the server of this process, which is started with its first command."""
    if not _server:
        ours, theirs = pair()
        stack = ExitStack()
        stack.enter_context(
            begun(
                [sys.executable, "-m", "tests.loaded", str(theirs.fileno())],
                limit=LIFETIME,
                pass_fds=[theirs.fileno()],
                cwd=Path(__file__).parents[1],
            )
        )
        theirs.close()
        stack.enter_context(ours)
        _server.append(ours)
        atexit.register(stack.close)
    return _server[0]


def serve(line: socket.socket) -> dict[str, Any] | None:
    """Forks a child for each request; returns a request in its child, and nothing at the end.

    Between them stands a keeper, the child's parent, which tells its number and its status.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        data, passed, *_ = socket.recv_fds(line, LARGEST, 4)
        if not data:
            return None
        if os.fork() == 0:
            line.close()
            request: dict[str, Any] = json.loads(data)
            if keep(socket.socket(fileno=passed[0])):
                take_over(request, passed[1:])
                return request
        for number in passed:
            os.close(number)


def keep(line: socket.socket) -> bool:
    """Forks, and is true in the child; the parent ends with it, and tells of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        line.close()
        return True
    line.sendall(str(child).encode())
    _, status = os.waitpid(child, 0)
    line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def take_over(request: Mapping[str, Any], given: Sequence[int]) -> None:
    """Makes this process one that was started so."""
    os.setsid()
    for number, each in enumerate(given):
        os.dup2(each, number)
    os.closerange(3, 1 + max(given))
    for number in request["closed"]:
        os.close(number)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    if request["largest file"] is not None:
        import resource

        sys.dont_write_bytecode = True  # or what it imports were kept in part, for all to come
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest file"],) * 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in enumerate(NAMES):
        setattr(sys, name, opened(number))
        setattr(sys, f"__{name}__", getattr(sys, name))
    sys.argv = ["nnctl", *request["arguments"]]


def opened(number: int) -> TextIO | None:
    """A standard stream as Python opens it: none where there is no descriptor."""
    try:
        os.fstat(number)
    except OSError:
        return None
    return open(  # to the end of the process
        number,
        "r" if number == 0 else "w",
        encoding="utf-8",
        errors="backslashreplace" if number == 2 else "surrogateescape",
        buffering=1 if number == 2 or os.isatty(number) else -1,
        closefd=False,
    )


def load_everything() -> None:
    """Imports the commands and what they do, but for what needs an extra that is not installed."""
    package = Path(import_module("nnctl").__path__[0])
    for room in ("cli/commands", "jobs", "report", "tuning"):
        for file in sorted((package / room).rglob("*.py")):
            with suppress(ImportError):
                import_module(".".join(file.relative_to(package.parent).with_suffix("").parts))


def save_time() -> None:
    """What only takes its time, as in `tests/conftest.py`: the disk, clocks, search for garbage."""
    os.fsync = lambda number: None
    import_module("nnctl.jobs.profile").SECONDS = 0.02
    gc.collect()
    gc.freeze()


def main() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    load_everything()
    save_time()
    if serve(line) is not None:
        program = import_module("nnctl.__main__")
        sys.modules["__main__"] = program  # what processes that it starts begin with, too
        try:
            program.main()
        except SystemExit as ending:
            threading._shutdown()  # to take down all that is loaded takes longer than a command
            program.leave(ending.code)
            raise


if __name__ == "__main__":
    main()
