"""Within a room of the engine, a name at top level means one thing."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import nnctl

PACKAGE = Path(nnctl.__file__).parent


def names_of(file: Path) -> list[str]:
    """What a module defines at top level; what it imports is another's."""
    found: list[str] = []
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            targets = [name for target in node.targets for name in ast.walk(target)]
            found += [target.id for target in targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return [name for name in found if name != "__all__"]


@pytest.mark.parametrize("room", ["graph", "network", "training"])
def test_a_name_means_one_thing_within_a_room(room):
    files = sorted((PACKAGE / room).rglob("*.py"))
    defined = defaultdict(list)
    for file in files:
        for name in names_of(file):
            defined[name].append(file.relative_to(PACKAGE).as_posix())
    assert len(defined) > len(files) > 5
    assert {name: files for name, files in defined.items() if len(files) > 1} == {}
