"""Callbacks: what happens around training without being part of it.

The loop trains and tells; callbacks display, record, save, stop. A hook that is not overridden
costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from nnctl.errors.figures import figure_text

Reason = Literal["finished", "stopped", "interrupted", "diverged"]


class Run(Protocol):
    """What a callback may know of the run, and do to it."""

    epochs: int
    batches: int
    rows: int
    has_validation: bool
    metrics: tuple[str, ...]

    @property
    def epoch(self) -> int:
        """The epochs done so far."""
        ...

    def stop(self, reason: Reason = "stopped") -> None:
        """Ends the run after the current few batches; in an epoch's end, after that epoch."""
        ...

    def learning_rate_now(self) -> float:
        """The learning rate of the steps to come; `ArgumentError` where a schedule gives it."""
        ...

    def set_learning_rate(self, learning_rate: float) -> None:
        """Another learning rate, for all steps to come."""
        ...

    def keep_best(self) -> None:
        """Keeps a copy of all parameters as they are now, as the best so far."""
        ...

    def restore_best(self) -> None:
        """Sets all parameters to those kept, if any were."""
        ...


class BatchEnd(NamedTuple):
    """Some batches are done: where the run is, and the epoch's figures so far."""

    epoch: int  # counted from 1
    batch: int  # batches done in this epoch
    batches: int
    rows: int  # rows seen in this epoch
    logs: Mapping[str, float]
    learning_rate: float


class EpochEnd(NamedTuple):
    """An epoch is done: its figures, with `val_` ahead for those of the validation rows."""

    epoch: int
    epochs: int
    logs: Mapping[str, float]
    learning_rate: float  # of its last step
    seconds: float
    rows: int


class TrainEnd(NamedTuple):
    """The run is over, for that reason; `epoch` is the last whole one."""

    reason: Reason
    epoch: int
    seconds: float


class Callback:
    """Base of all callbacks: override what is needed."""

    def on_train_begin(self, run: Run) -> None:
        """Before the first batch."""

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        """Every few dozen batches at most, at the end of an epoch in any case."""

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        """After an epoch and its validation."""

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        """At the end, however it came about."""

    def on_wait(self, run: Run) -> None:
        """Now and then while a member of an ensemble trains in another process, or waits to."""

    def for_member(self, member: int, members: int) -> "Callback":
        """The callback that hears of that member of an ensemble, which counts from 1.

        The same for all, unless it tells them apart.
        """
        return self

    def state(self) -> dict[str, Any]:
        """What the callback must remember over an interruption, as JSON."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes up what `state` returned."""


def own_hooks(callbacks: Sequence[Callback], hook: str) -> list[Callable[..., None]]:
    """The callbacks' own versions of a hook, bound."""
    # What nobody overrides is left out here, once, and not called in vain after every batch.
    base = getattr(Callback, hook)
    return [
        getattr(callback, hook)
        for callback in callbacks
        if getattr(type(callback), hook) is not base
    ]


class EpochLines(Callback):
    """Hands a line an epoch to `write`, as in `epoch 3/10  loss 0.4321  accuracy 0.876`."""

    def __init__(self, write: Callable[[str], object]):
        self.write = write

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        figures = "  ".join(f"{name} {figure_text(value)}" for name, value in event.logs.items())
        self.write(f"epoch {event.epoch}/{event.epochs}  {figures}  {event.seconds:.2f} s")
