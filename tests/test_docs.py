"""The README is true: its commands run, its files train, its figures are those measured."""

import re
import shlex
import shutil
import sys
from contextlib import chdir
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from nnctl.assembly.examples import data_file
from nnctl.config import load
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.gradcheck import gradcheck
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.jobs.validate import validate
from tests.docs.running import printed_by, words_of
from tests.processes import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(marker: str) -> list[str]:
    """The fenced blocks that follow a marker comment."""
    found = re.findall(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, marker
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the shipped configs and data, as in a clone."""
    for name in ("configs", "datasets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def run_line(command: str, folder: Path) -> CompletedProcess[str]:
    """A line of the README, with the nnctl that is being tested; by a shell where it needs one."""
    if words := words_of(command):
        with chdir(folder):
            return CompletedProcess(words, *printed_by(words[1:]))
    nnctl = f"{shlex.quote(sys.executable)} -m nnctl "
    command = re.sub(r"(^|&& )(\S*/)?nnctl ", lambda match: match[1] + nnctl, command)
    return run(command, shell=True, cwd=folder)


@pytest.mark.process
@pytest.mark.slow
def test_the_commands_of_the_readme_run_in_their_order(checkout: Path):
    (main,) = blocks("main command")
    install, _, train = main.partition(" && .venv/bin/nnctl")
    assert install == "python3 -m venv .venv && .venv/bin/pip install -q ."
    files = re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", README, re.DOTALL)
    assert files
    for name, text in files:
        (checkout / name).write_text(text)
        assert len(text.splitlines()) <= 10
    shutil.copy(checkout / "datasets/iris.csv", checkout / "flowers.csv")
    commands = ["nnctl" + train.strip() + " --epochs 3"]
    commands[0] = commands[0].replace("nnctltrain", "nnctl train")
    commands += [line for block in blocks("run these") for line in block.strip().splitlines()]
    commands.remove("nnctl gradcheck")  # takes long, and is run by tests/gradcheck
    for command in commands:
        result = run_line(command, checkout)
        assert result.returncode == 0, f"{command}\n{result.stderr}"
        assert "Traceback" not in result.stderr
    assert (checkout / "predictions.csv").read_text().startswith("prediction,probability_setosa")


@pytest.mark.process
@pytest.mark.slow
def test_predict_prints_a_header_and_two_rows(checkout: Path):
    assert run_line("nnctl train configs/mnist.yaml --epochs 1 -q", checkout).returncode == 0
    (line,) = [c for c in "".join(blocks("run these")).splitlines() if "head -3" in c]
    printed = run_line(line, checkout).stdout.splitlines()
    assert len(printed) == 3
    assert printed[0].startswith("prediction,probability_0")


@pytest.mark.process
@pytest.mark.slow
def test_the_python_of_the_readme_runs():
    for block in blocks("python"):
        result = run([sys.executable, "-c", block], cwd=ROOT)
        assert result.returncode == 0, result.stderr


def test_the_readme_is_short():
    assert len(README.splitlines()) < 200


def test_the_figures_of_the_readme_are_those_of_the_page_on_speed():
    (table,) = re.findall(r"^\| network \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert len(table.splitlines()) > 4
    measured = (ROOT / "nnctl/docs/speed.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in table.splitlines() if row and row not in measured] == []


@pytest.mark.slow
@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_config_is_valid_and_trains(config: Path, tmp_path: Path):
    assert validate([config]).errors == ()
    result = train(config, output=tmp_path / "run", epochs=1)
    assert result.results["epochs"] == 1
    assert gradcheck(config).passed
    data = load(config)
    file = data_file(data, data.data.train, data.data.features, data.data.target)
    predicted = "".join(predict(result.folder, file.path).chunks())
    figures = evaluate(result.folder, file.path)
    assert len(predicted.splitlines()) == figures.rows + 1
    assert np.isfinite([figures.loss, *figures.metrics.values()]).all()
