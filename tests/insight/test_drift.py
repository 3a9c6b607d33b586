"""The stability index against its formula, and what is kept of columns byte by byte."""

import itertools

import numpy as np
import pytest

from nnctl.insight.drift import (
    RECORD,
    bin_counts,
    edges_of,
    index,
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
