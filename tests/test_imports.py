"""Imports point one way: from the command line down to arrays."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nnctl"
# A module imports from rows above its own, and from its own folder.
ROWS = [
    ["errors", "rules", "__init__"],
    ["arguments", "atomic", "blas", "expression", "extras", "lowering", "machine", "randomness"],
    ["graph", "npz"],
    ["blocks", "layout", "error_function", "ranks", "schedules"],
    ["activations", "initializers", "regularizers"],
    ["losses", "layers", "optimizers"],
    ["metrics"],
    ["callbacks", "scoring", "step"],
    ["class_weights", "evaluation", "monitors"],
    ["training"],
    ["diagnosis", "model"],
    ["gradcheck"],
    ["explain"],
    ["data", "config", "mpi"],
    ["runs"],
    ["examples"],
    ["build"],
    ["advice"],
    ["trained"],
    ["comparison"],
    ["export", "report", "tuning"],
    ["jobs"],
    ["cli"],
    ["__main__"],
]
ROW = {module: row for row, modules in enumerate(ROWS) for module in modules}
ENGINE = ROW["explain"]
ENGINE_NEEDS = {"numpy", "threadpoolctl", "nnctl", *sys.stdlib_module_names}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(file: Path) -> list[str]:
    """The modules that a file imports anywhere, by their full names, type checking apart."""
    tree = ast.parse(file.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: list[str] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            module = node.module or ""
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def part(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_imports_only_from_above(file):
    own = part(file)
    for name in imported(file):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if top != "nnctl" or target == own or target.startswith("__version"):
            continue
        if own == "__init__":  # the package's lazy doors
            assert target in ("model",)
            continue
        assert target in ROW, f"{file} imports {name}: which row is {target} in?"
        assert ROW[target] < ROW[own], f"{own} imports {target}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_engine_needs_numpy_alone(file):
    if part(file) in ROW and ROW[part(file)] <= ENGINE:
        outside = {name.partition(".")[0] for name in imported(file)} - ENGINE_NEEDS
        assert outside == set()


def test_every_module_has_a_row():
    assert {part(file) for file in FILES} == set(ROW)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys\nfrom nnctl.__main__ import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pydantic', 'yaml', 'rich.progress'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
