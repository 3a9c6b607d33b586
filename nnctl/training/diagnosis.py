"""What made a run diverge: its last good state is trained on, watched number by number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.errors import Problem
from nnctl.graph import Array, Value
from nnctl.training.loop import Training, TrainingDiverged
from nnctl.training.state import TrainingState

SHOWN_ROWS = 5


@dataclass(frozen=True)
class Snapshot:
    """What a step changes, as it was before."""

    vector: Array
    slots: dict[str, Array]
    dropout: object
    step: int
    batch: int

    @classmethod
    def of(cls, state: TrainingState) -> "Snapshot":
        slots = {name: slot.copy() for name, slot in state.slots.items()}
        dropout = state.dropout.bit_generator.state
        return cls(state.vector.copy(), slots, dropout, state.step, state.batch)

    def restore(self, state: TrainingState) -> None:
        state.vector[...] = self.vector
        for name, slot in self.slots.items():
            state.slots[name][...] = slot
        state.dropout.bit_generator.state = self.dropout  # type: ignore[assignment]
        state.step = self.step
        state.batch = self.batch


def diagnose(training: Training) -> Problem | None:
    """Trains on from a good state until the loss is no number any more, and says what came first.

    Names epoch, batch, operation, layer, learning rate and rows (of those that train, from 0).
    None if the training stays sound after all.
    """
    training.most_batches_at_once = 1  # so that the state before the very batch is kept
    state = training.state
    before = Snapshot.of(state)
    try:
        for _ in training.events():
            before = Snapshot.of(state)
    except TrainingDiverged as error:
        before.restore(state)  # to make the batch once more, this time watching each call
        (problem,) = error.problems
        found = non_finite_values(training)
        where = describe(*found[0]) if found else "it is the first value that is not finite"
        rate = training.learning_rate(state.step)
        message = f"{problem.message}; {where} (learning rate {rate:g})"
        return Problem(message, problem.fix)
    return None


def non_finite_values(training: Training) -> list[tuple[Value, Sequence[int]]]:
    """Makes the next step call by call: the values that are not finite, each with its rows.

    The rows are those of the training data, where the value has one for each example, else none.
    """
    step, batches, rates = training.upcoming()
    rows = batches[0]
    found: list[tuple[Value, Sequence[int]]] = []
    with np.errstate(all="ignore"):
        for value, array, own in step.walk(training.train, rows, rates[0]):
            wrong = ~np.isfinite(array)
            if wrong.any():
                found.append((value, rows_of(wrong, own)))
    return found


def rows_of(wrong: Array, rows: Array) -> Sequence[int]:
    """The examples that the elements marked in `wrong` belong to."""
    # Only what has the batch's first axis can have come from some of its rows alone.
    if wrong.ndim == 0 or len(wrong) != len(rows):
        return ()
    return [int(row) for row in rows[wrong.reshape(len(wrong), -1).any(axis=1)]]


def describe(value: Value, rows: Sequence[int]) -> str:
    """Where a number first was not finite."""
    layer = f"in {value.scope}" if value.scope else "in the update"
    where = f"the first number that is not finite is a result of {value.name} {layer}"
    if not rows:
        return where
    more = f" and {len(rows) - SHOWN_ROWS:,} more" if len(rows) > SHOWN_ROWS else ""
    noun = "row" if len(rows) == 1 else "rows"
    return f"{where}, for training {noun} {', '.join(map(str, rows[:SHOWN_ROWS]))}{more}"
