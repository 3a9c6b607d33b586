"""Searched keys: tried one by one before anything runs, and set as `--set` would set them."""

import pytest

from nnctl.config.schema import judge
from nnctl.config.searching import is_whole, with_values
from nnctl.errors import NnctlError

HEAD = "epochs: 5\ntune:\n  monitor: loss\n  search:\n"


def searching(*lines, rest=""):
    return {"old": "epochs: 5\n", "new": HEAD + "".join(f"    {line}\n" for line in lines) + rest}


def places(found):
    return [(p.path.removeprefix("tune.search."), p.line, p.message) for p in found]


def test_all_values_are_tried_and_all_that_is_wrong_is_told_at_once(problems):
    found = problems(
        **searching(
            "layers.0.units: [0, 16, 3.5]",
            "optimizer.beta_1: {low: 0.5, high: 1.5}",
            "layers.0.activation: [relu, rlu]",
            "layers.0.unit: [3, 4]",
            "layers.7.units: [3, 4]",
            "learning_rate: [0.1, 0.2]",
            "loss: {low: 1, high: 2}",
        )
    )
    told = places(found)
    assert told[0] == ("layers.0.units.0", 13, "units is 0; it must be a whole number at least 1")
    assert told[1][:2] == ("layers.0.units.2", 13)
    assert told[2] == ("optimizer.beta_1.high", 14, "beta_1 is 1.5; it must be a number in [0, 1)")
    assert told[3][:2] == ("layers.0.activation.1", 15) and 'activation "rlu"' in told[3][2]
    assert told[4][:2] == ("layers.0.unit", 16) and 'unknown key "unit"' in told[4][2]
    assert found[4].fix == 'did you mean "units"?'
    assert told[5] == ("layers.7.units", 17, "layers has no item 7; its items are 0 to 1")
    assert told[6][:2] == ("learning_rate", 18) and "unknown key" in told[6][2]
    assert [each[:2] for each in told[7:]] == [("loss.low", 19), ("loss.high", 19)]


def test_what_is_wrong_anyway_is_told_once(problems):
    found = problems("optimizer=adm", **searching("epochs: [1, 0]", "batch_size: [4, 8]"))
    assert [p.path for p in found] == ["tune.search.epochs.1", "optimizer"]


def test_a_key_goes_with_each_value_of_the_key_around_it(right, problems):
    lines = ["optimizer.momentum: [0.9, 0.5]", "optimizer: [sgd, {type: rmsprop, centered: true}]"]
    assert right(**searching(*lines)).tune is not None
    (problem,) = problems(**searching(lines[0], "optimizer: [adam, sgd]"))
    assert problem.path == "tune.search.optimizer.momentum"
    assert problem.message.startswith('unknown key "momentum"; an adam optimizer takes')
    assert problem.message.endswith(', with optimizer: "adam"')


@pytest.mark.parametrize("key", ["tune.trials", "name"])
def test_keys_that_decide_nothing_are_refused(key, problems):
    (problem,) = problems(**searching(f"{key}: [a]"))
    assert "decides nothing of a training" in problem.message


def test_a_value_that_is_listed_twice_is_an_error(problems):
    (problem,) = problems(**searching("batch_size: [8, full, 8]"))
    assert places([problem]) == [("batch_size.2", 13, "8 is listed twice")]


def test_steps_fit_the_key_and_the_sampler(problems, right):
    (problem,) = problems(**searching("epochs: {low: 1, high: 9, step: 1.5}"))
    assert "step is 1.5, but epochs takes whole numbers" in problem.message
    brute = "  sampler: brute_force\n"
    (problem,) = problems(**searching("optimizer.epsilon: {low: 1, high: 2}", rest=brute))
    assert "this range has no end of them" in problem.message
    assert right(**searching("epochs: {low: 1, high: 9}", rest=brute)).tune is not None


@pytest.mark.parametrize(
    ("key", "limits", "whole"),
    [
        ("epochs", "{low: 1, high: 9}", True),
        ("batch_size", "{low: 1, high: 9, log: true}", True),
        ("layers.0.units", "{low: 2, high: 2}", True),
        ("optimizer.learning_rate", "{low: 1, high: 9}", False),
        ("optimizer.learning_rate", "{low: 0.1, high: 9}", False),
    ],
)
def test_a_range_is_of_whole_numbers_where_the_key_is(key, limits, whole, right):
    config = right(**searching(f"{key}: {limits}"))
    entry = config.tune.search[key]
    assert is_whole(config.source, key, entry, lambda source: judge(source)[1]) is whole


def test_values_are_set_as_options_would_the_outer_ones_first(right):
    config = right(**searching("epochs: [3]"))
    values = {"optimizer.momentum": 0.9, "optimizer": "sgd", "layers.1.units": 2}
    changed = with_values(config.source, values, "a trial")
    assert changed.values["optimizer"] == {"type": "sgd", "momentum": 0.9}
    assert changed.values["layers"][1]["units"] == 2
    assert "tune" not in changed.values
    assert config.source.values["optimizer"] == "adam"
    assert changed.problem("layers.1.units", "").source == "a trial"
    with pytest.raises(NnctlError, match="no item 9"):
        with_values(config.source, {"layers.9.units": 2}, "a trial")


def test_a_searched_key_can_be_given_as_an_option(right, problems):
    config = right("tune.search.layers.0.units=[4, 5]", **searching("epochs: [3]"))
    assert config.tune.search["layers.0.units"] == (4, 5)
    (problem,) = problems("tune.search.layers.0.units=[4, 0]", **searching("epochs: [3]"))
    assert str(problem).startswith("--set tune.search.layers.0.units=[4, 0]")


def test_a_key_in_one_whose_entry_is_wrong_is_checked_all_the_same(problems):
    found = problems(**searching("layers.0.units: {low: 0, high: 2}", "layers.0: {}", "layers: 3"))
    assert [p.path.removeprefix("tune.search.") for p in found] == [
        "layers.0.units.low",
        "layers.0.low",
        "layers.0.high",
        "layers",
    ]
