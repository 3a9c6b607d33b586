"""The trials of a study as a user counts them, whatever became of the processes that ran them.

A storage has a trial for each attempt. One whose process was killed is lost: it is run again as a
new attempt, which names the first. So a slot is an attempt and those that repeat it, and its number
stays what it was. Of several processes that take a slot at the same time, the first attempt counts:
the storage numbers them one after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from optuna.trial import FrozenTrial, TrialState

from nnctl.tuning.trial import Outcome

State = Literal["complete", "pruned", "failed", "running", "lost"]
# What is noted of an attempt.
PROCESS, REPEATS, SURPLUS, ERROR = "process", "repeats", "surplus", "error"
ALIVE = "alive"  # another value with each sign of life
EPOCHS, SECONDS, WEIGHTS, SAME_AS = "epochs", "seconds", "weights_sha256", "same_as"
STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


@dataclass
class Slot:
    """A trial as users count it, from 1, and its attempts in their order."""

    number: int
    attempts: list[FrozenTrial] = field(default_factory=list)

    @property
    def first(self) -> FrozenTrial:
        return self.attempts[0]

    @property
    def current(self) -> FrozenTrial:
        """The attempt that counts: one that has ended, else the first that runs, else the last."""
        for wanted in (("complete", "pruned", "failed"), ("running",)):
            for attempt in self.attempts:
                if state_of(attempt) in wanted:
                    return attempt
        return self.attempts[-1]

    @property
    def state(self) -> State:
        return state_of(self.current)

    @property
    def is_over(self) -> bool:
        return self.state in ("complete", "pruned", "failed")


def state_of(attempt: FrozenTrial) -> State:
    """What became of an attempt."""
    if attempt.state is TrialState.COMPLETE:
        return "complete"
    if attempt.state is TrialState.PRUNED:
        return "pruned"
    if attempt.state is TrialState.FAIL:
        return "failed" if ERROR in attempt.user_attrs else "lost"
    return "running"


def slots_of(trials: Sequence[FrozenTrial]) -> list[Slot]:
    """The slots that a study's trials make up."""
    slots: dict[int, Slot] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        if SURPLUS in trial.user_attrs:
            continue
        first: Any = trial.user_attrs.get(REPEATS, trial.number)
        slots.setdefault(first, Slot(len(slots) + 1)).attempts.append(trial)
    return list(slots.values())


def notes_of(outcome: Outcome) -> dict[str, Any]:
    """What is noted of how a trial ended."""
    notes = {
        EPOCHS: outcome.epochs,
        SECONDS: outcome.seconds,
        WEIGHTS: outcome.weights_sha256,
        ERROR: outcome.reason,
    }
    return {key: value for key, value in notes.items() if value is not None}
