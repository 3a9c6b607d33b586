"""Which rates are tried and for how long, and which of them is taken."""

import math

import pytest

from nnctl.insight.rate_choice import (
    EQUAL,
    Tried,
    batches_of,
    batches_worth,
    best_of,
    better_half,
    for_whole_training,
    rates_around,
    stages,
)
from nnctl.insight.rate_range import Suggestion


@pytest.mark.parametrize(
    ("rate", "diverges_at", "expected"),
    [
        (0.01, 0.5, [0.001, 0.0032, 0.01, 0.032, 0.1, 0.32]),
        (0.0049, None, [0.001, 0.0032, 0.01, 0.032, 0.1, 0.32, 1, 3.2, 10]),
        (0.02, 0.01, [0.0032, 0.01]),  # it went wrong at once
        (1e-8, 1e-7, [1e-9, 3.2e-9, 1e-8, 3.2e-8, 1e-7]),
    ],
)
def test_rates_are_half_decades_up_to_where_the_loss_diverges(rate, diverges_at, expected):
    assert rates_around(Suggestion(rate, diverges_at)) == expected


@pytest.mark.parametrize("worth", [3, 40, 1000, 5000, 10**6])
@pytest.mark.parametrize("batches", [1, 7, 100])
def test_stages_halve_the_rates_and_keep_to_what_is_worth_it(batches, worth):
    rates, most = 9, 30 * batches
    found = stages(rates, batches, most, worth)
    counts, ends = zip(*found, strict=True)
    assert counts == (9, 5, 3, 2)[: len(counts)] and (len(counts) == 4 or ends[-1] == most)
    assert sorted(ends) == list(ends) and ends[-1] <= most
    assert all(end % batches == 0 for end in ends if end > batches)
    assert batches_of(found) <= max(worth, batches_of(stages(rates, batches, most, 0)))
    if worth >= rates * most:
        assert found == [(rates, most)]
    elif worth > 300 * batches:  # no stage more would have fitted
        longer = [(count, min(2 * end, most)) for count, end in found]
        assert batches_of(longer) > worth


def test_batches_are_counted_once():
    assert batches_of([(9, 10), (5, 20), (3, 40)]) == 90 + 50 + 60


def test_slow_batches_are_fewer_but_enough():
    quick, slow, slower = (batches_worth(100, work) for work in (1e3, 1e10, 1e12))
    assert quick > slow >= slower == batches_worth(100, 1e13)


def test_the_better_half_keeps_its_order():
    losses = ((0.1, 3), (0.5, math.nan), (1, 1), (10, math.inf), (20, 2))
    tried = [Tried.of(rate, 0.1, loss, loss) for rate, loss in losses]
    assert [each.rate for each in better_half(tried, 2)] == [1, 20]


@pytest.mark.parametrize(
    ("losses", "train_losses", "expected"),
    [
        ([3, 2, 1], [1, 1, 1], 2),
        ([1, 1 + EQUAL / 2, 1, 5], [1, 1, 1, 1], 1),  # the middle of those as good
        ([1, 1 + EQUAL / 2, 1, 5], [2, 2, 1, 1], 2),  # of which the training rows know one better
        ([math.inf, 2, math.inf], [math.inf, 2, math.inf], 1),
        ([math.inf], [math.inf], None),
        ([], [], None),
    ],
)
def test_the_best_has_the_least_loss_and_stands_in_the_middle(losses, train_losses, expected):
    pairs = enumerate(zip(losses, train_losses, strict=True))
    tried = [Tried(float(k), 1.0, *pair) for k, pair in pairs]
    found = best_of(tried)
    assert (found and found.rate) == expected


def stage(share, losses):
    return [Tried(rate, share, loss, loss) for rate, loss in losses.items()]


@pytest.mark.parametrize(
    ("early", "expected"),
    [
        ({0.001: 4.0, 0.01: 1.5}, 0.005),  # its lead has shrunk: 3/8 at first, a half at last
        ({0.001: 3.0, 0.01: 2.0}, 0.01),
        ({0.001: 2.0, 0.01: 3.0}, 0.01),
        ({0.001: math.inf, 0.01: 3.0}, 0.005),
    ],
)
def test_a_longer_training_has_a_smaller_rate_unless_time_is_for_the_larger(early, expected):
    tried = [stage(0.05, early), stage(0.125, {0.001: 2.0, 0.01: 1.0})]
    assert for_whole_training(tried, stops_early=False) == expected
    assert for_whole_training(tried, stops_early=True) == 0.01


def test_the_smallest_rate_that_is_left_may_still_be_too_large_for_a_whole_training():
    tried = [stage(0.05, {0.001: 4.0, 0.01: 3.0, 0.1: 5.0}), stage(0.125, {0.01: 1.0, 0.1: 2.0})]
    assert for_whole_training(tried, stops_early=False) == 0.005


def test_where_all_diverge_there_is_none():
    assert for_whole_training([stage(0.125, {0.01: math.inf})], stops_early=False) is None
