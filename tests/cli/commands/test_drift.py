"""`nnctl drift`: the table, the JSON, and the status."""

import json

import pytest

from tests.cli.conftest import ROWS


@pytest.mark.parametrize("columns", [60, 200])
def test_a_line_a_column_fits_and_drift_is_a_no(columns, project, invoke, monkeypatch):
    assert invoke("train", "small.yaml", "-q").exit_code == 0
    monkeypatch.setattr("nnctl.cli.bars.room", lambda: columns)
    rows = "".join(f"{a},{30 + b},{label}\n" for a, b, label in ROWS)
    (project / "new.csv").write_text("a,b,label\n" + 3 * rows)
    same, moved = (invoke("drift", "small", name) for name in ("table.csv", "new.csv"))
    assert (same.exit_code, moved.exit_code) == (0, 1)
    assert "nothing counts as drifted" in same.stderr and same.stdout.endswith("no drift\n")
    lines = moved.stdout.splitlines()
    assert lines[0] == "120 rows" and max(map(len, lines)) <= columns
    (line,) = (line for line in lines if line.startswith("b "))
    assert "100.0%" in line and line.endswith("DRIFTED")
    assert lines[-1] == "1 of 2 columns have drifted"
    found = json.loads(invoke("drift", "small", "new.csv", "--json").stdout)
    assert found["drifted"] is True and found["rows"] == 120
    assert [column["drifted"] for column in found["columns"]] == [False, True]
    assert set(found["columns"][0]) == {
        *("name", "psi", "missing", "missing_before", "outside", "new_categories", "drifted")
    }
    assert set(found["metrics"]) == {"loss", "accuracy"}
    assert invoke("drift", "small", "new.csv", "--fail-over", "psi=99").exit_code == 0
