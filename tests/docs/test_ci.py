"""Workflows, hooks and forms are valid, ask for no more than they need, and run what exists."""

import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nnctl import __version__
from nnctl.cli.registry import COMMANDS
from nnctl.cli.signature import parameters
from nnctl.config.source import read
from tests.docs.blocks import blocks_of
from tests.docs.pages import DOCS, ROOT
from tests.processes import run

WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
CHECKS, RELEASE, SMOKE = (
    ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("checks", "release", "smoke")
)
FORMS = sorted(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FEW = ("logistic-regression", "softmax-regression", "digit-0-or-1")


def values_of(file: Path) -> dict[str, Any]:
    """A file, read as YAML 1.2, in which `on` is a word."""
    source = read(file)
    assert source.problems == []
    return source.values


def steps(workflow: Path) -> list[dict[str, Any]]:
    """The steps of all jobs of a workflow."""
    jobs = values_of(workflow)["jobs"].values()
    return [step for job in jobs for step in job.get("steps", [])]


def lines_run(workflow: Path) -> list[str]:
    """The commands that a workflow runs, line by line."""
    scripts = [str(step["run"]) for step in steps(workflow) if "run" in step]
    return [line.strip() for script in scripts for line in script.splitlines()]


def test_there_are_the_workflows_that_are_spoken_of():
    assert WORKFLOWS == [CHECKS, RELEASE, SMOKE]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_each_job_has_steps_or_is_a_workflow_that_is_there(workflow):
    jobs = values_of(workflow)["jobs"]
    assert jobs
    for job in jobs.values():
        if "steps" not in job:
            assert ROOT / job["uses"] in WORKFLOWS
            continue
        assert [step for step in job["steps"] if ("run" in step) == ("uses" in step)] == []
        if any("run" in step for step in job["steps"]):
            assert job["steps"][0]["uses"].startswith("actions/checkout@")
        assert {*needed(job)} <= jobs.keys()


def needed(job: dict[str, Any]) -> list[str]:
    """The jobs that come before a job."""
    named = job.get("needs", [])
    return [named] if isinstance(named, str) else named


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_only_publishing_may_sign_in(workflow):
    values = values_of(workflow)
    assert values["permissions"] == {"contents": "read"}
    more = {name: job.get("permissions") for name, job in values["jobs"].items()}
    more = {name: given for name, given in more.items() if given is not None}
    assert more == ({"publish": {"id-token": "write"}} if workflow == RELEASE else {})
    text = workflow.read_text(encoding="utf-8").lower()
    assert "secrets." not in text and "password:" not in text


@pytest.mark.parametrize(
    ("workflow", "triggers"),
    [
        (CHECKS, {"push": {"branches": ["**"]}, "pull_request": {}, "workflow_call": {}}),
        (SMOKE, ["push", "pull_request"]),
        (RELEASE, {"push": {"tags": ["v*"]}}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_workflow_starts_when_it_should(workflow, triggers):
    assert values_of(workflow)["on"] == triggers


@pytest.mark.process
@pytest.mark.parametrize("script", ["run", "style", "tag", "wheel"])
def test_a_script_of_the_workflows_can_be_run(script):
    file = ROOT / ".ci" / script
    assert file.stat().st_mode & 0o111 or os.name == "nt"
    assert run(["bash", "-n", str(file)]).returncode == 0
    starts = [line for workflow in WORKFLOWS for line in lines_run(workflow)]
    assert any(shlex.split(line)[0] == f".ci/{script}" for line in starts)


def test_style_comes_first_and_the_rest_of_the_checks_after_it():
    jobs = values_of(CHECKS)["jobs"]
    assert jobs["style"]["steps"][-1]["run"] == ".ci/style"
    assert {name: needed(job) for name, job in jobs.items() if name != "style"} == {
        "pages": ["style"],
        "quick": ["style"],
        "everything": ["style"],
    }


def test_the_quick_tests_run_on_all_systems_with_the_oldest_and_newest_of_python_and_numpy():
    job = values_of(CHECKS)["jobs"]["quick"]
    matrix = job["strategy"]["matrix"]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    oldest = PROJECT["requires-python"].removeprefix(">=")
    (numpy,) = [each for each in PROJECT["dependencies"] if each.startswith("numpy")]
    with_numpy = {each["python"]: each["numpy"] for each in matrix["include"]}
    assert matrix["python"] == list(with_numpy)
    assert with_numpy.pop(oldest) == f"{numpy.replace('>=', '==')}.*"
    assert list(with_numpy.values()) == ["numpy"]
    assert all(minor(each) > minor(oldest) for each in with_numpy)
    assert '-m "not slow"' in job["steps"][-1]["run"]


def minor(version: str) -> int:
    return int(version.split(".")[1])


def test_pages_that_the_code_would_write_otherwise_fail_a_check():
    assert values_of(CHECKS)["jobs"]["pages"]["steps"][-1]["run"].splitlines() == [
        "python -m tests.docs",
        "git diff --exit-code",
    ]


def test_the_checks_of_everything_are_the_script_that_everybody_runs():
    assert values_of(CHECKS)["jobs"]["everything"]["steps"][-1]["run"] == ".ci/run"
    assert ".ci/style" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_a_commit_is_held_to_the_same_style():
    (repository,) = values_of(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    hooks = [hook["entry"].replace(" --force-exclude", "") for hook in repository["hooks"]]
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    style = (ROOT / ".ci/style").read_text(encoding="utf-8").splitlines()
    checks = [line for line in style if line.startswith(("ruff", "mypy"))]
    assert hooks == [re.sub(r"( --check)? \.$", "", line) for line in checks]


def test_the_release_is_built_after_the_checks_and_published_after_that():
    jobs = values_of(RELEASE)["jobs"]
    assert jobs["checks"]["uses"] == "./.github/workflows/checks.yml"
    assert {name: needed(job) for name, job in jobs.items()} == {
        "checks": [],
        "build": ["checks"],
        "publish": ["build"],
    }
    runs = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    assert runs == ['.ci/tag "$GITHUB_REF_NAME"', "pip install build", ".ci/wheel"]
    assert jobs["publish"]["environment"] == "release"
    taken, published = jobs["publish"]["steps"]
    assert taken["with"]["name"] == jobs["build"]["steps"][-1]["with"]["name"]
    assert published["uses"].startswith("pypa/gh-action-pypi-publish@")


@pytest.mark.process
@pytest.mark.parametrize(
    ("tag", "section", "complaint"),
    [
        ("v{}", "[{}] - 2030-01-31", ""),
        ("{}", "[{}] - 2030-01-31", "the tag is {}, but"),
        ("v{}1", "[{}1] - 2030-01-31", "has the version {}\n"),
        ("v{}", "[{}]", "no dated section"),
        ("v{}", "[9.9.9] - 2030-01-31", "no dated section"),
        ("v{}", "[x{}] - 2030-01-31", "no dated section"),
    ],
)
def test_a_tag_is_the_version_and_the_changelog_tells_of_it(tag, section, complaint, tmp_path):
    for name in (".ci/tag", "nnctl/system/version.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = f"# Changelog\n\n## [Unreleased]\n\n## {section.format(__version__)}\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    command = ["bash", tmp_path / ".ci/tag", tag.format(__version__)]
    done = run(command)
    assert (done.returncode, bool(done.stderr)) == ((1, True) if complaint else (0, False))
    assert complaint.format(__version__) in done.stderr


def test_what_is_published_is_tried_outside_the_checkout():
    lines = (ROOT / ".ci/wheel").read_text(encoding="utf-8").splitlines()
    moved = lines.index('cd "$place"')
    tried = [shlex.split(line)[1] for line in lines[moved:] if line.startswith("nnctl ")]
    assert {"init", "validate", "train", "evaluate", "predict"} <= {*tried} <= {*COMMANDS}
    assert not any(line.startswith("nnctl ") for line in lines[:moved])
    assert [line for line in lines[moved + 1 :] if line.startswith("cd ")] == []


def test_the_forms_ask_for_what_is_needed():
    forms = {file.stem: values_of(file) for file in FORMS}
    assert {"bug", "feature"} <= forms.keys()
    for name in ("bug", "feature"):
        ids = [field["id"] for field in forms[name]["body"]]
        assert len(ids) == len(set(ids)) >= 3
    asked = {
        field["attributes"]["label"]: field["validations"]["required"]
        for field in forms["bug"]["body"]
    }
    for part in ("The config", "`nnctl --version`", "`nnctl validate CONFIG`"):
        assert [required for label, required in asked.items() if part in label] == [True]


def test_the_commands_exist_with_their_options():
    used = [shlex.split(line) for line in lines_run(SMOKE) if line.startswith("nnctl ")]
    assert len(used) == 6
    for _, command, *words in used:
        assert command in COMMANDS
        known = [name for each in parameters(command) for name in each.spellings]
        assert [word for word in words if word.startswith("-") and word not in known] == []


def test_the_documentation_shows_the_very_file():
    (shown,) = [block for block in blocks_of(DOCS / "ci.md") if block.file]
    assert ROOT / str(shown.file) == SMOKE
    assert shown.text == SMOKE.read_text(encoding="utf-8")


@pytest.mark.process
@pytest.mark.slow
def test_the_smoke_run_passes(tmp_path):
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    (tmp_path / "configs").mkdir()
    for name in FEW:
        shutil.copy(ROOT / "configs" / f"{name}.yaml", tmp_path / "configs")
    install, *rest = [str(step["run"]) for step in steps(SMOKE) if "run" in step]
    assert install == "pip install ."
    nnctl = f'nnctl() {{ {shlex.quote(sys.executable)} -m nnctl "$@"; }}\n'
    done = run(
        ["bash", "-euo", "pipefail", "-c", nnctl + "\n".join(rest)],
        cwd=tmp_path,
        limit=100,
    )
    assert done.returncode == 0, done.stderr
    assert len(re.findall("smoke test: every step ran", done.stdout)) == len(FEW)
