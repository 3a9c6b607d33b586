"""How a command ends: its errors become messages here and nowhere else, with an exit status."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from nnctl.cli.printing import print_problems
from nnctl.errors import ExitStatus, NnctlError, Problem


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does, with a status of its own."""

    came = False


def terminate(number: int, frame: FrameType | None) -> None:
    """What SIGTERM does: raises, so that files half written are cleared away."""
    Terminated.came = True
    raise Terminated


def run_to_end(command: Callable[[], object]) -> int:
    """Runs a command to its end, prints what went wrong, and returns the exit status.

    Whatever was printed has reached stdout by then. A reader that has gone is no error.
    """
    status: int = ExitStatus.DONE
    try:
        try:
            command()
        except typer.Exit as end:
            status = end.exit_code
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else ExitStatus.DONE
        except NnctlError as error:
            status = report_error(error)
        except MemoryError as error:
            cause = f" ({error})" if str(error) else ""
            status = report_error(NnctlError(Problem(f"there is not enough memory{cause}")))
        except Terminated:
            status = ExitStatus.TERMINATED
        except KeyboardInterrupt:
            status = ExitStatus.INTERRUPTED
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        status = report_error(meaning(error))
        discard_output()
    return status


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Printing during which a reader that has gone changes nothing: the answer stays what it is."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def report_error(error: NnctlError) -> int:
    """Prints an error, and returns its exit status."""
    print_problems(error.problems, sys.stderr)
    return error.status


def meaning(error: OSError) -> NnctlError:
    """What a refusal of the system means to the user; one without a file is about stdout."""
    from nnctl.system.atomic import write_problem

    if error.filename is None:
        if not os.path.exists(os.curdir):
            fix = "go to another one"
            return NnctlError(Problem("the current folder does not exist any more", fix))
        return write_problem(error, "standard output")
    reason = error.strerror or str(error)
    return NnctlError(Problem(f"it cannot be used ({reason})", file=str(error.filename)))


def discard_output() -> None:
    """Sends what is left for stdout nowhere: Python shall have nothing to fail at when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def obey_signals() -> None:
    """Lets SIGTERM end the process with its status, unless it was started to ignore it."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)


def open_streams() -> None:
    """Gives the process the standard streams that it was started without, and text that fits them.

    Names that the terminal's encoding lacks are printed with escapes.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (open until the end)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
