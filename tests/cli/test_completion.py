"""What a shell is told when somebody presses Tab, by the protocol of Typer's own scripts."""

import os
import subprocess
import sys

import pytest

from nnctl.cli import completion
from nnctl.metrics import METRICS
from nnctl.rules import RULES

RUN = """
import sys
from nnctl.__main__ import main
sys.argv = ["nnctl"]
try:
    main()
except SystemExit:
    pass
heavy = {"numpy", "yaml"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder such as people have, and the current one."""
    monkeypatch.chdir(tmp_path)
    for name in ("configs/a.yaml", "configs/b.yml", "configs/notes.txt", "data/rows.csv.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "runs/a").mkdir(parents=True)
    (tmp_path / "runs/a/weights.npz").touch()
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def told(words: str) -> list[str]:
    """What bash is told for the last of the words, which need nothing heavy to be found."""
    protocol = {
        "_NNCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        env={**os.environ, **protocol},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nnctl pr", ["predict", "profile"]),
        ("nnctl train con", ["configs/a.yaml", "configs/b.yml"]),
        ("nnctl predict runs/a d", ["data/rows.csv.gz"]),
        ("nnctl evaluate r", ["runs/a/weights.npz"]),
        ("nnctl evaluate runs/a d --fail-under rec", ["recall="]),
        ("nnctl train configs/a.yaml --set opt", ["optimizer.learning_rate="]),
        ("nnctl advice linear", ["linear-hidden"]),
    ],
)
def test_tab_completes(words, expected, folder):
    assert told(words) == expected


def test_files_of_other_kinds_are_left_out(folder):
    assert completion.configs("") == ["configs/", "data/", "runs/"]
    assert completion.configs("configs/") == ["configs/a.yaml", "configs/b.yml"]
    assert completion.configs(f"{folder}/configs/b") == [f"{folder}/configs/b.yml"]
    assert completion.weights("configs/") == []
    assert completion.tables("nowhere/") == []
    assert completion.configs(".h") == [".hidden/"]


def test_every_metric_and_rule_is_known():
    assert tuple(sorted(METRICS)) == completion.METRICS
    assert completion.bounds("") == ["loss=", *(f"{name}=" for name in completion.METRICS)]
    assert dict(completion.codes("")) == {code: rule.title for code, rule in RULES.items()}
