"""Checkpoints: when they are written, that they are whole and finite, and history.csv."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.optimizers import Adam, RMSprop
from nnctl.runs import checkpoint
from nnctl.runs.checkpoint import About, Checkpoints, read_checkpoint, save_checkpoint
from nnctl.system.npz import read_arrays, write_arrays
from nnctl.training.callbacks import BatchEnd, EpochEnd, TrainEnd
from nnctl.training.monitors import EarlyStopping, ReduceLROnPlateau
from nnctl.training.state import TrainingState
from tests.formats.mutations import sealed

ABOUT = About({"epochs": 5}, {"train": "ab12"})
BATCH = BatchEnd(1, 1, 2, 3, {"loss": 1.0}, 0.1)
EPOCH = EpochEnd(1, 2, {"loss": 1.0}, 0.1, 1.0, 3)


class Run:
    metrics = ("mae",)
    has_validation = True


def state_of(seed: int = 0) -> TrainingState:
    generators = [np.random.default_rng(seed + k) for k in range(2)]
    vector = generators[0].normal(size=5).astype(np.float32)
    return TrainingState.start(vector, 5, Adam(), *generators)


@pytest.fixture
def clock(monkeypatch):
    """The time, to be set."""
    now = [100.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def written(monkeypatch):
    """What checkpoints were written."""
    paths: list[Path] = []
    monkeypatch.setattr(checkpoint, "save_checkpoint", lambda path, *_: paths.append(path))
    return paths


def test_they_are_written_as_often_as_promised(tmp_path, clock, written):
    saving = Checkpoints(tmp_path, state_of(), ABOUT)
    saving.on_train_begin(Run())
    for seconds, hook, event, count in [
        (1.9, saving.on_epoch_end, EPOCH, 0),
        (2.1, saving.on_batch_end, BATCH, 0),
        (2.1, saving.on_epoch_end, EPOCH, 1),
        (32.0, saving.on_batch_end, BATCH, 1),
        (32.2, saving.on_batch_end, BATCH, 2),
        (32.3, saving.on_train_end, TrainEnd("interrupted", 1, 3.0), 3),
        (99.0, saving.on_train_end, TrainEnd("diverged", 1, 3.0), 3),
    ]:
        clock[0] = 100 + seconds
        hook(Run(), event)
        assert len(written) == count


def test_parameters_that_are_not_finite_do_not_replace_the_last_good_ones(tmp_path, written):
    state = state_of()
    saving = Checkpoints(tmp_path, state, ABOUT)
    saving.on_train_begin(Run())
    state.vector[3] = np.inf
    saving.on_train_end(Run(), TrainEnd("finished", 1, 3.0))
    assert written == []


def test_a_state_comes_back_as_it_was(tmp_path):
    state, other = state_of(), state_of(seed=7)
    state.slots["gradient_sum"][...] = np.arange(5)
    state.step, state.epoch, state.history = 12, 3, {"loss": [3.0, 2.0, 1.0]}
    state.generator.normal()
    save_checkpoint(tmp_path / "c.npz", state, ABOUT, ended="finished")
    saved = read_checkpoint(tmp_path / "c.npz")
    assert (saved.about, saved.ended, saved.epoch) == (ABOUT, "finished", 3)
    saved.restore(other, ())
    assert other.numbers() == state.numbers()
    for name, array in state.arrays().items():
        np.testing.assert_array_equal(other.arrays()[name], array, strict=True)
    assert other.generator.normal() == state.generator.normal()


def test_adams_slots_are_read_under_their_former_names_too(tmp_path):
    """And with them a run goes on as with those of today; RMSprop's v is RMSprop's."""
    state, other = state_of(), state_of(seed=7)
    for k, slot in enumerate(state.slots.values(), start=1):
        slot[...] = np.arange(5) * k
    save_checkpoint(tmp_path / "new.npz", state, ABOUT)
    arrays = read_arrays(tmp_path / "new.npz")
    arrays["slots/m"], arrays["slots/v"] = (
        arrays.pop(f"slots/{name}") for name in ("gradient_sum", "square_sum")
    )
    with (tmp_path / "former.npz").open("wb") as file:
        write_arrays(file, arrays)
    read_checkpoint(tmp_path / "former.npz").restore(other, ())
    assert {name: slot.tolist() for name, slot in other.slots.items()} == {
        "gradient_sum": [0, 1, 2, 3, 4],
        "square_sum": [0, 2, 4, 6, 8],
    }

    rms = TrainingState.start(state.vector, 5, RMSprop(), state.generator, state.dropout)
    rms.slots["v"][...] = np.arange(5)
    save_checkpoint(tmp_path / "rms.npz", rms, ABOUT)
    rms.slots["v"][...] = 0
    read_checkpoint(tmp_path / "rms.npz").restore(rms, ())
    assert rms.slots["v"].tolist() == [0, 1, 2, 3, 4]


def test_history_has_the_columns_of_the_contract_from_the_start(tmp_path):
    state = state_of()
    saving = Checkpoints(tmp_path, state, ABOUT)
    saving.on_train_begin(Run())
    columns = ["epoch", "loss", "mae", "val_loss", "val_mae", "learning_rate", "seconds"]
    path = tmp_path / "history.csv"
    assert path.read_text() == ",".join(columns) + "\n"
    state.history = {name: [0.1, 1 / 3] for name in columns[1:5]}
    state.learning_rates, state.seconds = [0.1, 0.01], [1.5, 2.5]
    saving.on_train_end(Run(), TrainEnd("diverged", 2, 4.0))
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["val_mae"]) == 1 / 3
    assert rows[1]["learning_rate"] == "0.01"


@pytest.mark.parametrize(
    "change",
    [
        {"vector": np.zeros(4, np.float32)},
        {"slots/gradient_sum": np.zeros((1,), np.float32)},
        {"order": np.array(["a"])},
        {"vector": None},
    ],
)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, change):
    path = tmp_path / "c.npz"
    save_checkpoint(path, state_of(), ABOUT)
    arrays = {k: v for k, v in {**read_arrays(path), **change}.items() if v is not None}
    with path.open("wb") as file:
        write_arrays(file, arrays)
    with pytest.raises(NnctlError, match="this is not the checkpoint of a run of this config"):
        read_checkpoint(path).restore(state_of(), ())


@pytest.mark.parametrize(
    "change",
    [
        {"format_version": 99},
        {"training": 3},
        {"training": {"epoch": "x", "batch": 0}},
        {"config": None},
        {"data": 1},
        {"callbacks": [1]},
    ],
)
def test_garbled_metadata_is_refused(tmp_path, change):
    path = tmp_path / "c.npz"
    save_checkpoint(path, state_of(), ABOUT)
    arrays = read_arrays(path)
    metadata = {**json.loads(str(arrays["metadata"])), **change}
    with path.open("wb") as file:
        write_arrays(file, {**arrays, "metadata": np.array(sealed(metadata))})
    with pytest.raises(NnctlError):
        read_checkpoint(path)


def test_callbacks_of_another_config_are_refused(tmp_path):
    path = tmp_path / "c.npz"
    save_checkpoint(path, state_of(), ABOUT, [EarlyStopping(patience=3)])
    saved = read_checkpoint(path)
    with pytest.raises(NnctlError):
        saved.restore(state_of(), ())
    with pytest.raises(NnctlError):
        saved.restore(state_of(), [ReduceLROnPlateau()])
    saved.restore(state_of(), [EarlyStopping(patience=3)])
