"""Frames: which steps are kept, that they are copies, and that recording changes nothing."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.layers import Dense
from nnctl.training.callbacks import Callback
from nnctl.training.frames import ONE_BY_ONE, Frames, chosen_steps
from nnctl.training.monitors import EarlyStopping

ROWS = 30


def training_of(epochs=10, batch_size=3, rate=0.1):
    draw = np.random.default_rng(1)
    x = draw.normal(size=(ROWS, 2))
    model = Sequential([Dense(3, "tanh"), Dense(1)], seed=3)
    model.compile({"type": "sgd", "learning_rate": rate}, "mean_squared_error", ["mae"])
    data = model.examples(x, x[:, :1] * x[:, 1:])
    return model.training(data, data, epochs=epochs, batch_size=batch_size)


class Watcher(Callback):
    """Every vector that is told of, by its step."""

    def __init__(self, training):
        self.training, self.seen, self.at_once = training, {}, set()

    def on_batch_end(self, run, event):
        self.seen[self.training.state.step] = self.training.state.vector.copy()
        self.at_once.add(self.training.most_batches_at_once)


@pytest.mark.parametrize(("total", "count"), [(10_000, 101), (5, 200), (300, 2), (7, 1)])
def test_chosen_steps_rise_ever_faster_from_the_first_to_the_last(total, count):
    steps = list(chosen_steps(total, count))
    assert steps[0] == 0 and steps == sorted(set(steps)) and len(steps) <= count
    assert steps[-1] == (total if count > 1 else 0)
    gaps = np.diff(steps)
    assert (np.diff(gaps) >= -1).all()  # rounding apart


def test_of_squares():
    assert list(chosen_steps(10_000, 101))[:5] == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("most", [2, 3, 20, 200])
def test_frames_are_copies_of_what_the_training_had_then(most):
    training = training_of()
    start = training.state.vector.copy()
    frames, watcher = Frames(training, most), Watcher(training)
    training.run([frames, watcher])
    found = frames.frames
    assert 2 <= len(found) <= most
    assert found[0].step == 0 and np.array_equal(found[0].vector, start)
    assert found[-1].step == 100
    for step, vector in found[1:]:
        assert np.array_equal(vector, watcher.seen[step])
    if most == 200:
        assert [frame.step for frame in found[: ONE_BY_ONE + 1]] == list(range(ONE_BY_ONE + 1))
    assert training.most_batches_at_once == max(watcher.at_once) > 1


def test_recording_changes_no_number():
    plain, recorded = training_of(), training_of()
    plain.run()
    recorded.run([Frames(recorded, 200)])
    assert np.array_equal(plain.state.vector, recorded.state.vector)
    assert plain.state.history == recorded.state.history


def test_the_last_frame_has_what_was_put_back_in_the_end():
    training = training_of(rate=0.9)
    frames = Frames(training, 50)
    training.run([frames, EarlyStopping(monitor="val_loss", patience=2)])
    state, last = training.state, frames.frames[-1]
    assert state.restored and np.array_equal(last.vector, state.vector)
    assert last.step == state.best_epoch * training.batches < state.step


def test_a_training_that_diverges_leaves_the_frames_that_are_numbers():
    training = training_of(rate=1e12)
    frames = Frames(training, 200)
    with np.errstate(all="ignore"), pytest.raises(Exception, match="the loss is"):
        training.run([frames])
    assert frames.frames and all(np.isfinite(frame.vector).all() for frame in frames.frames)
