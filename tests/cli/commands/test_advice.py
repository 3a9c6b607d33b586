"""Advice on the command line: `validate`, and `advice` itself."""

import json
import sys
from pathlib import Path

import pytest

from nnctl.rules import RULES
from tests.processes import run

LINEAR = "layers.0.activation=linear"


def test_advice_is_a_result_and_no_failure(project, invoke):
    result = invoke("validate", "small.yaml", "--set", LINEAR)
    assert (result.exit_code, result.stderr) == (0, "")
    *table, blank = result.stdout.splitlines()[:4]
    assert table[0].startswith("column") and blank == ""
    assert result.stdout.splitlines()[4:] == [
        "small.yaml: no problems",
        f"advice: --set {LINEAR}  layers.0.activation  [linear-hidden]",
        f"  layers.0 is linear; {RULES['linear-hidden'].why}",
        "  change:",
        "    layers.0.activation: relu",
        "at length: nnctl advice linear-hidden",
    ]


def test_strict_fails_on_advice_alone(project, invoke):
    assert invoke("validate", "small.yaml", "--strict").exit_code == 0
    assert invoke("validate", "small.yaml", "--strict", "--set", LINEAR).exit_code == 1
    ignored = [LINEAR, "ignore_advice=[linear-hidden]"]
    overrides = [part for each in ignored for part in ("--set", each)]
    result = invoke("validate", "small.yaml", "--strict", *overrides)
    assert result.exit_code == 0 and result.stdout.endswith("\nsmall.yaml: no problems\n")
    (project / "table.csv").unlink()
    result = invoke("validate", "small.yaml", "--strict", "--set", LINEAR)
    assert result.exit_code == 2
    assert "table.csv" in result.stdout and "[linear-hidden]" in result.stdout


def test_json_has_every_piece_of_advice(project, invoke):
    result = invoke("validate", "small.yaml", "--json", "--strict", "--set", LINEAR)
    assert (result.exit_code, result.stderr) == (1, "")
    found = json.loads(result.stdout)
    assert (found["valid"], found["errors"]) == (True, [])
    (advice,) = found["advice"]
    assert {name: advice[name] for name in ("code", "path", "change")} == {
        "code": "linear-hidden",
        "path": "layers.0.activation",
        "change": "layers.0.activation: relu",
    }
    assert advice["message"].startswith("layers.0 is linear")
    assert advice["file"] == "small.yaml"


def test_resolved_prints_the_config_alone_and_obeys_strict(project, invoke):
    result = invoke("validate", "small.yaml", "--resolved", "--strict", "--set", LINEAR)
    assert result.exit_code == 1
    assert "advice" not in result.stdout.replace("ignore_advice", "")
    assert "[linear-hidden]" in result.stderr
    Path("again.yaml").write_text(result.stdout)
    assert invoke("validate", "again.yaml", "--strict").exit_code == 1


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_all_rules_are_listed(invoke, columns):
    result = invoke("advice", env={"COLUMNS": columns})
    assert (result.exit_code, result.stderr) == (0, "")
    for code, rule in RULES.items():
        assert code in result.stdout
        assert " ".join(rule.title.split()) in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= int(columns)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_explained_at_length(invoke, code):
    result = invoke("advice", code, env={"COLUMNS": "60"})
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{code}: ")
    assert len(result.stdout.splitlines()) > 10
    words = " ".join(result.stdout.split())
    assert " ".join(RULES[code].page.split("\n\n")[0].split()) in words
    assert f"ignore_advice: [{code}]" in result.stdout


def test_the_rules_as_json(invoke):
    (rule,) = json.loads(invoke("advice", "rare-class", "--json").stdout)["rules"]
    assert set(rule) == {"code", "title", "why", "page"}
    assert len(json.loads(invoke("advice", "--json").stdout)["rules"]) == len(RULES)


def test_an_unknown_code_is_a_usage_error(invoke):
    result = invoke("advice", "linear-hiden")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'did you mean "linear-hidden"?' in result.stderr


@pytest.mark.process
@pytest.mark.process
def test_the_rules_are_printed_without_loading_numpy():
    code = (
        "import sys\nfrom nnctl.cli.app import app\n"
        "try:\n    app(['advice', 'linear-hidden'])\nexcept SystemExit as end:\n"
        "    assert not end.code\n"
        "assert 'nnctl.rules' in sys.modules and 'numpy' not in sys.modules\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
