"""`nnctl validate`: findings on stdout, as text and as JSON."""

import json
import re
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


TABLE = """\
column  kind      values                                      missing  inputs
when    date      2024-01-05 00:00:00 to 2024-09-05 00:00:00  0        3: month, days
size    number    0 to 40                                     1        6: log, 4 pieces, missing
kind    category  3 kinds                                     0        3: 3 categories

homes.yaml: no problems
"""
COLUMNS = """\
data:
  train: homes.csv
  target: y
  missing: mean
  columns:
    when: {type: date, parts: [month, days], scale: standardize}
    size: {scale: log, indicator: true, bins: 4}
    kind: {min_count: 5}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: {type: adam, learning_rate: 0.01}
epochs: 5
"""


def test_what_becomes_of_the_columns_is_a_table(project, invoke):
    rows = [
        (f"2024-0{k % 9 + 1}-05", "" if k == 5 else k, "abc"[(k > 30) + (k > 38)], k % 5)
        for k in range(41)
    ]
    text = "".join(f"{','.join(map(str, row))}\n" for row in rows)
    Path("homes.csv").write_text("when,size,kind,y\n" + text)
    Path("homes.yaml").write_text(COLUMNS)
    assert invoke("validate", "homes.yaml").stdout == TABLE
    several = invoke("validate", "homes.yaml", "small.yaml").stdout
    assert several == "homes.yaml: no problems\nsmall.yaml: no problems\n"
    assert "column" not in json.loads(invoke("validate", "homes.yaml", "--json").stdout)
    summed_up = invoke("summary", "homes.yaml").stdout
    assert "when    date      0 to 2   month, days\n" in summed_up
    assert "size    number    3 to 8   log, 4 pieces, missing\n" in summed_up
    assert "kind    category  9 to 11  3 categories\n" in summed_up
    explained = invoke("explain", "homes.yaml", "--row", "5").stdout
    assert re.search(r"size \(missing\) +1\n", explained) and "kind = (other)" in explained
