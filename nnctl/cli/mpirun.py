"""Commands that several processes run together, as `mpirun` starts them.

One of them prints, and none is left waiting for another that has failed.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from nnctl.cli.exits import run_to_end
from nnctl.errors import ExitStatus, NnctlError, Problem

if TYPE_CHECKING:
    from nnctl.training.mpi import World

# What launchers tell the processes they start: Open MPI, MPICH and its kin, Slurm with PMIx.
SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")
RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")


def processes() -> int:
    """How many processes `mpirun` or its like started together with this one; 1 without it."""
    return max(1, environment_number(SIZES)) if any(name in os.environ for name in RANKS) else 1


def is_first() -> bool:
    """Whether this is the process that prints."""
    return environment_number(RANKS) == 0


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
    it says so and ends them all: they would wait for it for ever. Raises `NnctlError` without MPI.
    """
    if processes() == 1:
        yield None
        return
    from nnctl.training.ranks import AgreedError

    try:
        ranks = connect()
    except NnctlError as error:  # all of them meet it
        if is_first():
            raise
        raise typer.Exit(error.status) from None
    try:
        yield ranks
    except AgreedError as error:
        if ranks.rank:
            raise typer.Exit(error.status) from None
        raise
    except typer.Exit:
        raise
    except BaseException as error:
        failed, status = error, int(ExitStatus.COULD_NOT_RUN)

        def fail() -> None:
            raise failed

        try:
            if ranks.rank:
                print(f"process {ranks.rank} of {ranks.size}:", file=sys.stderr)
            status = run_to_end(fail)
        except BaseException:  # a mistake of nnctl's own, which is to be seen
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            ranks.abort(status)
