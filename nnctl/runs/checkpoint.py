"""`checkpoint.npz`: everything that decides how a run goes on, with `history.csv` beside it."""

import csv
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem
from nnctl.network.metrics import Metric
from nnctl.runs.folder import CHECKPOINT, HISTORY
from nnctl.runs.keeping import KeptFolder
from nnctl.runs.weights import METADATA, metadata_array, metadata_of
from nnctl.system import stated
from nnctl.system.atomic import atomic_file
from nnctl.system.npz import read_arrays, write_arrays
from nnctl.system.version import __version__
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, Run, TrainEnd
from nnctl.training.shuffling import come_in_windows
from nnctl.training.state import TrainingState
from nnctl.training.step import Examples

BETWEEN_EPOCHS = 2.0  # seconds between checkpoints at epoch ends, and within an epoch
WITHIN_EPOCH = 30.0
# What reading goes wrong with where something else stands in a file than what belongs there.
CONTENTS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
# What Adam's slots were called in checkpoints that name them after the paper's m and v, which they
# are multiples of. RMSprop has a "v" as well, and it alone.
FORMER_SLOTS = {"slots/m": "slots/gradient_sum", "slots/v": "slots/square_sum"}
MEMBER_COLUMN = "member"  # of history.csv
STATE = "training"  # what the metadata of a checkpoint has, and of weights has not


class About(NamedTuple):
    """What a checkpoint tells of its run: the whole config, and the data files' SHA-256.

    `config` is plain data with absolute paths; `data` has the hashes by the files' paths below
    `data` in the config.
    """

    config: dict[str, Any]
    data: dict[str, str]


class Saved(NamedTuple):
    """A checkpoint as it was read. `ended` is why the run ended; None for one that was broken off.

    `epoch` counts whole epochs, `batch` the batches done of the next. `member` is the number of the
    ensemble's member that it is of.
    """

    file: str
    about: About
    ended: str | None
    epoch: int
    batch: int
    arrays: dict[str, NDArray[Any]]
    numbers: dict[str, Any]
    callbacks: list[dict[str, Any]]
    member: int = 1

    def check(
        self, train: Examples, batch_size: int | str, metrics: Mapping[str, Metric], validated: bool
    ) -> None:
        """Raises `NnctlError` for contents that no run has on those rows, with such metrics."""
        # Only a run that goes on is checked.
        from nnctl.runs.contents import check_callback, check_numbers, check_order, check_totals

        rows = len(train)
        try:
            check_numbers(self.numbers, rows, batch_size, figures_of(metrics, validated))
            check_order(self.arrays["order"], self.batch, rows, come_in_windows(train.x))
            if self.batch:
                check_totals(self.arrays, [metric.start() for metric in metrics.values()])
            for state in self.callbacks:
                check_callback(state, self.epoch)
        except CONTENTS as error:
            raise damage_problem(self.file, error) from None

    def restore(self, state: TrainingState, callbacks: Sequence[Callback]) -> None:
        """Puts a run of the same config and data back to where it was.

        Raises `NnctlError` for contents that are not such a run's.
        """
        try:
            state.restore(self.arrays, self.numbers)
            for callback, saved in zip(callbacks, self.callbacks, strict=True):
                callback.load_state(saved)
        except CONTENTS as error:
            raise damage_problem(self.file, error) from None


class Checkpoints(Callback):
    """Writes checkpoints: at epoch ends, within long epochs, and at the end, but not too often.

    The first one comes with the folder. Parameters that are not finite are not written: what stays
    then is the last good checkpoint. `kept` is the folder, where it can be made anew; `others` are
    the callbacks whose state belongs to the run; `member` is the number of an ensemble's member,
    whose history is written with all others'.
    """

    def __init__(
        self,
        folder: Path,
        state: TrainingState,
        about: About,
        others: Sequence[Callback] = (),
        member: int | None = None,
        kept: KeptFolder | None = None,
    ):
        self.folder = folder
        self.kept = kept or KeptFolder(folder)
        self.training_state = state
        self.about = about
        self.others = others
        self.member = member
        self._written = 0.0
        self._figures: tuple[str, ...] = ()

    def on_train_begin(self, run: Run) -> None:
        self._figures = figures_of(run.metrics, run.has_validation)
        self._written = time.monotonic()
        self._save_history()

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        if time.monotonic() - self._written >= WITHIN_EPOCH:
            self._write()

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        if time.monotonic() - self._written >= BETWEEN_EPOCHS:
            self._write()

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        if event.reason == "diverged":
            self.kept.require()
            self._save_history()
        else:
            self._write(None if event.reason == "interrupted" else event.reason)

    def _write(self, ended: str | None = None) -> None:
        self.kept.require()
        if np.isfinite(self.training_state.vector).all():
            path = self.folder / CHECKPOINT
            state, others = self.training_state, self.others
            save_checkpoint(path, state, self.about, others, ended, self.member or 1)
        self._save_history()
        self._written = time.monotonic()

    def _save_history(self) -> None:
        if self.member is None:
            save_history(self.folder / HISTORY, [self.training_state], self._figures)


