"""`nnctl lr-find`: the curve, and the line to type."""

import json

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 200])
def test_the_curve_fits_and_the_line_gives_the_rate(columns, project, invoke, monkeypatch):
    monkeypatch.setattr("nnctl.cli.bars.room", lambda: columns)
    result = invoke("lr-find", "small.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert max(map(len, lines[:10])) <= columns
    found = json.loads(invoke("lr-find", "small.yaml", "--json").stdout)
    assert set(found) == {"learning_rate", "diverges_at", "curve"}
    rate = f"{found['learning_rate']:g}"
    assert lines[-1] == f"train    nnctl train small.yaml --set optimizer.learning_rate={rate}"
    assert lines[8].strip() == "^"
    assert not (project / "runs").exists()
    assert invoke("lr-find", "small.yaml", "--write").stdout.endswith("wrote    small.yaml\n")
    assert f"learning_rate: {rate}" in (project / "small.yaml").read_text()
