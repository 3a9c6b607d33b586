"""Early stopping and the plateau: against Keras's rules worked out by hand."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.errors import ArgumentError
from nnctl.layers import Dense
from nnctl.network.annotations import OneOf
from nnctl.network.schedules import SCHEDULES
from nnctl.optimizers import SGD
from nnctl.training.callbacks import EpochEnd
from nnctl.training.monitors import EarlyStopping, ReduceLROnPlateau

NAN = float("nan")


class FakeRun:
    """A run that only remembers what callbacks did to it."""

    metrics = ("accuracy",)
    has_validation = True

    def __init__(self, rate: float = 1.0):
        self.rate, self.reason, self.kept = rate, None, []
        self.epoch = 0

    def stop(self, reason="stopped"):
        self.reason = reason

    def learning_rate_now(self):
        return self.rate

    def set_learning_rate(self, rate):
        self.rate = rate

    def keep_best(self):
        self.kept.append(self.epoch)


def fed(callback, values, rate=1.0, name="val_loss"):
    """The run after those values, and the learning rate after each epoch."""
    run, rates = FakeRun(rate), []
    callback.on_train_begin(run)
    for run.epoch, value in enumerate(values, start=1):
        callback.on_epoch_end(run, EpochEnd(run.epoch, 99, {name: value}, run.rate, 0.0, 1))
        rates.append(run.rate)
        if run.reason:
            break
    return run, rates


@pytest.mark.parametrize(
    ("patience", "min_delta", "values", "epochs", "kept"),
    [
        (2, 0.0, [3, 2, 2.5, 2.4, 1], 4, [1, 2]),  # two epochs without a better one
        (2, 0.0, [3, 2, 2.5, 1.9, 2, 2], 6, [1, 2, 4]),  # a better one starts the count anew
        (2, 0.5, [3, 2.8, 2.6, 2], 3, [1]),  # better by more than min_delta only
        (0, 0.0, [3, 2, 2], 3, [1, 2]),
        # An epoch that cannot be judged is neither better nor worse.
        (2, 0.0, [NAN, 2, NAN, 3, NAN, NAN, 4], 7, [2]),
    ],
)
def test_early_stopping_stops_after_patience(patience, min_delta, values, epochs, kept):
    run, _ = fed(EarlyStopping(patience=patience, min_delta=min_delta), values)
    assert (run.epoch, run.reason, run.kept) == (epochs, "stopped", kept)


def test_a_metric_that_should_rise_is_watched_upwards():
    run, _ = fed(
        EarlyStopping(monitor="val_accuracy", patience=2), [0.5, 0.6, 0.7], 1, "val_accuracy"
    )
    assert (run.reason, run.kept) == (None, [1, 2, 3])


@pytest.mark.parametrize(
    ("options", "values", "rates"),
    [
        ({"patience": 2}, [1, 1, 1, 1, 1], [1, 1, 0.5, 0.5, 0.25]),
        ({"patience": 1, "min_lr": 0.3}, [1, 1, 1, 1], [1, 0.5, 0.3, 0.3]),
        # The cooldown passes before epochs count again.
        ({"patience": 1, "cooldown": 2}, [1, 1, 1, 1, 1, 1], [1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ({"patience": 1, "min_delta": 0.1}, [1, 0.95, 0.8], [1, 0.5, 0.5]),
        ({"patience": 2}, [NAN, 1, NAN, 1, NAN, NAN, 1], [1, 1, 1, 1, 1, 1, 0.5]),
        ({"patience": 1, "cooldown": 1}, [1, 1, NAN, 1, 1], [1, 0.5, 0.5, 0.25, 0.125]),
    ],
)
def test_the_plateau_lowers_the_rate(options, values, rates):
    assert fed(ReduceLROnPlateau(factor=0.5, **options), values)[1] == pytest.approx(rates)


@pytest.mark.parametrize("made", [EarlyStopping, ReduceLROnPlateau])
def test_a_figure_that_is_never_defined_decides_nothing_and_is_told_once(made):
    callback = made(monitor="val_auc", patience=1)
    FakeRun.metrics = ("accuracy", "auc")
    try:
        run, rates = fed(callback, [NAN] * 9, name="val_auc")
    finally:
        FakeRun.metrics = ("accuracy",)
    assert (run.epoch, run.reason, run.kept, set(rates)) == (9, None, [], {1.0})
    assert callback.best_epoch is None
    message = callback.undefined_problem().message
    assert "val_auc was not defined in 9 epochs" in message
    assert "among the validation rows, auc needs rows of every class" in message
    callback = made(patience=9)
    fed(callback, [1.0, 2.0])
    assert callback.undefined_problem() is None


@pytest.mark.parametrize("made", [EarlyStopping, ReduceLROnPlateau])
def test_a_monitor_that_the_run_does_not_compute_is_refused(made):
    with pytest.raises(ArgumentError, match="this run computes: loss, accuracy, val_loss") as error:
        made(monitor="val_acuracy", patience=1).on_train_begin(FakeRun())
    assert error.value.problems[0].fix == 'did you mean "val_accuracy"?'


@pytest.mark.parametrize("made", [EarlyStopping, ReduceLROnPlateau])
def test_the_state_goes_on_in_another_object(made):
    values = [3, 2, 2.5, 2.2, 2.1, 2.3, 2.6]
    whole, parted = made(patience=3), made(patience=3)
    expected = fed(whole, values)[0].reason
    run, _ = fed(parted, values[:4])
    other = made(patience=3)
    other.load_state(parted.state())
    for run.epoch, value in enumerate(values[4:], start=5):
        if run.reason is None:
            other.on_epoch_end(run, EpochEnd(run.epoch, 99, {"val_loss": value}, run.rate, 0.0, 1))
    assert (run.reason, other.state()) == (expected, whole.state())


def small_model(learning_rate=0.1):
    model = Sequential([Dense(1)], dtype="float64")
    model.compile(SGD(learning_rate), "mean_squared_error")
    return model


def data():
    generator = np.random.default_rng(1)
    x = generator.standard_normal((20, 2))
    return x, x @ [[1.0], [-2.0]] + 0.1 * generator.standard_normal((20, 1))


def test_the_best_parameters_are_restored_even_when_it_did_not_stop():
    class Spy(EarlyStopping):
        def on_epoch_end(self, run, event):
            if event.epoch == 2:
                seen.append(run.state.vector.copy())
            # An epoch that looks worse than the second, however it went.
            logs = {"loss": 0.0 if event.epoch == 2 else float(event.epoch)}
            super().on_epoch_end(
                run, EpochEnd(event.epoch, event.epochs, logs, event.learning_rate, 0.0, 1)
            )

    seen: list[np.ndarray] = []
    model = small_model()
    model.fit(*data(), epochs=5, verbose=0, callbacks=[Spy(monitor="loss", patience=99)])
    assert model.vector.tobytes() == seen[0].tobytes()


def test_a_schedule_and_a_plateau_exclude_each_other():
    schedule = OneOf("schedule", SCHEDULES).make(
        {
            "type": "exponential_decay",
            "initial_learning_rate": 0.1,
            "decay_steps": 5,
            "decay_rate": 0.5,
        }
    )
    plateau = ReduceLROnPlateau(monitor="loss")
    with pytest.raises(ArgumentError, match="a schedule gives the learning rate"):
        small_model(schedule).fit(*data(), epochs=1, verbose=0, callbacks=[plateau])


def test_the_lowered_rate_is_the_one_that_trains():
    class Lower(ReduceLROnPlateau):
        def on_epoch_end(self, run, event):
            run.set_learning_rate(1e-30)

    model = small_model()
    history = model.fit(*data(), epochs=3, verbose=0, callbacks=[Lower(monitor="loss")]).history
    assert history["loss"][1] == pytest.approx(history["loss"][2], rel=1e-12)
    assert model.state().learning_rates == [0.1, 1e-30, 1e-30]


def test_a_callback_used_again_begins_anew_unless_it_was_loaded():
    stopping = EarlyStopping(patience=1)
    assert fed(stopping, [1.0, 2.0])[0].reason == "stopped"
    assert fed(stopping, [3.0, 2.0])[0].reason is None
    resumed = EarlyStopping(patience=1)
    resumed.load_state({"best": 1.0, "best_epoch": 1, "wait": 1, "undefined": 0})
    run = FakeRun()
    resumed.on_train_begin(run)
    assert run.reason == "stopped"  # it was about to end when it was broken off
    assert (resumed.best, resumed.wait) == (1.0, 1)
