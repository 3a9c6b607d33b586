"""Which operations are made to fail, and with which errors."""

import errno
from collections.abc import Callable, Collection, Sequence

from tests.faults.cases import World
from tests.faults.disk import TAKING_SPACE, Disk

Error = tuple[int, Collection[str]]  # the system's number, and what fails ever after
ERRORS: tuple[Error, ...] = (
    (errno.ENOSPC, ()),
    (errno.EIO, ()),
    (errno.EACCES, ()),
    (errno.ENOSPC, TAKING_SPACE),
)


Chosen = Callable[[Sequence[str], int], Sequence[Error]]


def failures(world: World, chosen: Chosen) -> dict[str, int]:
    """Makes the operations of each job fail, one after another; counts the failures by job.

    `chosen` says, of all operations of a job, with which errors one of them fails. Raises
    `AssertionError` for what is lost.
    """
    counts = {}
    for case in world.cases:
        operations = world.count(case)
        counts[case.name] = 0
        for index in range(len(operations)):
            for number, lasting in chosen(operations, index):
                disk = Disk(index + 1, number, lasting)
                try:
                    counts[case.name] += world.fails(case, disk)
                except BaseException as error:
                    name = errno.errorcode[number]
                    what = f"{case.name}, operation {index + 1} of {len(operations)}"
                    error.add_note(
                        f"{what}, {name}, lasting: {sorted(lasting)}: {disk.operations[-3:]}"
                    )
                    raise
    return counts
