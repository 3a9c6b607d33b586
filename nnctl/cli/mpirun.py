"""Commands that several processes run together, as `mpirun` starts them.

One of them prints, and none is left waiting for another that has failed.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer

from nnctl.cli.exits import run_to_end
from nnctl.errors import ExitStatus, NnctlError, Problem

if TYPE_CHECKING:
    from nnctl.training.mpi import World

Told = TypeVar("Told")
# What launchers tell the processes they start: Open MPI, MPICH and its kin, Slurm with PMIx.
SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")
RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")


def processes() -> int:
    """How many processes `mpirun` or its like started together with this one; 1 without it."""
    return max(1, environment_number(SIZES)) if any(name in os.environ for name in RANKS) else 1


def is_first() -> bool:
    """Whether this is the process that prints."""
    return environment_number(RANKS) == 0


def if_first(report: Callable[[Told], object]) -> Callable[[Told], object]:
    """What reports to the user in the process that prints, and says nothing in the others."""
    return report if is_first() else lambda told: None


def environment_number(names: tuple[str, ...]) -> int:
    """The number that one of these variables holds, or 0."""
    values = (os.environ.get(name, "") for name in names)
    return next((int(value) for value in values if value.isdecimal()), 0)


def require_one_process(what: str) -> None:
    """Raises `NnctlError` where several processes were started for what one does."""
    if processes() > 1:
        message = f"{what} is the work of one process, but {processes()} were started"
        raise NnctlError(Problem(message, "run it without mpirun: train and resume share work"))


def connect() -> "World":
    """The processes, once they have found each other. Raises `NnctlError` if they do not."""
    from nnctl.training.mpi import world

    ranks = world()
    if ranks.size != processes():
        message = (
            f"{processes()} processes were started, but mpi4py's MPI library knows of {ranks.size}"
        )
        fix = "use the mpirun of the MPI library that mpi4py loads (python -m mpi4py --mpi-library)"
        raise NnctlError(Problem(message, fix))
    return ranks


@contextmanager
def ranks_of_job() -> Iterator["World | None"]:
    """The processes that run this command together; None where this is the only one.

    An error that all have is raised in the first, and the others just end. Where one fails alone,
    it says so and ends them all. Raises `NnctlError` without MPI.
    """
    if processes() == 1:
        yield None
        return
    from nnctl.training.ranks import AgreedError

    with errors_of_all(NnctlError):
        ranks = connect()
    with errors_of_all(AgreedError), errors_of_one(ranks, agreed=AgreedError):
        yield ranks


@contextmanager
def errors_of_all(kind: type[NnctlError]) -> Iterator[None]:
    """Inside, errors of that kind are met by all processes alike: one tells them for all."""
    try:
        yield
    except kind as error:
        if is_first():
            raise
        raise typer.Exit(error.status) from None


@contextmanager
def errors_of_one(ranks: "World", agreed: type[NnctlError]) -> Iterator[None]:
    """Inside, a process that fails ends all: the others would wait for it for ever."""
    try:
        yield
    except (agreed, typer.Exit):
        raise
    except BaseException as error:
        end_all(ranks, error)


def end_all(ranks: "World", error: BaseException) -> None:
    """Tells what went wrong in this process, and ends all of them with its status."""
    status = int(ExitStatus.COULD_NOT_RUN)
    try:
        if ranks.rank:
            print(f"process {ranks.rank} of {ranks.size}:", file=sys.stderr)
        status = run_to_end(partial(fail, error))
    except BaseException:  # a mistake of nnctl's own, which is to be seen
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        ranks.abort(status)


def fail(error: BaseException) -> NoReturn:
    raise error
