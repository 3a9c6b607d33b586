"""Where the training of an ensemble's member stands, as the process knows that tells of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnctl.advice import Advice
from nnctl.errors import ArgumentError
from nnctl.jobs.job import Job, monitors, stopping_among, training_of
from nnctl.runs.checkpoint import Saved
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Reason, own_hooks

if TYPE_CHECKING:
    from nnctl.training.monitors import EarlyStopping

FIXED = "the training of an ensemble's members may be in other processes: it cannot be changed"
UNSEEN = {"first": None, "last": None, "epoch": 0}  # what is watched, before there was anything


@dataclass(eq=False)
class Standing:
    """A member's training so far; to its callbacks, the run.

    `share` is what is done of the epoch that has begun, `ended` why the training is over, `order`
    why it is to stop; `is_busy` says that some process has it. `watch` and `advice` are what has
    been watched of it.
    """

    member: int
    epochs: int
    batches: int
    rows: int
    has_validation: bool
    metrics: tuple[str, ...]
    history: dict[str, list[float]]
    learning_rates: list[float]
    seconds: list[float]
    share: float = 0.0
    ended: Reason | None = None
    order: Reason | None = None
    is_busy: bool = False
    since: float = 0.0
    makes_way: bool = False
    has_begun: bool = False
    watch: Any = field(default_factory=UNSEEN.copy)
    advice: tuple[Advice, ...] = ()
    callbacks: Sequence[Callback] = ()
    stopping: "EarlyStopping | None" = None

    @classmethod
    def of(cls, saved: Saved, job: Job, ended: Reason | None = None) -> "Standing":
        """That of a checkpoint; `job` is the training of the first member."""
        training = training_of(job.built)
        numbers = saved.numbers
        return cls(
            saved.member,
            training.epochs,
            training.batches,
            training.rows,
            training.has_validation,
            training.metrics,
            {name: list(values) for name, values in numbers["history"].items()},
            list(numbers["learning_rates"]),
            list(numbers["seconds"]),
            saved.batch / training.batches,
            ended,
            stopping=stopping_as_saved(saved, job),
        )

    @property
    def epoch(self) -> int:
        """The epochs done so far."""
        return len(self.seconds)

    @property
    def done(self) -> float:
        """The epochs done so far, and of the one that has begun what is done of it."""
        return self.epoch + self.share

    @property
    def end(self) -> float:
        """The epochs that it has in the end: at least so many, and just so many if it has ended."""
        if self.ended is not None:
            return self.done
        if self.stopping is None:
            return self.epochs
        waits = max(1, self.stopping.patience - self.stopping.wait)
        return min(self.epochs, self.epoch + waits)

    @property
    def weights_epoch(self) -> int:
        """The epoch after which the parameters were as they are."""
        return self.epoch

    def stop(self, reason: Reason = "stopped") -> None:
        """Ends the member's training soon; where it is interrupted, that of all."""
        self.order = self.order or reason

    def learning_rate_now(self) -> float:
        """Refused, as all is that only the training itself knows."""
        raise ArgumentError(FIXED)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Refused."""
        raise ArgumentError(FIXED)

    def keep_best(self) -> None:
        """Refused."""
        raise ArgumentError(FIXED)

    def restore_best(self) -> None:
        """Refused."""
        raise ArgumentError(FIXED)

    def note(self, event: BatchEnd | EpochEnd) -> None:
        """Takes down what has happened, and tells the member's callbacks."""
        if isinstance(event, BatchEnd):
            self.share = event.batch / event.batches
            self.tell("on_batch_end", event)
            return
        for name, value in event.logs.items():
            self.history.setdefault(name, []).append(value)
        self.learning_rates.append(event.learning_rate)
        self.seconds.append(event.seconds)
        self.share = 0.0
        if self.stopping is not None:
            self.stopping.note(event)
        self.tell("on_epoch_end", event)

    def tell(self, hook: str, *event: Any) -> None:
        """Calls that hook of the member's callbacks."""
        calls: list[Callable[..., None]] = own_hooks(self.callbacks, hook)
        for call in reversed(calls) if hook == "on_train_end" else calls:
            call(self, *event)


def stopping_as_saved(saved: Saved, job: Job) -> "EarlyStopping | None":
    """What stops a member early, as it stands in its checkpoint; None where nothing does."""
    watching = monitors(job.built.config)
    for callback, state in zip(watching, saved.callbacks, strict=True):
        callback.load_state(state)
    return stopping_among(watching)


def epochs_left(standings: Sequence[Standing]) -> dict[int, float]:
    """How many epochs each member is likely to take yet, by its number.

    No fewer than it takes until it could stop early. Beyond that nobody knows when a member stops,
    but all are alike: as many in all as they take on average, by what is known so far.
    """
    mean = sum(each.end for each in standings) / len(standings)
    return {
        each.member: min(max(each.end, mean), each.epochs) - each.done
        for each in standings
        if each.ended is None
    }
