"""Trials as they are handed out and taken down; nothing here needs Optuna."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.config import Config
from nnctl.network.metrics import higher_is_better

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Task:
    """A trial to be run: its number, counted from 1, and the values of the searched keys."""

    number: int
    values: Mapping[str, Any]


class Progress(NamedTuple):
    """The figure of an epoch of a trial that is trained; of an ensemble, of one `member`."""

    epoch: int
    value: float
    member: int = 1


class Judged(NamedTuple):
    """What the rows that validate say of a trial: all figures, and the loss of each, (rows,)."""

    figures: Mapping[str, float]
    losses: NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: the figure that is searched for, or why there is none.

    A trial that has ended has the bytes of its weights file in `weights`, or, where that is wanted
    in their place, what was `judged` of it.
    """

    state: Literal["complete", "pruned", "failed"]
    value: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    reason: str | None = None
    weights: bytes | None = None
    weights_sha256: str | None = None
    judged: Judged | None = None


@dataclass(frozen=True)
class TrialRow:
    """A trial that is over. `same_as` is an earlier one of the same values, which was not repeated.

    The `value` of a pruned one is the last that was seen.
    """

    number: int
    state: str
    value: float | None
    epochs: int
    seconds: float
    values: Mapping[str, Any]
    reason: str | None = None
    weights_sha256: str | None = None
    same_as: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain data; what the trial lacks is absent."""
        values = {key: value for key, value in asdict(self).items() if value is not None}
        return {"trial": values.pop("number"), **values}


def direction_of(config: Config) -> Direction:
    """Whether the monitored figure is to fall or to rise."""
    assert config.tune is not None
    given: Direction | None = config.tune.direction
    if given is not None:
        return given
    return "maximize" if higher_is_better(config.tune.monitor) else "minimize"


def ranking(rows: Sequence[TrialRow], direction: Direction) -> list[TrialRow]:
    """The trials that were trained to their end, best first, and of equal ones the earlier."""
    sign = 1 if direction == "minimize" else -1
    complete = [row for row in rows if row.state == "complete" and row.value is not None]
    return sorted(complete, key=lambda row: (sign * (row.value or 0.0), row.number))


def best_of(rows: Sequence[TrialRow], direction: Direction) -> TrialRow | None:
    """The best trial that was trained to its end; None where none was."""
    return next(iter(ranking(rows, direction)), None)
