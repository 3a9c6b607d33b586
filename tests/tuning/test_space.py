"""The searched keys as distributions."""

import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from nnctl.tuning.space import Space


def key(read, entry, path="layers.0.units"):
    found = Space.of(read("tune.search={}", f"tune.search.{path}={entry}"))
    (only,) = found.keys
    return only


@pytest.mark.parametrize(
    ("path", "entry", "expected", "size"),
    [
        ("layers.0.units", "{low: 2, high: 9}", IntDistribution(2, 9), 8),
        ("layers.0.units", "{low: 2, high: 8, step: 3}", IntDistribution(2, 8, step=3), 3),
        ("epochs", "{low: 1, high: 9, log: true}", IntDistribution(1, 9, log=True), 9),
        ("optimizer.epsilon", "{low: 1, high: 9}", FloatDistribution(1, 9), math.inf),
        (
            "optimizer.epsilon",
            "{low: 0.1, high: 0.5, step: 0.2}",
            FloatDistribution(0.1, 0.5, step=0.2),
            3,
        ),
        ("batch_size", "[8, 16]", CategoricalDistribution([8, 16]), 2),
        ("batch_size", "[8, full]", CategoricalDistribution(["8", '"full"']), 2),
    ],
)
def test_an_entry_is_a_distribution(path, entry, expected, size, read):
    found = key(read, entry, path)
    assert (found.distribution, found.size) == (expected, size)


def test_choices_of_any_kind_come_back_as_they_were(read):
    found = key(read, "[null, l2, {type: l2, l2: 0.5}]", "layers.0.kernel_regularizer")
    assert found.distribution.choices == ("null", '"l2"', '{"type": "l2", "l2": 0.5}')
    assert [found.value(name) for name in found.distribution.choices] == [
        None,
        "l2",
        {"type": "l2", "l2": 0.5},
    ]


def test_a_space_counts_its_combinations(read):
    lists = ("tune.search={}", "tune.search.batch_size=[8, 16]", "tune.search.epochs=[1, 2, 3]")
    assert Space.of(read(*lists)).size == 6
    assert Space.of(read()).size == math.inf
    assert Space.of(read()).paths == ("optimizer.learning_rate", "layers.0.units")
