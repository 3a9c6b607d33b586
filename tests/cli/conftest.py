"""A folder with a small table and its config, and two ways to run commands in it."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer.testing import CliRunner, Result

from nnctl.cli.app import app
from tests.processes import run

ROWS = [(k % 7, (3 * k) % 11, "yes" if k % 7 > 3 else "no") for k in range(40)]
CONFIG = """\
data: {train: table.csv, target: label}
layers:
  - {type: dense, units: 3, activation: tanh}
  - {type: dense, units: 1}
loss: {type: binary_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.05}
epochs: 3
"""
Process = Callable[..., CompletedProcess[str]]
Invoke = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with `table.csv` and `small.yaml`."""
    table = "".join(f"{a},{b},{label}\n" for a, b, label in ROWS)
    (tmp_path / "table.csv").write_text("a,b,label\n" + table)
    (tmp_path / "small.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def invoke() -> Invoke:
    """Runs a command in this process: quick, with its output apart."""
    return lambda *arguments, **given: CliRunner().invoke(app, list(arguments), **given)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment, without what would change how output is buffered or coloured."""
    changing = ("PYTHONUNBUFFERED", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERMINAL_WIDTH")
    return {name: value for name, value in os.environ.items() if name not in changing}


@pytest.fixture
def process(environment: Mapping[str, str]) -> Process:
    """Runs a command as its user does; `shell` is a line in which `nnctl` stands for it."""

    def run_nnctl(*arguments: str, shell: str | None = None, **variables: str):
        command = [sys.executable, "-m", "nnctl", *arguments]
        if shell is not None:
            command = ["bash", "-c", f'nnctl() {{ "{sys.executable}" -m nnctl "$@"; }}; {shell}']
        return run(command, env={**environment, **variables})

    return run_nnctl


@pytest.fixture
def trained(project: Path, invoke: Invoke) -> Path:
    """The folder of a run of `small.yaml`."""
    assert invoke("train", "small.yaml", "-q").exit_code == 0
    return project / "runs" / "small"