def figures_of(metrics: Iterable[str], validated: bool) -> tuple[str, ...]:
    """What a run computes of each epoch, in the order of `history.csv`."""
    figures = ("loss", *metrics)
    return (*figures, *(f"val_{name}" for name in figures)) if validated else figures


def save_checkpoint(
    path: Path,
    state: TrainingState,
    about: About,
    callbacks: Sequence[Callback] = (),
    ended: str | None = None,
    member: int = 1,
) -> None:
    """Writes the state of a run, or of a member of an ensemble, whole or not at all."""
    rewrite_checkpoint(checkpoint_of(path, state, about, callbacks, ended, member))


def checkpoint_of(
    path: Path,
    state: TrainingState,
    about: About,
    callbacks: Sequence[Callback] = (),
    ended: str | None = None,
    member: int = 1,
) -> Saved:
    """What is written to `path` of a run as it stands; its arrays are those of the state."""
    states = [callback.state() for callback in callbacks]
    numbers = state.numbers()
    epoch, batch = state.epoch, state.batch
    return Saved(str(path), about, ended, epoch, batch, state.arrays(), numbers, states, member)


def rewrite_checkpoint(saved: Saved) -> None:
    """Writes what a checkpoint holds to its file, whole or not at all."""
    metadata = {
        "nnctl": __version__,
        "config": saved.about.config,
        "data": saved.about.data,
        "ended": saved.ended,
        STATE: saved.numbers,
        "callbacks": saved.callbacks,
        **({} if saved.member == 1 else {"member": saved.member}),
    }
    with atomic_file(saved.file) as file:
        write_arrays(file, {**saved.arrays, METADATA: metadata_array(metadata, finite=False)})


def read_checkpoint(path: Path) -> Saved:
    """What `save_checkpoint` wrote.

    Raises `NnctlError` for what is not there, is no checkpoint, is damaged, or was written by a
    newer nnctl.
    """
    file = str(path)
    arrays = read_arrays(path)
    if arrays.keys() >= FORMER_SLOTS.keys():
        arrays = {FORMER_SLOTS.get(name, name): array for name, array in arrays.items()}
    metadata = metadata_of(arrays.pop(METADATA, np.array(0)), file, finite=False)
    try:
        numbers = dict(metadata[STATE])
        about = About(
            dict(metadata["config"]), {str(k): str(v) for k, v in dict(metadata["data"]).items()}
        )
        epoch, batch = int(numbers["epoch"]), int(numbers["batch"])
        callbacks = [dict(state) for state in metadata["callbacks"]]
        # Checkpoints of before tell of the best parameters by early stopping's state, the last.
        kept = callbacks[-1]["best_epoch"] if "best" in arrays else None
        numbers = {"best_epoch": kept, "first_loss": None, **numbers}
        callbacks = [{"undefined": 0, **state} for state in callbacks]
        member = stated.whole("member", metadata.get("member", 1), 1)
        ended = metadata["ended"]
        return Saved(file, about, ended, epoch, batch, arrays, numbers, callbacks, member)
    except CONTENTS as error:
        raise damage_problem(file, error) from None


def damage_problem(file: str, error: Exception) -> NnctlError:
    """What a checkpoint that does not hold what it should means to the user."""
    message = f"this is not the checkpoint of a run of this config and data ({error!r})"
    return NnctlError(Problem(message, "train again from the start", file))


class Past(Protocol):
    """The epochs that a run has had: each list has a value an epoch."""

    history: dict[str, list[float]]
    learning_rates: list[float]
    seconds: list[float]


def save_history(
    path: Path, runs: Sequence[Past], figures: Sequence[str], of_members: bool = False
) -> None:
    """Writes a row an epoch: the figures, the last learning rate, the seconds it took.

    Those `of_members` of an ensemble have the member's number, counted from 1, before them.
    """
    head = ["epoch", *figures, "learning_rate", "seconds"]
    with atomic_file(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([MEMBER_COLUMN, *head] if of_members else head)
        for number, past in enumerate(runs, start=1):
            columns = [past.history.get(name, []) for name in figures]
            columns += [past.learning_rates, past.seconds]
            for epoch, row in enumerate(zip(*columns, strict=True), start=1):
                written = [epoch, *map(repr, row)]
                writer.writerow([number, *written] if of_members else written)
