"""`nnctl validate`: findings on stdout, as text and as JSON."""

import json
from pathlib import Path

FAULTY = """\
data: {train: table.csv, target: label}
layers:
  - {type: dense, unit: 3}
loss: binary_crossentropy
optimizer: adam
epochs: none
"""


def test_sound_configs_are_named(project, invoke):
    result = invoke("validate", "small.yaml", "small.yaml", "--set", "epochs=5")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "small.yaml: no problems\n" * 2


def test_findings_are_the_result(project, invoke):
    Path("faulty.yaml").write_text(FAULTY)
    result = invoke("validate", "small.yaml", "faulty.yaml")
    assert (result.exit_code, result.stderr) == (2, "")
    first, *rest = result.stdout.splitlines()
    count = sum(line.startswith("faulty.yaml:") for line in rest)
    assert (first, count) == (f"error: {count} problems", 2)
    assert 'fix: did you mean "units"?' in result.stdout
    assert "no problems" not in result.stdout


def test_json_has_the_place_of_every_problem(project, invoke):
    Path("faulty.yaml").write_text(FAULTY)
    result = invoke("validate", "faulty.yaml", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, result.stderr, found["valid"]) == (2, "", False)
    places = {(error["file"], error["line"], error["path"]) for error in found["errors"]}
    assert ("faulty.yaml", 3, "layers.0.unit") in places
    assert ("faulty.yaml", 6, "epochs") in places
    assert all(error["message"] for error in found["errors"])


def test_json_of_a_sound_config(project, invoke):
    result = invoke("validate", "small.yaml", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"valid": True, "errors": [], "advice": []}


def test_a_file_that_is_not_there_is_a_finding(project, invoke):
    result = invoke("validate", "small.yaml", "smal.yaml")
    assert (result.exit_code, result.stderr) == (2, "")
    assert result.stdout.startswith("error: smal.yaml\n")
