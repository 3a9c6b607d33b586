"""Each rule speaks up on the mistake that it is about, and on nothing else."""

import re
from pathlib import Path

import numpy as np
import pytest

from nnctl.advice import advice_for, advice_on
from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.rules import RULES, training, verdict
from tests.advice.cases import FAULTY, HIDDEN, SOUND, SPARSE, config, dense, numbers

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
IDS = [f"{code} {place}" for place, (code, _) in enumerate(FAULTY)]


def settings(change: str) -> list[str]:
    """A change as `--set` takes it."""
    return [line.replace(": ", "=", 1) for line in change.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(("code", "text"), FAULTY, ids=IDS)
def test_a_mistake_gets_its_advice_and_is_mended_by_the_change(code, text, advise):
    advice = advise(text)
    assert {each.code for each in advice} == {code}
    for each in advice:
        assert each.message.count("\n") == 0
        assert each.line is not None
    overrides = [line for each in advice for line in settings(each.change)]
    assert advise(text, overrides) == ()


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_there_is_no_advice_on_a_sound_config(text, advise):
    assert advise(text) == ()


def test_every_rule_has_a_mistake_that_it_is_tried_on():
    shown_by_training = {rule.code for rule in (*training.TRAINING_RULES, *verdict.VERDICT_RULES)}
    assert {code for code, _ in FAULTY} == set(RULES) - shown_by_training


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_get_the_advice_that_their_header_names(path):
    assert {each.code for each in advice_for(build(load(path)))} == named(path)


def test_some_headers_name_advice_and_some_do_not():
    found = [named(path) for path in CONFIGS]
    assert any(found) and not all(found)


def named(path: Path) -> set[str]:
    """The advice that the header of a config names."""
    header = "".join(line for line in path.read_text().splitlines(True) if line.startswith("#"))
    lines = re.findall(r"^# Advice: (.+)$", header, re.MULTILINE)
    return {code for line in lines for code in line.split(", ")}


def test_advice_says_where_and_what(advise):
    (advice,) = advise(numbers(dense(4), dense(4), dense(1)))
    assert (advice.code, advice.path, advice.line) == ("linear-hidden", "layers.0.activation", 3)
    assert advice.file == "config.yaml"
    assert advice.message.startswith("layers.0 and layers.1 are linear; a linear function of")
    assert advice.change == "layers.0.activation: relu\nlayers.1.activation: relu"
    assert str(advice).splitlines()[0] == "config.yaml:3  layers.0.activation  [linear-hidden]"


@pytest.mark.parametrize(("count", "rest"), [(4, ""), (5, ""), (12, " and 6 more")])
@pytest.mark.parametrize(
    ("layer", "told", "change"),
    [
        ("{type: dense, units: 4, activation: sigmoid}", "have sigmoid", "activation: relu"),
        ("{type: dense, units: 4}", "are linear", "activation: relu"),
        (
            "{type: dense, units: 4, activation: relu, kernel_initializer: zeros}",
            "start with the same weights",
            "kernel_initializer: glorot_uniform",
        ),
    ],
)
def test_what_many_layers_do_is_told_once(layer, told, change, count, rest, advise):
    (advice,) = advise(numbers(*[layer] * count, dense(1)))
    lines = str(advice).splitlines()
    assert told in lines[1] and f"layers.{count - 1}" in lines[1] and len(lines) == 4
    key, _, value = change.partition(":")
    shown = [f"layers.{k}.{key}" for k in range(min(count, 6))]
    assert lines[3] == f"    {', '.join(shown)}{rest}:{value}"
    assert advice.change.splitlines() == [f"layers.{k}.{change}" for k in range(count)]


def test_advice_on_a_value_from_the_command_line_names_the_option(advise):
    (advice,) = advise(numbers(HIDDEN, dense(1)), ["optimizer.learning_rate=7"])
    assert str(advice).startswith("--set optimizer.learning_rate=7  optimizer.learning_rate")


def test_what_is_ignored_is_not_said(advise):
    text = numbers(dense(4), dense(1), optimizer="{type: adam, learning_rate: 3}")
    assert {each.code for each in advise(text)} == {"linear-hidden", "learning-rate"}
    rest = advise(text + "ignore_advice: [learning-rate]\n")
    assert [each.code for each in rest] == ["linear-hidden"]


def test_baselines_are_told(advise):
    (advice,) = advise(
        config(
            "rare",
            "answer",
            HIDDEN,
            dense(1),
            loss="{type: binary_crossentropy, from_logits: true}",
        )
    )
    assert 'always answering "no" has accuracy 0.9' in advice.message
    (advice,) = advise(config("rare_kind", "kind", HIDDEN, dense(3), loss=SPARSE))
    assert 'class "blue"' in advice.message


def test_rows_that_repeat_by_chance_are_no_advice(folder, advise):
    row = "0,1,2.5\n"
    (folder / "coarse.csv").write_text("a,b,price\n" + row * 30 + "1,1,1\n")
    (folder / "again.csv").write_text("a,b,price\n" + row * 3 + "2,2,2\n")
    text = config("coarse", "price", HIDDEN, dense(1), data=", validation: again.csv")
    assert advise(text) == ()


def test_rows_with_another_target_are_not_shared(folder, advise):
    lines = (folder / "numbers.csv").read_text().splitlines()
    changed = [lines[0], *(f"{line}9" for line in lines[1:])]
    (folder / "changed.csv").write_text("\n".join(changed) + "\n")
    assert advise(numbers(HIDDEN, dense(1), data=", validation: changed.csv")) == ()
    (folder / "changed.csv").write_text("\n".join([*changed, lines[5]]) + "\n")
    (advice,) = advise(numbers(HIDDEN, dense(1), data=", validation: changed.csv"))
    assert "1 of the 61 validation rows is in train" in advice.message


def test_pixels_are_rescaled(folder, advise):
    header = ",".join([*(f"p{k}" for k in range(64)), "price"])
    pixels = np.random.default_rng(0).integers(0, 256, (40, 65)).tolist()
    rows = "".join(",".join(map(str, row)) + "\n" for row in pixels)
    (folder / "pixels.csv").write_text(f"{header}\n{rows}")
    (advice,) = advise(config("pixels", "price", HIDDEN, dense(1)))
    assert (advice.code, advice.change) == (
        "unscaled-inputs",
        "data.scale: {type: rescale, by: 255}",
    )


def test_a_config_whose_data_are_missing_is_advised_all_the_same(folder):
    (folder / "config.yaml").write_text(config("nowhere", "price", dense(4), dense(1)))
    assert [each.code for each in advice_on(load("config.yaml"))] == ["linear-hidden"]
