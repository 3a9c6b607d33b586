"""Imports point one way: from the command line down to arrays."""

import ast
import sys
from pathlib import Path

import pytest

from tests.processes import run

PACKAGE = Path(__file__).parents[1] / "nnctl"
# The floors of the house, from the ground up: a room imports from floors below its own alone.
# The tour in nnctl/docs/read-the-code.md shows the same table.
FLOORS = [
    ["visible"],
    ["errors", "graph", "rules"],
    ["network", "system"],
    ["reading", "training"],
    ["config", "data", "derivatives", "runs"],
    ["assembly", "tuning"],
    ["advice", "export"],
    ["report"],
    ["jobs"],
    ["cli"],
    ["__main__"],
]
# What users import by name: doors that only hand on what lives in a room.
DOORS = {door: {"network"} for door in ("activations", "layers", "losses", "optimizers")}
DOORS["__init__"] = {"system", "training"}
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ENGINE = FLOOR["training"]
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


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(file: Path) -> set[str]:
    """The other rooms and doors that a file takes something from."""
    names = [name.split(".") for name in imported(file) if name.startswith("nnctl.")]
    return {name[1] for name in names} - {room(file)}


def test_no_import_runs_up():
    arrows = [
        (file, target)
        for file in FILES
        if room(file) in FLOOR
        for target in sorted(rooms_imported(file))
    ]
    assert {room(file) for file, _ in arrows} >= {"cli", "jobs", "network", "training"}
    assert [
        f"{file.relative_to(PACKAGE)} imports {target}"
        for file, target in arrows
        if target not in FLOOR or FLOOR[target] >= FLOOR[room(file)]
    ] == []


def test_a_door_hands_on_what_lives_in_its_rooms():
    doors = {room(file): rooms_imported(file) for file in FILES if room(file) not in FLOOR}
    assert doors == DOORS


def test_the_engine_needs_numpy_alone():
    files = [file for file in FILES if FLOOR.get(room(file), ENGINE) <= ENGINE]
    outside = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in files
        for name in imported(file)
        if name.partition(".")[0] not in ENGINE_NEEDS
    }
    assert files and outside == {"training/mpi.py imports mpi4py.MPI"}  # an extra, when it is used


def test_the_house_has_no_other_rooms():
    assert {room(file) for file in FILES} == set(FLOOR) | set(DOORS)


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys\nfrom nnctl.__main__ import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pydantic', 'yaml', 'rich.progress'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
