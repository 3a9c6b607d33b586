"""The verdict, on tables of which the truth is known: what can be learnt of them, and what not."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnctl.config import load
from nnctl.errors import ExitStatus
from nnctl.jobs.job import TrainResult
from nnctl.jobs.train import train
from nnctl.rules import RULES
from nnctl.rules.verdict import VERDICT_RULES
from tests.advice.cases import BINARY, SPARSE, config, dense
from tests.advice.conftest import write
from tests.advice.demonstrations import Table, disc, inputs, noisy, prices, rings

RATE = "{type: adam, learning_rate: 0.01}"
SLOW = "{type: adam, learning_rate: 1e-5}"
WIDE = (dense(64, "relu"), dense(64, "relu"))
SMALL = dense(16, "relu")
CODES = {rule.code for rule in VERDICT_RULES}
SEEDS = (0, 1, 2)


def coins(generator: np.random.Generator, rows: int) -> Table:
    """An answer that no column says anything about."""
    return {**inputs(generator, rows), "answer": generator.choice(["no", "yes"], rows)}


def rare_coins(generator: np.random.Generator, rows: int) -> Table:
    """The same, with one answer that is rare."""
    return {
        **inputs(generator, rows),
        "answer": generator.choice(["no", "yes"], rows, p=[0.9, 0.1]),
    }


def three_coins(generator: np.random.Generator, rows: int) -> Table:
    """Three kinds that no column says anything about."""
    kinds = generator.choice(["blue", "green", "red"], rows, p=[0.5, 0.4, 0.1])
    return {**inputs(generator, rows), "kind": kinds}


def rare_disc(generator: np.random.Generator, rows: int) -> Table:
    """A small disc, in which few points lie."""
    table = inputs(generator, rows)
    inside = np.hypot(table["a"], table["b"]) < 0.5
    return {**table, "answer": np.where(inside, "yes", "no")}


def weighted_disc(generator: np.random.Generator, rows: int) -> Table:
    """A disc whose points have weights of many sizes."""
    return {**disc(generator, rows), "w": generator.lognormal(sigma=0.4, size=rows).round(3)}


def nothing(generator: np.random.Generator, rows: int) -> Table:
    """Numbers that no column says anything about."""
    return {**inputs(generator, rows), "price": generator.normal(size=rows).round(4)}


def answer(*layers: str, optimizer: str = RATE, data: str = "", more: str = "") -> str:
    given = f", validation: 0.3{data}"
    return config("t", "answer", *layers, loss=BINARY, optimizer=optimizer, data=given, more=more)


def price(*layers: str, optimizer: str = RATE, data: str = "", more: str = "") -> str:
    given = f", validation: 0.3{data}"
    return config("t", "price", *layers, optimizer=optimizer, data=given, more=more)


def kinds(*layers: str, more: str = "") -> str:
    return config("t", "kind", *layers, loss=SPARSE, optimizer=RATE, more=more)


STOPPING = "early_stopping: {monitor: val_loss, patience: 10}\n"
# The table, the config, its epochs, the codes that there must be.
KNOWN: dict[str, tuple[Callable[[np.random.Generator, int], Table], str, int, set[str]]] = {
    "learnt": (disc, answer(SMALL, dense(1)), 150, set()),
    "learnt numbers": (prices, price(SMALL, dense(1)), 40, set()),
    "learnt, without other rows": (rings, kinds(SMALL, dense(3)), 150, set()),
    "learnt under a penalty": (
        prices,
        price(
            "{type: dense, units: 16, activation: relu, kernel_regularizer: {type: l2, l2: 0.1}}",
            dense(1),
        ),
        60,
        set(),
    ),
    "learnt with dropout": (
        prices, price(SMALL, "{type: dropout, rate: 0.1}", dense(1)), 80, set(),
    ),
    "too few epochs": (disc, answer(SMALL, dense(1)), 5, {"still-learning"}),
    "too few epochs for numbers": (prices, price(SMALL, dense(1)), 5, {"still-learning"}),
    "noise learnt by heart": (
        noisy, price(*WIDE, dense(1)), 300, {"overfitting", "below-baseline"},
    ),
    "coins learnt by heart": (
        coins, answer(*WIDE, dense(1)), 200, {"overfitting", "below-baseline"},
    ),
    "stopped in time": (noisy, price(*WIDE, dense(1), more=STOPPING), 300, {"stopped-early"}),
    "coins": (coins, answer(dense(1)), 30, {"below-baseline"}),
    "rare coins": (rare_coins, answer(dense(1)), 150, {"below-baseline"}),
    "nothing": (nothing, price(dense(1)), 30, {"below-baseline"}),
    "steps too small": (prices, price(SMALL, dense(1), optimizer=SLOW), 10, {"below-baseline"}),
    "weighted coins": (
        rare_coins, answer(dense(1), more="class_weight: balanced\n"), 30, {"below-baseline"},
    ),
    "weighted coins of three kinds": (
        three_coins, kinds(dense(3), more="class_weight: {red: 5}\n"), 30, {"below-baseline"},
    ),
    "learnt of a rare class": (
        rare_disc, answer(SMALL, dense(1), more="class_weight: balanced\n"), 150, set(),
    ),
    "learnt of weighted rows": (
        weighted_disc, answer(SMALL, dense(1), data=", sample_weight: w"), 150, set(),
    ),
    "learnt of weighted kinds": (
        rings, kinds(SMALL, dense(3), more="class_weight: {inner: 4}\n"), 250, set(),
    ),
    "climbing": (
        prices,
        price(dense(1), optimizer="{type: sgd, learning_rate: 1.2}", more="batch_size: full\n"),
        40,
        {"diverged"},
    ),
    "climbing beyond all numbers": (
        prices, price(SMALL, dense(1), optimizer="{type: sgd, learning_rate: 1e4}"), 40,
        {"diverged"},
    ),
}  # fmt: skip


def run(
    folder: Path,
    draw: Callable[[np.random.Generator, int], Table],
    text: str,
    epochs: int,
    seed: int,
) -> TrainResult:
    """A run of the config on 300 rows that are drawn by the seed."""
    write(draw(np.random.default_rng(seed), 300), folder / "t.csv", 300)
    (folder / "c.yaml").write_text(text)
    return train(folder / "c.yaml", output=folder / "run", epochs=epochs, seed=seed)


def codes(result: TrainResult) -> set[str]:
    assert result.verdict is not None
    return {each.code for each in result.verdict.advice}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", KNOWN)
def test_the_verdict_is_the_truth(name, seed, tmp_path):
    *given, wanted = KNOWN[name]
    result = run(tmp_path, *given, seed)
    assert codes(result) == wanted
    assert result.status is (ExitStatus.NO if "diverged" in wanted else ExitStatus.DONE)
    written = json.loads((tmp_path / "run/results.json").read_text())["verdict"]
    assert set(written["codes"]) == wanted and written["text"] == result.verdict.text != ""


def test_all_codes_are_tried_and_are_advice():
    assert set.union(*(wanted for *_, wanted in KNOWN.values())) == CODES <= set(RULES)


@pytest.mark.parametrize(
    "name", ["climbing", "climbing beyond all numbers", "coins", "stopped in time"]
)
def test_what_is_ignored_is_not_said_and_the_status_stays(name, tmp_path):
    draw, text, epochs, wanted = KNOWN[name]
    ignoring = f"{text}ignore_advice: [{', '.join(sorted(wanted))}]\n"
    result = run(tmp_path, draw, ignoring, epochs, 0)
    assert codes(result) == set() and result.verdict.text
    assert result.status is (ExitStatus.NO if "diverged" in wanted else ExitStatus.DONE)


def test_an_early_stop_tells_what_it_waited_for_and_which_weights_are_kept(tmp_path):
    draw, text, epochs, _ = KNOWN["stopped in time"]
    result = run(tmp_path, draw, text, epochs, 0)
    best, last = result.results["best_epoch"], result.results["epochs"]
    assert last == best + 10 < epochs
    assert result.verdict.text == (
        f"val_loss was no better for 10 epochs; the weights are those of epoch {best}"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "more", "changed"),
    [
        ("", "", ["data.validation", "early_stopping"]),
        (", validation: 0.2", "", ["early_stopping"]),
        (
            ", validation: 0.2",
            "early_stopping: {monitor: val_loss, patience: 999, restore_best: false}\n",
            ["early_stopping"],
        ),
        (
            ", validation: 0.2",
            "early_stopping: {monitor: loss, patience: 999}\n",
            [
                "layers.0.kernel_regularizer",
                "layers.1.kernel_regularizer",
                "layers.2.kernel_regularizer",
            ],
        ),
    ],
)
def test_learning_by_heart_is_answered_by_what_is_not_done_yet(data, more, changed, tmp_path):
    write(noisy(np.random.default_rng(9), 300), tmp_path / "other.csv", 300)
    given = f", test: other.csv{data}"
    text = config("t", "price", *WIDE, dense(1), optimizer=RATE, data=given, more=more)
    result = run(tmp_path, noisy, text, 300, 0)
    assert "overfitting" in codes(result)
    assert [line.partition(":")[0] for line in result.verdict.change.splitlines()] == changed
    assert "on the test rows" in result.verdict.text


def test_an_easy_first_batch_is_no_measure(tmp_path):
    rows = [f"{k % 7},{2 * (k % 7) + (k > 9) * (0.1 if k % 2 else -0.1)}" for k in range(60)]
    (tmp_path / "t.csv").write_text("a,price\n" + "\n".join(rows) + "\n")
    exact = "{type: dense, units: 1, weights: {kernel: [[2]], bias: [0]}}"
    still = "{type: sgd, learning_rate: 1e-30}"
    text = config("t", "price", exact, optimizer=still, more="shuffle: false\nbatch_size: 10\n")
    (tmp_path / "c.yaml").write_text(text)
    result = train(tmp_path / "c.yaml", output=tmp_path / "run")
    assert result.results["train"]["loss"] > 0.005
    assert (result.status, codes(result)) == (ExitStatus.DONE, set())


SCHEDULES = {
    "exponential_decay, initial_learning_rate: {}, decay_steps: 9, decay_rate: 0.9": [
        "initial_learning_rate"
    ],
    "cosine_decay, initial_learning_rate: 0, decay_steps: 9, warmup_target: {}, warmup_steps: 3": [
        "warmup_target"
    ],
    "piecewise_constant, boundaries: [9], values: [{}, {}]": ["values"],
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(
    ("rate", "code", "wanted"),
    [
        (4, "diverged", 0.4),
        (1e5, "diverged", 0.01),
        (1e-6, "below", 1e-5),
        (1e-7, "below", 0.01),
    ],
)
def test_a_schedule_is_changed_in_its_rates(schedule, rate, code, wanted, tmp_path):
    """By ten, or where they are beyond all that works to the one rate that advice names as well."""
    given = schedule.replace("{}", str(rate))
    optimizer = f"{{type: sgd, learning_rate: {{type: {given}}}}}"
    result = run(tmp_path, prices, price(SMALL, dense(1), optimizer=optimizer), 3, 0)
    (advice,) = [each for each in result.verdict.advice if each.code.startswith(code)]
    changes = dict(line.split(": ", 1) for line in advice.change.splitlines())
    for key in SCHEDULES[schedule]:
        value = json.loads(changes[f"optimizer.learning_rate.{key}"])
        assert np.allclose(value, wanted)
    before = [each for each in result.results["advice"] if each["code"] == "learning-rate"]
    assert [each["change"] for each in before] == [advice.change] * (wanted == 0.01)
    settings = [line.replace(": ", "=", 1) for line in advice.change.splitlines()]
    load(tmp_path / "c.yaml", overrides=settings)


ODD = {
    "targets near the largest": (1e38, "none", "float32", "mean_absolute_error"),
    "scaled targets near the largest": (1e38, "standardize", "float32", "mean_absolute_error"),
    "targets whose squares are beyond it": (1e300, "none", "float64", "mean_squared_error"),
    "targets whose sum is beyond it": (1e307, "none", "float64", "huber"),
    "targets near the smallest": (1e-300, "none", "float64", "mean_squared_error"),
    "scaled targets near the smallest": (1e-300, "standardize", "float64", "mean_squared_error"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["", "1e38", "-1e-38"])
@pytest.mark.parametrize("rows", [1, 300])
@pytest.mark.parametrize("case", ODD)
def test_no_number_that_is_legal_meets_a_warning(case, rows, kernel, tmp_path):
    size, scale, dtype, loss = ODD[case]
    table = prices(np.random.default_rng(0), 300)
    table["price"] = table["price"] / np.abs(table["price"]).max() * 3 * size
    write(table, tmp_path / "t.csv", 300)
    write(table, tmp_path / "v.csv", rows)
    weights = f", weights: {{kernel: [[{kernel}], [{kernel}]]}}" if kernel else ""
    data = f", validation: v.csv, test: v.csv, target_scale: {scale}"
    text = config("t", "price", dense(1, more=weights), loss=loss, data=data)
    more = f"dtype: {dtype}\nmetrics: [mae, mse, rmse, r2]\nignore_advice: [shared-rows]\n"
    (tmp_path / "c.yaml").write_text(text + more)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = train(tmp_path / "c.yaml", output=tmp_path / "run")
    assert result.verdict is not None and result.verdict.text


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["1e38", "-1e38", "1e-38", "0"])
@pytest.mark.parametrize("weight", ["1e-30", "1e30"])
@pytest.mark.parametrize("rows", [1, 300])
def test_no_class_weight_that_is_legal_meets_a_warning(rows, weight, kernel, tmp_path):
    table = disc(np.random.default_rng(0), 300)
    write(table, tmp_path / "t.csv", 300)
    write(table, tmp_path / "v.csv", rows)
    layer = dense(1, more=f", weights: {{kernel: [[{kernel}], [{kernel}]]}}")
    more = f"class_weight: {{yes: {weight}}}\nmetrics: [accuracy, f1, auc]\n"
    data = ", validation: v.csv, test: v.csv"
    (tmp_path / "c.yaml").write_text(
        config("t", "answer", layer, loss=BINARY, data=data, more=more)
    )
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = train(tmp_path / "c.yaml", output=tmp_path / "run")
    assert result.verdict is not None and result.verdict.text
