"""`nnctl init`: what is printed where, in words and as JSON."""

import dataclasses
import io
import json
from pathlib import Path

import pytest

import nnctl.jobs.init as job
from nnctl.cli.commands.init import asked_target
from nnctl.errors import ArgumentError
from nnctl.jobs.recipe import SMALL
from nnctl.jobs.studies.recipes import Tried, TriedRecipe
from nnctl.tuning.trial import TrialRow

LINE = ("init", "table.csv", "--target", "label", "-o", "new.yaml")


@pytest.fixture
def tried(monkeypatch):
    """Puts a made-up comparison of two recipes, and a warning, in place of trials."""
    plain = job.init

    def fake(*given, watcher=None, trying=False, **options):
        result = plain(*given, **options)
        rows = [TrialRow(k, "complete", 0.5 / k, 7, 1.25, {}) for k in (1, 2)]
        rule = TriedRecipe(SMALL, rows[0], {"loss": 0.5}, 0.0, 0.0)
        best = TriedRecipe(SMALL._replace(bins=64), rows[1], {"loss": 0.25}, -0.25, 0.1)
        plan = dataclasses.replace(result.plan, warnings=("look at it",))
        return dataclasses.replace(
            result, plan=plan, tried=Tried((rule, best), SMALL, best, 40) if trying else None
        )

    monkeypatch.setattr(job, "init", fake)


def test_the_config_and_the_next_line_are_printed(project, invoke):
    result = invoke(*LINE)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "wrote    new.yaml  (binary, 2 features)\nnext     nnctl train new.yaml\n"
    )


@pytest.mark.parametrize("trying", [(), ("--try",)])
def test_quiet_prints_warnings_alone(trying, project, invoke, tried):
    result = invoke(*LINE, *trying, "-q")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "warning: look at it\n"
    assert (project / "new.yaml").is_file()


@pytest.mark.parametrize("trying", [(), ("--try",)])
def test_json_is_one_object(trying, project, invoke, tried):
    printed = json.loads(invoke(*LINE, *trying, "--json").stdout)
    recipes = printed.pop("tried", None)
    assert printed == {
        "config": "new.yaml",
        "task": "binary",
        "target": "label",
        "features": ["a", "b"],
        "left_out": {},
        "warnings": ["look at it"],
    }
    if not trying:
        assert recipes is None
        return
    rule, best = recipes
    assert (rule["bins"], rule["rule"], rule["written"]) == (SMALL.bins, True, False)
    assert best == {
        "bins": 64,
        "figures": {"loss": 0.25},
        "behind": -0.25,
        "noise": 0.1,
        "rule": False,
        "written": True,
    }


@pytest.mark.parametrize(
    ("typed", "column"), [("a\n", "a"), (" b \n", "b"), ("\n", "label"), ("c\n", "c")]
)
def test_who_names_no_target_is_asked(typed, column, project, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", keyboard := io.StringIO(typed))
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    assert asked_target(Path("table.csv"), None, False) == column
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "the columns: a, b, label\nwhich one is to be learnt [label]: "


def test_who_gives_no_answer_is_told_what_to_type(project, monkeypatch):
    monkeypatch.setattr("sys.stdin", keyboard := io.StringIO(""))
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    with pytest.raises(ArgumentError, match="no column was named") as error:
        asked_target(Path("table.csv"), None, False)
    assert error.value.problems[0].fix == "add --target label"
