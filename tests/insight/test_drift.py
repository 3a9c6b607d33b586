"""The stability index against its formula, and what is kept of columns byte by byte."""

import itertools

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from nnctl.insight.drift import (
    RECORD,
    bin_counts,
    edges_of,
    index,
    is_rare,
    may_be_chance,
    pack,
    summary_of_kinds,
    summary_of_numbers,
    unpack,
)


def summary(values):
    known = values[~np.isnan(values)]
    ends = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
    return summary_of_numbers(values, *ends)


def test_the_index_is_its_formula_less_what_chance_gives(generator):
    before, now = generator.normal(size=1000), generator.normal(1.0, 2.0, size=400)
    now[:40] = np.nan
    kept = summary(before)
    known = now[~np.isnan(now)]
    inner = np.sort(before)[(np.arange(1, 10) / 10 * 1000).astype(int)]
    assert np.array_equal(edges_of(kept.ends), inner)
    cuts = [-np.inf, *inner, np.inf]

    def shares(values, rows, missing):
        own = [np.sum((values > a) & (values <= b)) / rows for a, b in itertools.pairwise(cuts)]
        return np.maximum([*own, missing / rows], 1e-4)

    p, q = shares(before, 1000, 0), shares(known, 400, 40)
    wanted = np.sum((q - p) * np.log(q / p)) - 10 * (1 / 1000 + 1 / 400)
    assert index(kept, bin_counts(known, inner), 40) == pytest.approx(wanted, rel=1e-12)


def test_chance_gives_nothing_in_the_mean():
    found = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        kept = summary(generator.normal(size=500))
        found.append(index(kept, bin_counts(generator.normal(size=300), edges_of(kept.ends)), 0))
    assert np.mean(found) < 0.02 and max(found) < 0.1


def moved(before, now, columns=1):
    """Whether a column without gaps before has moved beyond 0.2, and beyond chance."""
    kept = summary(before)
    known = now[~np.isnan(now)]
    told = kept, bin_counts(known, edges_of(kept.ends)), len(now) - len(known)
    return index(*told) > 0.2, not may_be_chance(*told, columns)


@pytest.mark.parametrize("draw", ["normal", "uniform", "exponential"])
def test_of_few_rows_chance_moves_columns_beyond_the_bound_and_is_known_for_it(draw, generator):
    found = np.array([moved(*getattr(generator, draw)(size=(2, 100)), 40) for _ in range(400)])
    assert found[:, 0].sum() >= 8  # by the index alone
    assert not found.all(axis=1).any()


def test_of_few_rows_what_has_changed_is_no_chance(generator):
    for _ in range(40):
        before, now = generator.normal(size=(2, 100))
        gaps = np.where(np.arange(100) < 10, np.nan, now)
        for changed, columns in ((now * 3.28, 1), (now + 1.5, 200), (gaps, 200)):
            assert moved(before, changed, columns) == (True, True)


def test_of_categories_the_rare_ones_count_together():
    kept = summary_of_kinds(np.array([500, 300, 200] + [2] * 40), missing=0)
    same = np.append(np.rint(kept.shares * 200), 7).astype(int)
    assert may_be_chance(kept, same, 1, 3)
    assert not may_be_chance(kept, same, 40, 3)
    same[[0, -1]] += [-60, 60]
    assert not may_be_chance(kept, same, 0, 3)


def test_what_is_rare_is_so_by_the_likelihood_ratio():
    """SciPy's, but for the approximation of the quantile."""
    generator = np.random.default_rng(3)
    rare = 0
    for _ in range(200):
        shares = generator.dirichlet([9] * 8, size=2)
        before, now = (generator.multinomial(n, p) for n, p in zip((400, 150), shares, strict=True))
        p = chi2_contingency([before, now], lambda_="log-likelihood").pvalue
        if not 0.9e-3 < p < 1.1e-3:
            assert is_rare(before, now, 1e-3) == (p < 1e-3)
        rare += p < 1e-3
    assert 20 < rare < 180
    assert not is_rare(np.array([3.0, 0.0]), np.array([9.0, 0.0]), 0.5)
    assert not is_rare(np.array([3.0, 1.0]), np.zeros(2), 0.5)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (np.full(200, 3.0), np.full(200, 4.0)),
        (np.full(200, 3.0), np.full(200, 2.0)),
        (np.arange(200) % 2 * 1.0, np.full(200, 1.0)),
        (np.arange(200.0), np.arange(200.0) * 3.28),
        (np.full(200, np.nan), np.arange(200.0)),
    ],
)
def test_columns_of_few_values_and_none_drift_as_others_do(before, now):
    kept = summary(before)
    edges = edges_of(kept.ends)
    known = before[~np.isnan(before)]
    assert index(kept, bin_counts(known, edges), len(before) - len(known)) == 0
    assert index(kept, bin_counts(now, edges), 0) > 0.2


def test_kinds_are_the_commonest_and_all_others():
    counts = np.arange(30)[::-1].copy()
    kept = summary_of_kinds(counts, missing=65)
    assert kept.places.tolist() == list(range(20))
    assert kept.missing == 65 / 500 and kept.rows == 500
    assert kept.shares.sum() == pytest.approx(counts[:20].sum() / 500)
    same = np.append(counts[:20], counts[20:].sum())
    assert index(kept, same, 65) == 0
    moved = np.append(np.zeros(20, int), 435)
    assert index(kept, moved, 65) > 1


@pytest.mark.parametrize(
    "values", [[1.5, 2.5, np.nan, 9.0], [np.nan, np.nan], [4.0, 4.0], [-1e300, 1e300]]
)
def test_numbers_come_back_from_their_bytes(values):
    kept = summary(np.array(values))
    (record,) = pack([kept])
    found = unpack(record, None)
    assert record.shape == (RECORD,) and RECORD <= 150
    assert np.array_equal(found.ends, kept.ends, equal_nan=True)
    assert (found.rows, found.places) == (kept.rows, None)
    assert found.shares == pytest.approx(kept.shares, abs=1e-5)
    assert found.missing == pytest.approx(kept.missing, abs=1e-5)


def test_kinds_come_back_from_their_bytes():
    kept = summary_of_kinds(np.array([0, 5, 0, 2]), 1)
    found = unpack(pack([kept])[0], 4)
    assert found.places.tolist() == [1, 3]
    assert found.shares == pytest.approx([5 / 8, 2 / 8], abs=1e-5)
    with pytest.raises(ValueError, match="not those of the column"):
        unpack(pack([kept])[0], 3)


def test_damaged_bytes_are_refused(generator):
    (record,) = pack([summary(np.arange(50.0))])
    falling = record.copy()
    falling[8:16] = np.frombuffer(np.float64(99).tobytes(), np.uint8)
    nobody = record.copy()
    nobody[:8] = 0
    many = record.copy()
    many[96:] = 255
    for damaged in (falling, nobody, many):
        with pytest.raises(ValueError, match=r"ascend|more than all"):
            unpack(damaged, None)
    for _ in range(200):  # whatever the bytes are, there is a summary or a word
        noise = generator.integers(0, 256, RECORD).astype(np.uint8)
        for kinds in (None, 7):
            try:
                unpack(noise, kinds)
            except ValueError as error:
                assert str(error)
