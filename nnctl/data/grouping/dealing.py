"""Which groups go to which part of the data."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.split import count_of_share
from nnctl.errors import NnctlError, Problem, Setting

Groups = NDArray[np.integer[Any]]  # the group of each row, (rows,), counted from 0
MOST_COUNTS = 10_000_000  # of groups by classes; where there are more, classes get no shares


def groups_of_share(
    groups: Groups,
    share: float,
    generator: np.random.Generator,
    classes: NDArray[np.integer[Any]] | None = None,
    last: bool = False,
    part: str = "validation",
    behind: int = 0,
    times: NDArray[np.intp] | None = None,
    file: str | None = None,
) -> NDArray[np.bool_]:
    """A mask of the rows of whole groups that make about that share of all.

    They are drawn, or with `last` those that end last but for about `behind` rows, in the file or
    by the place of rows in time.
    """
    own, what = np.unique(groups, return_inverse=True)[1], f"data.{part}"
    if last:
        return last_groups(own, count_of_share(len(own), share), behind, what, file, times)
    parts = dealt_groups(own, (share, 1 - share), generator, classes, what, file)
    return np.equal(parts, 0)


def dealt_groups(
    groups: Groups,
    shares: Sequence[float],
    generator: np.random.Generator,
    classes: NDArray[np.integer[Any]] | None,
    what: str,
    file: str | None = None,
) -> NDArray[np.intp]:
    """The part, counted from 0, that each row goes to with its group: `(rows,)`.

    Parts have about their `shares` of all rows, and of each class. Groups are dealt in a drawn
    order, the largest first, each to the part whose counts it brings nearest to what they should
    be, in squares over that; no part stays empty. Raises `NnctlError` for fewer groups than parts.
    """
    counts = counts_of(groups, classes)
    if len(counts) < len(shares):
        raise few_groups(len(counts), len(shares), what, file)
    wanted = np.outer(shares, counts.sum(axis=0))
    filled, members = np.zeros_like(wanted), np.zeros(len(shares), np.intp)
    order = generator.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    part_of = np.empty(len(counts), np.intp)
    for place, group in enumerate(order):
        own = counts[group]
        cost = ((2 * filled + own) * own / wanted).sum(axis=1)
        if len(order) - place <= np.count_nonzero(members == 0):
            cost[members > 0] = np.inf
        part = int(np.argmin(cost))
        filled[part] += own
        members[part] += 1
        part_of[group] = part
    return part_of[groups]


def counts_of(groups: Groups, classes: NDArray[np.integer[Any]] | None) -> NDArray[np.float64]:
    """How many rows of each class a group has, (groups, classes); one class where none matter."""
    many = int(groups.max()) + 1
    kinds = 1 if classes is None else int(classes.max()) + 1
    if classes is None or many * kinds > MOST_COUNTS:
        return np.bincount(groups, minlength=many).reshape(-1, 1).astype(np.float64)
    cells = groups.astype(np.intp) * kinds + classes
    found = np.bincount(cells, minlength=many * kinds).reshape(many, kinds).astype(np.float64)
    return found[:, found.sum(axis=0) > 0]


def last_groups(
    groups: Groups,
    wanted: int,
    behind: int,
    what: str,
    file: str | None = None,
    times: NDArray[np.intp] | None = None,
) -> NDArray[np.bool_]:
    """A mask of about `wanted` rows: those of the groups that end last, but for about `behind`.

    Raises `NnctlError` where that leaves no group for a part.
    """
    order = by_end(groups, times)
    sums = np.append(0, np.cumsum(np.bincount(groups)[order][::-1]))
    first = int(np.argmin(abs(sums - behind))) if behind else 0
    first = max(first, int(behind > 0))
    stop = max(first + 1, int(np.argmin(abs(sums - behind - wanted))))
    stop = min(stop, len(order) - 1)
    if stop <= first:
        raise few_groups(len(order), 3 if behind else 2, what, file)
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[order[::-1][first:stop]] = True
    return chosen[groups]


def stretches_of_groups(
    groups: Groups,
    count: int,
    file: str | None = None,
    times: NDArray[np.intp] | None = None,
) -> NDArray[np.intp]:
    """The stretch, 0…count, that each row is in with its group: groups in the order of their ends.

    Raises `NnctlError` where a stretch would have no group.
    """
    order = by_end(groups, times)
    sizes = np.bincount(groups)[order]
    middles = np.cumsum(sizes) - sizes / 2
    stretches = (middles * (count + 1) // len(groups)).astype(np.intp)
    if len(np.unique(stretches)) <= count:
        raise few_groups(len(order), count + 1, f"--folds {count}", file)
    found = np.empty(len(order), np.intp)
    found[order] = stretches
    return found[groups]


def by_end(groups: Groups, times: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """The groups in the order in which they end, in the file or by the place of rows in time."""
    ends = np.zeros(int(groups.max()) + 1, np.intp)
    np.maximum.at(ends, groups, np.arange(len(groups)) if times is None else times)
    return np.argsort(ends, kind="stable")


def few_groups(found: int, needed: int, what: str, file: str | None) -> NnctlError:
    """Why groups cannot be divided."""
    noun = "group" if found == 1 else "groups"
    message = f"{what}: the rows are of {found} {noun}, too few or too large for {needed} parts"
    fix = "each part needs a group of its own: ask for fewer parts, or leave data.group out"
    return NnctlError(Problem(message, fix, file, setting=Setting("data.group")))
