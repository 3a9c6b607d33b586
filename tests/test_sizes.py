"""Files and functions that one can take in at a look."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nnctl"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400  # of a module
MOST_LINES_OF_A_FUNCTION = 50
MOST_FILES = 30  # of a folder
COMMANDS = PACKAGE / "cli" / "commands"  # which declare an option a line


def functions(source: str) -> list[tuple[str, int]]:
    """The functions of a module with their lines."""
    nodes = ast.walk(ast.parse(source))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in nodes
        if isinstance(node, kinds)
    ]


@pytest.mark.parametrize("most", [10, MOST_LINES_OF_A_FUNCTION])
def test_a_long_function_is_seen(most: int) -> None:
    source = "class Inner:\n    def long(self):\n" + "        pass\n" * most
    assert functions(source) == [("long", most + 1)]


def test_modules_and_functions_are_short() -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in FILES}
    assert len(lengths) > 300
    assert {file.name: lines for file, lines in lengths.items() if lines > MOST_LINES} == {}
    long = {
        f"{file.name}: {name}": lines
        for file in FILES
        for name, lines in functions(file.read_text())
        if lines > MOST_LINES_OF_A_FUNCTION and file.parent != COMMANDS
    }
    assert long == {}


def test_folders_hold_no_more_than_one_overlooks() -> None:
    held = Counter(file.parent for file in FILES)
    assert {folder.name: count for folder, count in held.items() if count > MOST_FILES} == {}
