"""`nnctl importance`: what it prints."""

import json

import pytest


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_lines_fit_and_the_most_important_column_comes_first(columns, project, invoke, monkeypatch):
    assert invoke("train", "small.yaml", "-q", "--epochs", "60").exit_code == 0
    monkeypatch.setattr("nnctl.cli.bars.room", lambda: columns)
    result = invoke("importance", "small", "table.csv")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert max(map(len, lines[:6])) <= columns
    assert lines[0].endswith("on 40 rows") and "█" in lines[3] + lines[4]
    found = json.loads(invoke("importance", "small", "table.csv", "--json").stdout)
    assert lines[3].split()[0] == found["columns"][0]["name"] == "a"
    assert found["metric"] == "accuracy" and found["rows"] == 40
    assert set(found["columns"][0]) >= {"name", "importance", "spread", "dependence"}


def test_rows_that_trained_are_told_of(project, invoke):
    invoke("train", "small.yaml", "-q")
    result = invoke("importance", "small", "-o", "out.csv")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: the run has no rows to validate on")
    assert (project / "out.csv").read_text().startswith("name,importance,spread,loss,loss_spread\n")
