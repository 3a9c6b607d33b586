"""The columns and cells of predictions with what was asked of them."""

import numpy as np
import pytest

from nnctl.assembly.trained import load_trained
from tests.answers import KINDS, numbers, run_of, said, truth

COLUMNS = {
    "binary": ["prediction", "prediction_set", "probability"],
    "binary logits": ["prediction", "prediction_set", "probability"],
    "labels": ["yes", "probability_yes", "high", "probability_high"],
    "number": ["n", "n_low", "n_high"],
    "numbers": ["n", "n_low", "n_high", "m", "m_low", "m_high"],
    "quantiles": [
        *("n_0.1", "n_0.5", "n_0.8", "n_low", "n_high"),
        *("m_0.1", "m_0.5", "m_0.8", "m_low", "m_high"),
    ],
}
CLASSES = ["prediction", "prediction_set", *(f"probability_{k}" for k in ("ash", "elm", "oak"))]


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_columns_and_its_ranges_hold_the_truth(kind, members, tmp_path):
    run = run_of(kind, tmp_path, ensemble=members, epochs=1).folder
    table = tmp_path / "new.csv"
    cells = said(run, table)
    assert list(cells) == COLUMNS.get(kind, CLASSES)
    for name in ("n", "m"):
        if f"{name}_low" in cells:
            low, high = (numbers(cells[f"{name}_{end}"]) for end in ("low", "high"))
            inside = (low <= numbers(truth(table, name))) & (numbers(truth(table, name)) <= high)
            assert 0.68 < inside.mean() < 0.92  # 72 rows promise 0.8
            assert (np.ptp(high - low) < 1e-4 * high.max()) == (
                kind[:6] == "number" and members == 1
            )
    if "prediction_set" in cells:
        target = truth(table, "yes" if kind.startswith("binary") else "kind")
        sets = [cell.split("|") for cell in cells["prediction_set"]]
        held = [own in those for own, those in zip(target, sets, strict=True)]
        assert np.mean(held) > 0.68
        said_of_them = zip(cells["prediction"], sets, strict=True)
        # The likeliest is in each set; a cut that was moved may say another.
        inside = sum(own in those for own, those in said_of_them)
        assert inside == len(sets) or (kind.startswith("binary") and inside > len(sets) / 2)
        assert {len(those) for those in sets} <= {1, 2, 3}


def test_quantiles_are_sorted_though_the_model_has_them_cross(tmp_path):
    run = run_of("quantiles", tmp_path, epochs=1, intervals=None).folder
    trained = load_trained(run)
    columns = said(run, tmp_path / "new.csv")
    groups = np.stack([numbers(columns[f"n_{q}"]) for q in (0.1, 0.5, 0.8)])
    assert (np.diff(groups, axis=0) >= 0).all()
    x = np.stack([numbers(truth(tmp_path / "new.csv", name)) for name in "ab"], axis=1)
    raw = trained.model.predict(x.astype(np.float32))[:, :3]
    assert (np.diff(raw, axis=1) < 0).any()  # so that sorting has something to do


def test_spread_stands_behind_each_number_and_ranges_behind_that(tmp_path):
    run = run_of("number", tmp_path, ensemble=2, epochs=1).folder
    cells = said(run, tmp_path / "new.csv", spread=True)
    assert list(cells) == ["n", "n_std", "n_low", "n_high"]
    intervals = load_trained(run).readout.intervals
    wide = numbers(cells["n_std"]) + intervals.medians[0]
    width = numbers(cells["n_high"]) - numbers(cells["n"])
    np.testing.assert_allclose(width, wide * intervals.widths[0], rtol=1e-4)


@pytest.mark.slow
def test_a_cut_of_ones_own_goes_before_the_kept_one(tmp_path):
    run = run_of("binary", tmp_path).folder
    table = tmp_path / "new.csv"
    cells = said(run, table)
    p = numbers(cells["probability"])
    assert (np.array(cells["prediction"]) == "1").tolist() == (p > 0.4).tolist()
    other = said(run, table, threshold=0.7)
    assert (np.array(other["prediction"]) == "1").tolist() == (p > 0.7).tolist()
    assert other["probability"] == cells["probability"]
