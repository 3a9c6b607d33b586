"""Within a room a name means one thing: no two of its modules define the same one."""

import ast
from collections import defaultdict

import pytest

from tests.test_imports import FLOORS, PACKAGE

# Defined in several modules, and meaning the same in each of them.
SHARED = {
    ("cli", "command"): "a file of cli/commands is one command, which goes by that name",
}
ROOMS = [room for floor in FLOORS for room in floor if (PACKAGE / room).is_dir()]


def defined_names(source: str) -> list[str]:
    """The names that a module defines at its top level: functions, classes, constants, types.

    What is imported is defined elsewhere, and what each module has of its own (`__all__`) is left
    out.
    """
    names: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            inner = [each for target in targets for each in ast.walk(target)]
            names += [each.id for each in inner if isinstance(each, ast.Name)]
    return [name for name in dict.fromkeys(names) if not name.startswith("__")]


def homes_by_name(room: str) -> dict[str, list[str]]:
    """The modules of a room that define each name."""
    homes: dict[str, list[str]] = defaultdict(list)
    for file in sorted((PACKAGE / room).rglob("*.py")):
        for name in defined_names(file.read_text(encoding="utf-8")):
            homes[name].append(str(file.relative_to(PACKAGE)))
    return homes


@pytest.mark.parametrize("room", ROOMS)
def test_a_name_means_one_thing_in_its_room(room):
    homes = homes_by_name(room)
    assert homes, "the guard reads no names"
    several = {name: files for name, files in homes.items() if len(files) > 1}
    assert {k: v for k, v in several.items() if (room, k) not in SHARED} == {}


def test_what_is_allowed_is_needed():
    for room, name in SHARED:
        assert len(homes_by_name(room)[name]) > 1, f"{name} is defined once in {room}"


def test_all_kinds_of_definitions_are_seen():
    source = """\
import json
from math import pi
A, B = 1, 2
C: int = 3
D = E = 4
__all__ = ["A"]
class F:
    g = 5
    def h(self): ...
def i():
    j = 6
async def k(): ...
"""
    assert defined_names(source) == ["A", "B", "C", "D", "E", "F", "i", "k"]


def test_rooms_are_found():
    assert {"cli", "jobs", "graph", "rules"} <= set(ROOMS)
