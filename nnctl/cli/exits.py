"""How a command ends: its errors become messages here and nowhere else, with an exit status."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from nnctl.cli.printing import print_problems
from nnctl.cli.streams import loss_of_results
from nnctl.errors import ExitStatus, NnctlError, Problem

NO_CURRENT_FOLDER = Problem("the current folder does not exist any more", "go to another one")


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does, with a status of its own."""

    came = False


def terminate(number: int, frame: FrameType | None) -> None:
    """What SIGTERM does: raises, so that files half written are cleared away."""
    Terminated.came = True
    raise Terminated


def run_to_end(command: Callable[[], object]) -> int:
    """Runs a command to its end, prints what went wrong, and returns the exit status."""
    try:
        command()
        return ExitStatus.DONE
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitStatus.DONE
    except NnctlError as error:
        return report_error(error)
    except OSError as error:
        return report_error(meaning(error))
    except MemoryError as error:
        cause = f" ({error})" if str(error) else ""
        return report_error(NnctlError(Problem(f"there is not enough memory{cause}")))
    except Terminated:
        return ExitStatus.TERMINATED
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED


def run_process(command: Callable[[], object]) -> int:
    """Runs a command that is all that this process does, and returns its exit status.

    Whatever it printed has reached stdout by then. That stdout has not taken it all is a NO where
    the command itself was DONE; that its reader has left changes nothing.
    """

    def command_and_output() -> None:
        try:
            command()
        finally:
            sys.stdout.flush()

    status = run_to_end(command_and_output)
    loss = loss_of_results()
    if loss is not None:
        report_error(loss)
        status = status or ExitStatus.NO
    return ExitStatus.TERMINATED if Terminated.came else status  # Typer knows no SIGTERM


def report_error(error: NnctlError) -> int:
    """Prints an error, and returns its exit status."""
    problems = list(error.problems)
    if any(is_relative(problem.file) for problem in problems) and not has_current_folder():
        # What is not there for that reason is no problem of its own.
        there = [each for each in problems if not is_relative(each.file) or is_there(each.file)]
        problems = [NO_CURRENT_FOLDER, *there]
    print_problems(problems, sys.stderr)
    return error.status


def meaning(error: OSError) -> NnctlError:
    """What a refusal of the system means to the user."""
    from nnctl.system.atomic import FULL, write_problem

    if error.errno in FULL:
        return write_problem(error, error.filename or "")
    if error.filename is None and not has_current_folder():
        return NnctlError(NO_CURRENT_FOLDER)
    reason = error.strerror or str(error)
    file = None if error.filename is None else str(error.filename)
    return NnctlError(Problem(f"it cannot be used ({reason})", file=file))


def is_relative(path: str | None) -> bool:
    """Whether there is a path, and what it leads to depends on the current folder."""
    return path is not None and not os.path.isabs(path)


def is_there(path: str | None) -> bool:
    """Whether something has that path."""
    return path is not None and os.path.exists(path)


def has_current_folder() -> bool:
    """Whether the folder that this process is in has not been deleted."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def obey_signals() -> None:
    """Lets SIGTERM end the process with its status, unless it was started to ignore it."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)
