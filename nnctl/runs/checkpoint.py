"""`checkpoint.npz`: everything that decides how a run goes on, with `history.csv` beside it."""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.atomic import atomic_file
from nnctl.callbacks import BatchEnd, Callback, EpochEnd, Run, TrainEnd
from nnctl.npz import read_arrays, write_arrays
from nnctl.runs.folder import CHECKPOINT, HISTORY
from nnctl.runs.weights import FORMAT_VERSION, METADATA
from nnctl.training import TrainingState

BETWEEN_EPOCHS = 2.0  # seconds between checkpoints at epoch ends, and within an epoch
WITHIN_EPOCH = 30.0
STATE = "training"  # what the metadata of a checkpoint has, and of weights has not


class Checkpoints(Callback):
    """Writes checkpoints: at epoch ends, within long epochs, and at the end, but not too often.

    The first one comes with the folder. Parameters that are not finite are not written: what stays
    then is the last good checkpoint. `others` are the callbacks whose state belongs to the run.
    """

    def __init__(self, folder: Path, state: TrainingState, others: Sequence[Callback] = ()):
        self.folder, self.training_state, self.others = folder, state, others
        self._written = 0.0
        self._figures: tuple[str, ...] = ()

    def on_train_begin(self, run: Run) -> None:
        figures = ("loss", *run.metrics)
        validation = [f"val_{name}" for name in figures] if run.has_validation else []
        self._figures = (*figures, *validation)
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
            self._save_history()
        else:
            self._write()

    def _write(self) -> None:
        if np.isfinite(self.training_state.vector).all():
            save_checkpoint(self.folder / CHECKPOINT, self.training_state, self.others)
        self._save_history()
        self._written = time.monotonic()

    def _save_history(self) -> None:
        save_history(self.folder / HISTORY, self.training_state, self._figures)


def save_checkpoint(path: Path, state: TrainingState, callbacks: Sequence[Callback] = ()) -> None:
    """Writes the state of a run, whole or not at all."""
    numbers = {
        "format_version": FORMAT_VERSION,
        STATE: state.numbers(),
        "callbacks": [callback.state() for callback in callbacks],
    }
    with atomic_file(path) as file:
        write_arrays(file, {**state.arrays(), METADATA: np.array(json.dumps(numbers))})


def load_checkpoint(path: Path, state: TrainingState, callbacks: Sequence[Callback] = ()) -> None:
    """Puts a run back to where `save_checkpoint` found it."""
    arrays = read_arrays(path)
    numbers: Mapping[str, Any] = json.loads(str(arrays.pop(METADATA)))
    state.restore(arrays, numbers[STATE])
    for callback, saved in zip(callbacks, numbers["callbacks"], strict=True):
        callback.load_state(saved)


def save_history(path: Path, state: TrainingState, figures: Sequence[str]) -> None:
    """Writes a row an epoch: the figures, the last learning rate, the seconds it took."""
    columns = {name: state.history.get(name, []) for name in figures}
    columns |= {"learning_rate": state.learning_rates, "seconds": state.seconds}
    with atomic_file(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["epoch", *columns])
        for epoch, row in enumerate(zip(*columns.values(), strict=True), start=1):
            writer.writerow([epoch, *map(repr, row)])
