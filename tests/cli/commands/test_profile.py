"""`nnctl profile`: the table and the JSON."""

import json


def test_the_table_names_layers_operations_and_the_limit(project, invoke, monkeypatch):
    monkeypatch.setattr("nnctl.jobs.profile.SECONDS", 0.02)
    result = invoke("profile", "small.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["layer", "operation", "calls", "µs", "share"]
    assert {"dense_1", "dense_2", "loss", "optimizer"} <= {line.split(" ")[0] for line in lines}
    assert any(line.split()[:2] == ["dense_1", "matmul"] for line in lines)
    assert "a step of 32 rows on 1 thread, in µs:" in lines
    assert lines[-1].startswith("its matrix products alone")
    assert not (project / "runs").exists()


def test_json(project, invoke, monkeypatch):
    monkeypatch.setattr("nnctl.jobs.profile.SECONDS", 0.02)
    assert json.loads(invoke("profile", "small.yaml", "--json").stdout)["threads"] == 1
