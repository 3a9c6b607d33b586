"""`importance` on runs of tables with text, dates and gaps, on arrays, and on ensembles."""

import csv

import numpy as np
import pytest
import yaml

from nnctl.errors import NnctlError
from nnctl.jobs.looking.importance import importance
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.system.waiting import waiting_told_to

CONFIG = {
    "data": {
        "train": "table.csv",
        "target": "y",
        "scale": "standardize",
        "missing": "mean",
        "columns": {"when": {"type": "date", "parts": ["month"]}, "gap": {"indicator": True}},
    },
    "layers": [{"type": "dense", "units": 4, "activation": "tanh"}, {"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "epochs": 30,
}


def write(folder, **changes):
    generator = np.random.default_rng(3)
    rows = []
    for k in range(90):
        a, gap = generator.normal(), generator.normal()
        kind = "uvw"[k % 3]
        y = 3 * a + (kind == "v") + 0 * gap
        cell = "" if k % 10 == 0 else f"{gap:.3f}"
        rows.append(f"{a:.4f},{kind},2024-0{1 + k % 9}-11,{cell},{y:.4f}")
    (folder / "table.csv").write_text("\n".join(["a,kind,when,gap,y", *rows]) + "\n")
    (folder / "c.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}))
    return train(folder / "c.yaml", output=folder / "run").folder


def test_the_column_that_decides_comes_first_and_the_curve_is_that_of_predict(tmp_path):
    run = write(tmp_path)
    told = []
    with waiting_told_to(lambda *each: told.append(each)):
        result = importance(run, output=tmp_path / "out.csv")
    assert told == [("columns shuffled", done, 4) for done in (1, 2, 3, 4)]
    assert result.columns[0].name == "a" and result.metric == "mae"
    assert {column.name for column in result.columns} == {"a", "kind", "when", "gap"}
    assert result.warnings[0].message.startswith("the run has no rows to validate on")
    (column,) = (each for each in result.columns if each.name == "kind")
    assert [value for value, _ in column.dependence] == ["u", "v", "w"]
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    for value, means in column.dependence:
        with (tmp_path / "same.csv").open("w", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            out.writerows({**row, "kind": value} for row in rows)
        lines = "".join(predict(run, tmp_path / "same.csv").chunks()).split()[1:]
        assert means == pytest.approx((np.mean([float(line) for line in lines]),), rel=1e-5)
    by_name = {each.name: each for each in result.columns}
    assert by_name["when"].dependence == ()
    written = {float(row["gap"]) for row in rows if row["gap"]}
    assert {value for value, _ in by_name["gap"].dependence} <= written
    with (tmp_path / "out.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [column.name for column in result.columns]
    assert float(table[0]["importance"]) == result.columns[0].importance.mean


def test_the_same_rows_and_seed_give_the_same_figures_in_a_file_and_in_the_run(tmp_path):
    run = write(tmp_path)
    own, given = importance(run), importance(run / "weights.npz", tmp_path / "table.csv")
    assert own.as_json() == given.as_json() and given.warnings == ()


@pytest.mark.slow
def test_an_ensemble_is_judged_by_the_members_that_held_rows_out(tmp_path):
    data = {**CONFIG["data"], "validation": 0.3}
    run = write(tmp_path, data=data, ensemble={"members": 2, "split": "own"}, epochs=3)
    result = importance(run)
    assert 27 < result.rows <= 54  # those that either of the two held out
    assert result.columns[0].name == "a"


def test_a_run_whose_data_have_changed_is_refused(tmp_path):
    run = write(tmp_path)
    with (tmp_path / "table.csv").open("a") as file:
        file.write("1,u,2024-01-01,2,3\n")
    with pytest.raises(NnctlError, match="it has changed since the run"):
        importance(run)
    assert importance(run, tmp_path / "table.csv").rows == 91


def test_a_weights_file_without_its_run_needs_a_file(tmp_path):
    run = write(tmp_path)
    alone = tmp_path / "alone.npz"
    alone.write_bytes((run / "weights.npz").read_bytes())
    with pytest.raises(NnctlError, match="name a file of data"):
        importance(alone)


@pytest.mark.slow
def test_classes_have_a_curve_each(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 2, 2)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=(x[:, 0, 0] > 0) + 2 * (x[:, 0, 0] > 1))
    layers = ["flatten", {"type": "dense", "units": 5}]  # more units than labels
    loss = {"type": "sparse_categorical_crossentropy", "from_logits": True}
    config = {**CONFIG, "data": {"train": "d.npz"}, "layers": layers, "loss": loss}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    result = importance(train(tmp_path / "c.yaml", output=tmp_path / "run").folder)
    assert result.outputs == ("0", "1", "2", "3", "4")
    assert result.metric == "accuracy" and len(result.columns) == 4
    column = result.columns[0]
    assert len(column.dependence) == 20
    assert {len(means) for _, means in column.dependence} == {5}
    values = [value for value, _ in column.dependence]
    assert values == sorted(values)
    first = [means[0] for _, means in column.dependence]
    assert first[0] > first[-1]  # class 0 is where the number is small
