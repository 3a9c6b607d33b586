"""Cuts: against all that there are, and at their edges."""

import numpy as np
import pytest

from nnctl.calibration.cuts import Aim, choose_cut


def rows_of(count=200, seed=0, digits=2):
    draws = np.random.default_rng(seed)
    p = draws.random(count).round(digits).astype(np.float32)
    return p, draws.random(count) < p


def f1_of(truth, said):
    return 2 * (truth & said).sum() / (truth.sum() + said.sum())


def alarms(p, cut, of_first=False):
    said = p > np.float32(cut)
    return ~said if of_first else said


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("of_first", [False, True])
def test_no_other_cut_has_a_better_f1(seed, of_first):
    p, yes = rows_of(seed=seed)
    cut = choose_cut(Aim("f1", of_first=of_first), p, yes)
    truth = ~yes if of_first else yes
    best = max(f1_of(truth, alarms(p, c, of_first)) for c in np.linspace(-0.01, 1, 203))
    assert f1_of(truth, alarms(p, cut, of_first)) == pytest.approx(best)


@pytest.mark.parametrize("of_first", [False, True])
@pytest.mark.parametrize("prices", [(10.0, 1.0), (1.0, 3.0)])
def test_no_other_cut_costs_less(prices, of_first):
    p, yes = rows_of(seed=5)
    truth = ~yes if of_first else yes

    def cost(cut):
        said = alarms(p, cut, of_first)
        return prices[0] * (truth & ~said).sum() + prices[1] * (said & ~truth).sum()

    cut = choose_cut(Aim("cost", 0.0, *prices, of_first), p, yes)
    assert cost(cut) == min(cost(c) for c in np.linspace(-0.01, 1, 203))


def test_accuracy_is_a_cost_of_equal_prices():
    p, yes = rows_of(seed=6)
    cut = choose_cut(Aim("accuracy"), p, yes)
    right = [(alarms(p, c) == yes).mean() for c in np.linspace(-0.01, 1, 203)]
    assert (alarms(p, cut) == yes).mean() == max(right)


@pytest.mark.parametrize("of_first", [False, True])
@pytest.mark.parametrize(("share", "found"), [(0.9, 19), (0.5, 11), (0.95, 20), (0.05, 2)])
def test_a_recall_is_kept_by_the_highest_cut_that_keeps_it(share, found, of_first):
    """Of 20 positive rows `ceil(21 r)` are found, and one fewer by any higher cut."""
    p, _ = rows_of(100, digits=4)
    order = np.argsort(p if of_first else -p)
    positive = np.zeros(100, bool)
    positive[order[np.arange(0, 100, 5)]] = True
    cut = choose_cut(Aim("recall", share, of_first=of_first), p, positive ^ of_first)
    assert (alarms(p, cut, of_first) & positive).sum() == found
    tighter = np.nextafter(np.float32(cut), np.float32(-1 if of_first else 2))
    assert (alarms(p, tighter, of_first) & positive).sum() == found - 1


def test_a_recall_beyond_what_the_rows_can_promise_has_no_cut():
    p, yes = np.linspace(0, 1, 18, dtype=np.float32), np.arange(18) >= 9
    assert choose_cut(Aim("recall", 0.9), p, yes) is not None
    assert choose_cut(Aim("recall", 0.91), p, yes) is None
    assert choose_cut(Aim("recall", 0.5), p, np.zeros(18, bool)) is None


@pytest.mark.parametrize("of_first", [False, True])
def test_a_precision_is_reached_by_the_lowest_cut_that_reaches_it(of_first):
    p, yes = rows_of(400, seed=3, digits=4)
    truth = ~yes if of_first else yes
    cut = choose_cut(Aim("precision", 0.8, of_first=of_first), p, yes)

    def precision(said):
        return (said & truth).sum() / said.sum()

    said = alarms(p, cut, of_first)
    assert said.sum() >= 30 and precision(said) >= 0.8
    suspicion = p[~said].min() if of_first else p[~said].max()
    for value in np.unique(p[~said]):
        more = p <= value if of_first else p >= value
        assert precision(more) < 0.8
    assert alarms(p, suspicion, of_first).sum() >= said.sum()


def test_a_precision_takes_thirty_alarms():
    p = np.linspace(1, 0, 100, dtype=np.float32)
    assert choose_cut(Aim("precision", 0.9), p, np.arange(100) < 29) == pytest.approx(p[32])
    assert choose_cut(Aim("precision", 0.99), p, np.arange(100) < 29) is None
    assert choose_cut(Aim("precision", 0.99), p, np.arange(100) < 30) == pytest.approx(p[30])


@pytest.mark.parametrize("kind", ["f1", "accuracy", "cost", "recall"])
def test_a_weight_counts_a_row_so_often(kind):
    p, yes = rows_of(seed=8)
    counts = np.random.default_rng(1).integers(1, 4, len(p))
    aim = Aim(kind, 0.8, 2.0, 1.0)
    weighted = choose_cut(aim, p, yes, counts.astype(np.float32))
    repeated = choose_cut(aim, np.repeat(p, counts), np.repeat(yes, counts))
    if kind == "recall":  # a row that is there thrice is one row that has been seen
        assert weighted == pytest.approx(repeated, abs=0.02)
    else:
        assert weighted == repeated


@pytest.mark.parametrize("of_first", [False, True])
@pytest.mark.parametrize("yes", [True, False])
def test_one_answer_for_all(yes, of_first):
    p = np.array([0.2, 0.4, 0.4], np.float32)
    cut = choose_cut(Aim("accuracy", of_first=of_first), p, np.full(3, yes))
    assert ((p > np.float32(cut)) == yes).all()
