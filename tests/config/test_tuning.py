"""The `tune` section: what it may say, and that nothing else changes for it."""

import pytest

from nnctl.config import dump_yaml, load, resolved
from nnctl.config.tuning import PRUNERS, SAMPLERS

LAYERS = "  - {type: dense, units: 1}\n"


def section(search, rest=""):
    return f"epochs: 5\ntune:\n  monitor: loss\n  search:\n    {search}\n{rest}"


def test_defaults(right):
    config = right(old="epochs: 5\n", new=section("epochs: [3, 4]"))
    tune = config.tune
    assert (tune.trials, tune.sampler.type, tune.pruner.type) == (100, "tpe", "median")
    assert tune.direction is None
    assert tune.search["epochs"] == (3, 4)
    assert right().tune is None


def test_numbers_of_a_range_stay_as_they_are_written(right):
    config = right(old="epochs: 5\n", new=section("epochs: {low: 3, high: 1e1}"))
    limits = config.tune.search["epochs"]
    assert [repr(limits.low), repr(limits.high), limits.step, limits.log] == [
        "3",
        "10",
        None,
        False,
    ]


def test_the_section_is_no_part_of_a_run_s_config(right, write):
    searched = right(old="epochs: 5\n", new=section("epochs: [3, 4]"))
    assert "tune" not in resolved(searched)
    assert resolved(searched) == resolved(right())
    text = dump_yaml(resolved(searched, tune=True))
    again = load(write(text, "again.yaml"))
    assert again.tune == searched.tune


@pytest.mark.parametrize(
    ("search", "place", "message"),
    [
        ("epochs: 5", "epochs", "it must be a list of values, not empty, or a range"),
        ("epochs: []", "epochs", "it must be a list of values, not empty, or a range"),
        ("epochs: {low: 5}", "epochs.high", "high is missing; a range needs it"),
        ("epochs: {low: 5, high: 6, lgo: true}", "epochs.lgo", 'unknown key "lgo"; a range takes'),
        ("epochs: {low: 9, high: 6}", "epochs.low", "low is 9 and high 6; high must not be less"),
        ("epochs: {low: 0.0, high: 6, log: true}", "epochs.low", "it must be greater than 0"),
        ("epochs: {low: 1, high: 6, log: true, step: 2}", "epochs.step", "exclude each other"),
        ("epochs: {low: 1, high: 6, step: 0}", "epochs.step", "step is 0; it must be a number"),
        ("epochs: {low: 1, high: 9e9, step: 1e-9}", "epochs.step", "the range has more than 1e+06"),
        ('epochs: {low: "1", high: 6}', "epochs.low", 'low is "1"; it must be a number'),
    ],
)
def test_what_is_no_list_or_range_is_an_error(search, place, message, problems):
    (problem,) = problems(old="epochs: 5\n", new=section(search))
    assert (problem.path, problem.line) == (f"tune.search.{place}", 13)
    assert message in problem.message


@pytest.mark.parametrize(
    ("rest", "path", "message"),
    [
        ("  trials: 0\n", "tune.trials", "trials is 0; it must be a whole number at least 1"),
        ("  trial: 3\n", "tune.trial", 'unknown key "trial"; tune takes'),
        ("  sampler: tp\n", "tune.sampler", "unknown sampler"),
        ("  pruner: {type: median, warmup: 3}\n", "tune.pruner.warmup", "a median pruner takes"),
        ("  pruner: threshold\n", "tune.pruner.upper", "a threshold needs lower, or upper"),
        ("  direction: up\n", "tune.direction", 'it must be "minimize" or "maximize"'),
    ],
)
def test_other_keys_are_checked_like_any(rest, path, message, problems):
    (problem,) = problems(old="epochs: 5\n", new=section("epochs: [3]", rest))
    assert problem.path == path
    assert message in problem.message


def test_a_figure_that_is_not_computed_is_named(problems):
    text = section("epochs: [3]").replace("monitor: loss", "monitor: val_mae")
    (problem,) = problems(old="epochs: 5\n", new=text)
    assert (problem.path, problem.line) == ("tune.monitor", 11)
    assert 'monitor is "val_mae"; this run computes: loss, mae' in problem.message


def test_an_empty_search_is_an_error(problems):
    (problem,) = problems("tune.search={}", old="epochs: 5\n", new=section("epochs: [3]"))
    assert problem.path == "tune.search"


@pytest.mark.parametrize("name", SAMPLERS)
def test_optuna_has_each_sampler(name):
    from nnctl.tuning import samplers
    from nnctl.tuning.storages.opening import silence_optuna

    assert set(samplers.SAMPLERS) == set(SAMPLERS)
    with silence_optuna():
        samplers.SAMPLERS[name](seed=1, **SAMPLERS[name]().arguments())


@pytest.mark.parametrize("name", PRUNERS)
def test_optuna_has_each_pruner_with_those_arguments(name):
    from nnctl.tuning import samplers

    assert set(samplers.PRUNERS) == set(PRUNERS)
    arguments = {"upper": 1.0} if name == "threshold" else {}
    samplers.PRUNERS[name](**PRUNERS[name](**arguments).arguments())
