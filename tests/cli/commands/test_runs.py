"""`nnctl runs` and `nnctl diff`: what they print."""

import csv
import json

import pytest


@pytest.fixture
def runs(project, invoke):
    for rate in ("0.1", "0.01"):
        setting = f"optimizer.learning_rate={rate}"
        assert invoke("train", "small.yaml", "-q", "--set", setting).exit_code == 0
    results = json.loads((project / "runs/small-2/results.json").read_text())
    results["status"] = "interrupted"
    (project / "runs/small-2/results.json").write_text(json.dumps(results))


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_the_table_fits_and_tells_how_to_go_on(columns, runs, invoke, monkeypatch):
    monkeypatch.setattr("nnctl.cli.bars.room", lambda: columns)
    result = invoke("runs")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("data     table.csv (")
    assert max(map(len, lines)) <= columns
    head = lines[2].split()
    assert head[:5] == ["run", "status", "epochs", "loss", "accuracy"]
    assert lines[-1] == "go on    nnctl resume runs/small-2"
    if columns == 200:
        assert head[5] == "optimizer.learning_rate"
        assert {line.split()[-1] for line in lines[3:5]} == {"0.1", "0.01"}
    if columns == 60:
        assert "they differ in optimizer.learning_rate, too" in lines


def test_csv_and_json_have_all(runs, invoke):
    table = list(csv.DictReader(invoke("runs", "--csv").stdout.splitlines()))
    assert {row["optimizer.learning_rate"] for row in table} == {"0.1", "0.01"}
    found = json.loads(invoke("runs", "--json").stdout)
    assert [each["run"] for each in found] == [row["run"] for row in table]
    assert [each["figures"]["loss"] for each in found] == [float(row["loss"]) for row in table]
    assert json.loads(invoke("runs", "--where", "optimizer=sgd", "--json").stdout) == []
    assert invoke("runs", "--where", "optimizer=sgd").stdout == "there are no such runs\n"


def test_diff_ends_as_that_of_text_files_does(runs, invoke):
    same = invoke("diff", "small", "runs/small")
    assert (same.exit_code, same.stdout) == (0, "weights  the same bytes\n")
    other = invoke("diff", "small", "small-2")
    assert other.exit_code == 1
    assert "optimizer.learning_rate  0.1" in other.stdout
    assert other.stdout.splitlines()[-1].startswith(
        "weights  dense_1/kernel is the first that differs"
    )
    assert json.loads(invoke("diff", "small", "small-2", "--json").stdout)["same_bytes"] is False
