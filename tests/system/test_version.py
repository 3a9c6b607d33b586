"""The version stands in one place, which packaging reads without running the package."""

import ast
import re
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import nnctl

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "nnctl" / "system" / "version.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def versions_assigned(file: Path) -> list[object]:
    """What a file gives the name `__version__`, where that is a literal."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assignments = [node for node in tree.body if isinstance(node, ast.Assign)]
    return [
        ast.literal_eval(node.value)
        for node in assignments
        if "__version__" in map(ast.unparse, node.targets)
    ]


def test_one_file_of_the_package_states_the_version():
    files = sorted(ROOT.glob("nnctl/**/*.py"))
    stated = {file: found for file in files if (found := versions_assigned(file))}
    assert stated == {PLACE: [nnctl.__version__]}


def test_packaging_reads_it_there():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    module, _, name = PROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert ROOT / f"{module.replace('.', '/')}.py" == PLACE
    assert getattr(import_module(module), name) == nnctl.__version__


def test_what_is_installed_has_it():
    assert metadata.version("nnctl") == nnctl.__version__, "install the checkout again"


def test_the_changelog_has_it_after_what_is_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "[Unreleased]"
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", each) for each in released]
    assert dated and all(dated)
    assert dated[0] and dated[0][1] == nnctl.__version__
