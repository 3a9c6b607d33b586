"""What training shows, in runs that go wrong and in their repaired versions."""

import json
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from nnctl.advice.watching import Watch, loss_of_guessing
from nnctl.assembly.build import Built, build
from nnctl.config import load
from nnctl.rules import training as rules
from nnctl.training.callbacks import Callback
from tests.advice.cases import BINARY, HIDDEN, SPARSE, config, dense, numbers

Watched = Callable[..., Watch]
LARGE_WEIGHTS = ", kernel_initializer: {type: random_normal, stddev: 20}"
BELOW_ZERO = ", bias_initializer: {type: constant, value: -9}"
PENALTY = ", kernel_regularizer: {type: l2, l2: 1}"
QUICK = "{type: adam, learning_rate: 0.05}"
SLOW, FAST = "{type: sgd, learning_rate: 1e-5}", "{type: sgd, learning_rate: 0.3}"


@pytest.fixture
def built(folder) -> Callable[..., Built]:
    """A config's text, built, with `--set` values on top."""

    def made(text: str, overrides: Sequence[str] = ()) -> Built:
        (folder / "config.yaml").write_text(text)
        return build(load("config.yaml", overrides=overrides))

    return made


@pytest.fixture
def watched(built) -> Watched:
    """The watch of a whole run of a config's text."""

    def ran(text: str, overrides: Sequence[str] = (), epochs: int = 8) -> Watch:
        made = built(text, overrides)
        watch = Watch(made)
        made.model.training(
            made.train, made.validation, epochs=epochs, batch_size=made.config.batch_size
        ).run([watch])
        return watch

    return ran


def kinds(*layers: str, table: str = "apart", optimizer: str = QUICK, more: str = "") -> str:
    return config(table, "kind", *layers, loss=SPARSE, optimizer=optimizer, more=more)


FAULTY = {
    "large weights": (rules.CONFIDENT_START, kinds(dense(8, "relu", LARGE_WEIGHTS), dense(3))),
    "large inputs": (rules.CONFIDENT_START, kinds(HIDDEN, dense(3), table="wide")),
    "dead units": (rules.DEAD_RELU, numbers(dense(8, "relu", BELOW_ZERO), dense(1))),
    "dead activation layer": (
        rules.DEAD_RELU,
        numbers(dense(8, "linear", BELOW_ZERO), "{type: activation, activation: relu}", dense(1)),
    ),
    "hardly moving": (rules.STUCK_AT_CHANCE, kinds(dense(3), table="kinds", optimizer=SLOW)),
    "hardly moving under a penalty": (
        rules.STUCK_AT_CHANCE,
        kinds(dense(3, more=PENALTY), table="kinds", optimizer=SLOW),
    ),
    "two classes": (
        rules.STUCK_AT_CHANCE,
        config("answers", "answer", dense(1), loss=BINARY, optimizer=SLOW),
    ),
}
SOUND = {
    "classes": kinds(HIDDEN, dense(3)),
    "learning": kinds(dense(3), optimizer=FAST),
    "numbers": numbers(dense(8, "relu"), dense(1)),
    "a penalty": kinds(dense(3, more=", kernel_regularizer: {type: l2, l2: 0.1}")),
    "a third of the units dead": numbers(
        "{type: dense, units: 3, activation: relu, weights: {kernel: [[1, -1, 0], [1, -1, 0]], "
        "bias: [0, 0, -9]}}",
        dense(1),
    ),
}


def changes(watch: Watch) -> list[str]:
    """What the advice says, as `--set` takes it."""
    lines = [line for each in watch.advice for line in each.change.splitlines()]
    return [line.replace(": ", "=", 1) for line in lines]


@pytest.mark.parametrize(("rule", "text"), FAULTY.values(), ids=FAULTY)
def test_a_run_that_goes_wrong_gets_its_advice(rule, text, watched):
    watch = watched(text)
    assert [each.code for each in watch.advice] == [rule.code]
    assert all(each.line is not None for each in watch.advice)


@pytest.mark.parametrize("name", ["large weights", "large inputs", "dead units"])
def test_the_change_mends_the_run(name, watched):
    _, text = FAULTY[name]
    assert watched(text, changes(watched(text))).advice == ()


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_a_sound_run_gets_none(text, watched):
    assert watched(text).advice == ()


def test_a_still_loss_wants_longer_steps_and_a_fallen_one_shorter(watched):
    text = kinds(dense(3), table="kinds", optimizer=SLOW)
    assert changes(watched(text)) == ["optimizer.learning_rate=0.0001"]
    # Units that have died did not come to that by steps too short.
    dead = kinds(dense(8, "relu", BELOW_ZERO), dense(3), optimizer=SLOW)
    assert "optimizer.learning_rate=1.0e-06" in changes(watched(dead))
    # Inputs of zeros say nothing: the bias comes down to the classes' shares, and there it stays.
    weights = "{kernel: [[0, 0, 0], [0, 0, 0]], bias: [3, 0, 0]}"
    fallen = f"{{type: dense, units: 3, weights: {weights}}}"
    zeroed = kinds(fallen, table="zeros", optimizer=FAST)
    assert changes(watched(zeroed, epochs=200)) == ["optimizer.learning_rate=0.03"]


def test_watching_changes_nothing(built):
    text = kinds(HIDDEN, dense(3))
    vectors = []
    for callbacks in (False, True):
        made = built(text)
        training = made.model.training(made.train, epochs=3, batch_size=8)
        training.run([Watch(made)] if callbacks else [])
        vectors.append(made.model.vector.copy())
    np.testing.assert_array_equal(*vectors)


def test_its_state_goes_through_json(watched, built):
    watch = watched(kinds(dense(3), table="kinds", optimizer=SLOW))
    again = Watch(watch.built)
    again.load_state(json.loads(json.dumps(watch.state())))
    assert (again.first, again.last, again.epoch) == (watch.first, watch.last, 8)
    fresh = Watch(built(kinds(dense(3))))
    again.load_state(json.loads(json.dumps(fresh.state())))
    assert math.isnan(again.first) and again.epoch == 0


def test_what_is_ignored_is_not_said(watched):
    text = kinds(dense(3), table="kinds", optimizer=SLOW, more="ignore_advice: [stuck-at-chance]\n")
    assert watched(text).advice == ()


def test_the_loss_of_guessing_is_the_entropy(built):
    assert guessing(built(kinds(dense(3)))) == pytest.approx(math.log(3))
    rare = built(config("rare", "answer", dense(1), loss=BINARY))
    expected = -0.1 * math.log(0.1) - 0.9 * math.log(0.9)
    assert guessing(rare) == pytest.approx(expected)


def test_the_loss_of_guessing_numbers_is_that_of_their_mean(built):
    y = built(numbers(dense(1))).train.y
    assert guessing(built(numbers(dense(1)))) == pytest.approx(float(y.var()), rel=1e-5)
    absolute = built(numbers(dense(1), loss="mean_absolute_error"))
    expected = float(np.abs(y - y.mean()).mean())
    assert guessing(absolute) == pytest.approx(expected, rel=1e-5)


def guessing(made: Built) -> float | None:
    return loss_of_guessing(made, made.train.y)


def test_nothing_is_said_of_a_run_that_was_broken_off(built):
    class Stop(Callback):
        def on_epoch_end(self, run, event):
            run.stop("interrupted")

    made = built(FAULTY["large weights"][1])
    watch = Watch(made)
    made.model.training(made.train, epochs=8, batch_size=8).run([watch, Stop()])
    assert watch.advice == ()
