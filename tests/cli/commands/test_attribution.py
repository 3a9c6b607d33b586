"""`nnctl attribution`: a row as a table, all rows as CSV, and as JSON."""

import csv
import json

import pytest


@pytest.fixture
def run(project, invoke):
    assert invoke("train", "small.yaml", "-q").exit_code == 0


@pytest.mark.parametrize("columns", [60, 200])
def test_a_row_has_a_line_a_column_within_the_terminal(columns, run, invoke, monkeypatch):
    monkeypatch.setattr("nnctl.cli.bars.room", lambda: columns)
    result = invoke("attribution", "small", "table.csv", "--row", "3", "--row", "0")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("row 0: the logit of ") and "█" in lines[3]
    assert max(map(len, lines[1:6])) <= columns
    assert sum(line.startswith("row ") for line in lines) == 2
    assert lines[-1].endswith("which is prediction minus baseline")


def test_all_rows_come_as_csv_and_as_json(run, invoke):
    text = invoke("attribution", "small", "table.csv").stdout
    table = list(csv.DictReader(text.splitlines()))
    objects = [
        json.loads(line)
        for line in invoke("attribution", "small", "table.csv", "--json").stdout.splitlines()
    ]
    assert len(table) == len(objects) == 40
    for row, each in zip(table, objects, strict=True):
        assert list(each) == ["row", "output", "prediction", "baseline", "columns"]
        amounts = {column["name"]: column["contribution"] for column in each["columns"]}
        assert {name: float(row[name]) for name in amounts} == amounts
        change = float(row["prediction"]) - float(row["baseline"])
        assert sum(amounts.values()) == pytest.approx(
            change, abs=1e-6 * sum(map(abs, amounts.values()))
        )


def test_a_row_that_is_not_there_is_an_error_and_one_that_does_not_hold_a_no(
    run, invoke, monkeypatch
):
    result = invoke("attribution", "small", "table.csv", "--row", "40")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "it has no row 40" in result.stderr
    monkeypatch.setattr("nnctl.insight.attribution.TOLERANCE", 0.0)
    result = invoke("attribution", "small", "table.csv", "--row", "1")
    assert result.exit_code == 1
    assert "row 1: the contributions do not sum" in result.stderr
