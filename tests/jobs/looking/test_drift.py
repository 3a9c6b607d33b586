"""`drift` on halves of tables, on columns that have changed, and on what weights keep."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.errors import NnctlError
from nnctl.insight.drift import RECORD, may_be_chance
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.looking.drift import drift
from nnctl.jobs.train import train
from nnctl.system.npz import read_arrays, write_arrays

ROOT = Path(__file__).parents[3]
CONFIG = {
    "data": {
        "train": "a.csv",
        "target": "y",
        "features": ["a", "gap", "kind", "when"],
        "columns": {"when": {"type": "date"}, "gap": {"missing": "mean"}},
    },
    "layers": [{"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "optimizer": "adam",
    "epochs": 1,
}
HEAD = ["a", "gap", "kind", "when", "y"]


def rows_of(count, seed=0):
    generator = np.random.default_rng(seed)
    return [
        [f"{generator.normal():.4f}", "" if generator.random() < 0.2 else str(k % 13), "uvw"[k % 3],
         f"2024-{1 + k % 12:02d}-05", str(k % 5)]
        for k in range(count)
    ]  # fmt: skip


def write(path, rows, head=HEAD):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


@pytest.fixture
def run(tmp_path):
    write(tmp_path / "a.csv", rows_of(300))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG))
    return train(tmp_path / "c.yaml", output=tmp_path / "run").folder


def test_rows_of_the_same_source_have_not_drifted(run, tmp_path):
    same = write(tmp_path / "b.csv", rows_of(250, seed=1))
    result = drift(run, same)
    assert not result.drifted and result.rows == 250
    assert [column.name for column in result.columns] == CONFIG["data"]["features"]
    gap = result.columns[1]
    assert gap.missing == sum(row[1] == "" for row in rows_of(250, 1)) / 250
    assert gap.missing_before == pytest.approx(
        sum(row[1] == "" for row in rows_of(300)) / 300, abs=1e-5
    )
    judged = evaluate(run, same)
    assert result.figures == {"loss": judged.loss, **judged.metrics}


@pytest.mark.parametrize(
    ("place", "change", "name"),
    [
        (0, lambda k, cell: repr(float(cell) * 3.28), "a"),
        (0, lambda k, cell: "" if k % 10 == 0 else cell, "a"),
        (2, lambda k, cell: "x" if k % 5 == 0 else cell, "kind"),
        (2, lambda k, cell: "u", "kind"),
        (3, lambda k, cell: cell.replace("2024", "2026"), "when"),
    ],
)
def test_a_column_that_has_changed_has_drifted_and_no_other(place, change, name, run, tmp_path):
    rows = rows_of(250, seed=1)
    for k, row in enumerate(rows):
        row[place] = change(k, row[place])
    result = drift(run, write(tmp_path / "b.csv", rows))
    assert [column.name for column in result.columns if column.drifted] == [name]
    (column,) = (each for each in result.columns if each.drifted)
    assert column.new_categories == (("x",) if any(row[2] == "x" for row in rows) else ())
    if name == "when":
        assert column.outside == 1.0
    assert drift(run, tmp_path / "b.csv", fail_over=["psi=50"]).drifted is False


def test_few_rows_are_no_drift_and_told_of(run, tmp_path):
    rows = [["999", *row[1:]] for row in rows_of(99)]
    result = drift(run, write(tmp_path / "b.csv", rows))
    assert result.columns[0].psi > 1 and not result.drifted
    assert "with less than 100 nothing counts as drifted" in result.warnings[-1].message


def test_what_chance_may_have_done_to_few_rows_is_no_drift(run, tmp_path):
    """The index of a category that a hundred rows lack is high, where twelve in 300 had it."""
    rows = rows_of(300)
    for k, row in enumerate(rows):
        row[2] = "u" if k % 25 else "v"
    write(tmp_path / "a.csv", rows)
    kept = train(tmp_path / "c.yaml", output=tmp_path / "few").folder
    few = [["0", "1", "u", *row[3:]] for row in rows_of(100, seed=1)]
    (kind,) = (each for each in drift(kept, write(tmp_path / "b.csv", few)).columns[2:3])
    assert kind.name == "kind" and kind.psi > 0.2 and not kind.drifted
    (kind,) = (each for each in drift(kept, write(tmp_path / "b.csv", few * 4)).columns[2:3])
    assert kind.drifted


def test_chance_is_that_of_all_columns_whatever_the_bound(run, tmp_path, monkeypatch):
    same, told = write(tmp_path / "b.csv", rows_of(250, seed=1)), []

    def watched(summary, counts, missing, columns):
        told.append(columns)
        return may_be_chance(summary, counts, missing, columns)

    monkeypatch.setattr("nnctl.jobs.looking.drift.may_be_chance", watched)
    assert not drift(run, same, fail_over=["psi=-1"]).drifted
    assert told == [4] * 4


def test_rows_without_targets_have_no_metrics(run, tmp_path):
    rows = [row[:4] for row in rows_of(150)]
    result = drift(run, write(tmp_path / "b.csv", rows, HEAD[:4]))
    assert result.figures == {} and result.warnings[0].message.startswith("there are no metrics: ")


def test_the_file_grows_by_what_is_kept_alone(run):
    arrays = read_arrays(run / "weights.npz")
    assert arrays["training_rows"].shape == (4, RECORD)
    without = run.parent / "without.npz"
    del arrays["training_rows"]
    with without.open("wb") as file:
        write_arrays(file, arrays)
    grown = (run / "weights.npz").stat().st_size - without.stat().st_size
    assert grown <= 4 * 150 + 400
    with pytest.raises(NnctlError, match="it keeps nothing of the rows that trained"):
        drift(without, run.parent / "a.csv")


@pytest.mark.parametrize(
    "kept",
    [
        np.zeros(3),
        np.zeros((4, RECORD)),
        np.zeros((9, RECORD), np.uint8),
        np.full((4, RECORD), 255, np.uint8),
        np.zeros((0, RECORD), np.uint8),
    ],
)
def test_what_is_damaged_is_told(kept, run):
    arrays = read_arrays(run / "weights.npz")
    with (run / "weights.npz").open("wb") as file:
        write_arrays(file, {**arrays, "training_rows": kept})
    with pytest.raises(NnctlError, match="what it keeps of the rows that trained is damaged"):
        drift(run, run.parent / "a.csv")


@pytest.mark.parametrize("bound", ["loss=1", "psi", "psi=many", "psi=nan"])
def test_a_bound_is_of_the_index(bound, run):
    with pytest.raises(NnctlError, match="it must be psi=NUMBER"):
        drift(run, run.parent / "a.csv", fail_over=[bound])


def test_arrays_have_one_summary(tmp_path):
    generator = np.random.default_rng(0)
    for name, factor in (("a", 1), ("b", 3)):
        x = factor * generator.normal(size=(120, 3, 3))
        np.savez(tmp_path / f"{name}.npz", x=x, y=generator.normal(size=120))
    config = {**CONFIG, "data": {"train": "a.npz"}, "layers": ["flatten", *CONFIG["layers"]]}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    run = train(tmp_path / "c.yaml", output=tmp_path / "run").folder
    (same,), (moved,) = (drift(run, tmp_path / f"{name}.npz").columns for name in "ab")
    assert (same.name, same.drifted, moved.drifted) == ("all numbers", False, True)
    assert same.outside == 0 and 0.05 < moved.outside < 0.5


def test_deciles_of_many_rows_are_of_a_sample_and_the_range_of_all(tmp_path):
    rows = [[str(k), "1", "u", "2024-01-05", "0"] for k in range(5000)]
    write(tmp_path / "a.csv", rows)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG))
    run = train(tmp_path / "c.yaml", output=tmp_path / "run").folder
    result = drift(run, tmp_path / "a.csv")
    assert [column.outside for column in result.columns] == [0, 0, None, 0]
    assert not result.drifted


@pytest.mark.parametrize("share", [1, 3])
def test_a_gap_that_is_written_out_is_a_gap_then_and_now(tmp_path, share):
    rows = [[a, gap, "(missing)" if k % share == 0 else kind, when, y]
            for k, (a, gap, kind, when, y) in enumerate(rows_of(300))]  # fmt: skip
    write(tmp_path / "a.csv", rows)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG))
    folder = train(tmp_path / "c.yaml", output=tmp_path / "run").folder
    result = drift(folder, write(tmp_path / "b.csv", rows[30:]))
    kind = result.columns[2]
    assert not result.drifted
    assert (kind.missing_before, kind.missing) == pytest.approx((1 / share, 1 / share), abs=0.01)
