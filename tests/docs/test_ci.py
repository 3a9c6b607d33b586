"""The workflows are valid, run commands that exist, and are what the documentation shows."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnctl.cli.app import COMMANDS
from nnctl.config.source import read
from tests.docs.blocks import blocks_of
from tests.docs.pages import DOCS, ROOT
from tests.docs.signature import parameters

WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
SMOKE = ROOT / ".github" / "workflows" / "smoke.yml"
FEW = ("logistic-regression", "softmax-regression", "digit-0-or-1")


def steps(workflow: Path) -> list[dict[str, object]]:
    """The steps of a workflow's only job, read as YAML 1.2."""
    source = read(workflow)
    assert source.problems == []
    assert source.values["on"] == ["push", "pull_request"]
    (job,) = source.values["jobs"].values()
    assert job["runs-on"] == "ubuntu-latest"
    return job["steps"]


def scripts(workflow: Path) -> list[str]:
    return [str(step["run"]) for step in steps(workflow) if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_checks_out_and_then_runs_something(workflow):
    first, *rest = steps(workflow)
    assert str(first["uses"]).startswith("actions/checkout@")
    assert [step for step in rest if {"run", "uses"}.isdisjoint(step)] == []
    assert scripts(workflow)


def test_the_checks_run_the_same_script_as_everybody():
    (script,) = scripts(ROOT / ".github" / "workflows" / "checks.yml")
    assert (ROOT / script).stat().st_mode & 0o111


def test_the_commands_exist_with_their_options():
    lines = [line.strip() for script in scripts(SMOKE) for line in script.splitlines()]
    used = [shlex.split(line) for line in lines if line.startswith("nnctl ")]
    assert len(used) == 6
    for _, command, *words in used:
        assert command in COMMANDS
        known = [name for each in parameters(command) for name in each.spellings]
        assert [word for word in words if word.startswith("-") and word not in known] == []


def test_the_documentation_shows_the_very_file():
    (shown,) = [block for block in blocks_of(DOCS / "ci.md") if block.file]
    assert ROOT / str(shown.file) == SMOKE
    assert shown.text == SMOKE.read_text()


def test_the_smoke_run_passes(tmp_path):
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    (tmp_path / "configs").mkdir()
    for name in FEW:
        shutil.copy(ROOT / "configs" / f"{name}.yaml", tmp_path / "configs")
    install, *rest = scripts(SMOKE)
    assert install == "pip install ."
    nnctl = f'nnctl() {{ {shlex.quote(sys.executable)} -m nnctl "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", nnctl + "\n".join(rest)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall("smoke test: every step ran", done.stdout)) == len(FEW)
