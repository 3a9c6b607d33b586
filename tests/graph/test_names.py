"""Operations are told apart by the members of one enumeration alone, wherever in nnctl that is."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import nnctl
from nnctl.graph import UFUNCS, Graph, Name

PACKAGE = Path(nnctl.__file__).parent


@cache
def everything() -> list[tuple[Path, ast.AST]]:
    """All that the package's files say, and where."""
    files = sorted(PACKAGE.rglob("*.py"))
    return [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text()))]


def nodes(kind: type) -> Iterator[tuple[Path, ast.AST]]:
    return (found for found in everything() if isinstance(found[1], kind))


def module_of(file: Path) -> ModuleType:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


def is_attribute(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def held_against(attribute: str) -> Iterator[tuple[str, Path, ast.expr]]:
    """Each expression that `….attribute` is compared with or looked up in, and where it stands."""
    for file, node in nodes(ast.Compare):
        sides = [node.left, *node.comparators]
        if any(is_attribute(side, attribute) for side in sides):
            for side in sides:
                if not is_attribute(side, attribute):
                    yield f"{file.relative_to(PACKAGE)}:{node.lineno}", file, side
    for file, node in nodes(ast.Subscript):
        if is_attribute(node.slice, attribute):
            yield f"{file.relative_to(PACKAGE)}:{node.lineno}", file, node.value
    for file, node in nodes(ast.Call):
        looks_up = is_attribute(node.func, "get") and node.args
        if looks_up and is_attribute(node.args[0], attribute):
            yield f"{file.relative_to(PACKAGE)}:{node.lineno}", file, node.func.value


def evaluated(file: Path, node: ast.expr) -> list[object]:
    """The single thing or the things that an expression of a module's own names stands for."""
    found = eval(compile(ast.Expression(node), str(file), "eval"), dict(vars(module_of(file))))
    return list(found) if isinstance(found, (tuple, list, set, frozenset, dict)) else [found]


@pytest.mark.slow
def test_an_operation_is_held_against_names_alone():
    uses = list(held_against("operation"))
    assert {"graph", "derivatives", "export", "jobs"} <= {
        file.relative_to(PACKAGE).parts[0] for _, file, _ in uses
    }
    assert len(uses) > 20
    for where, file, node in uses:
        for each in evaluated(file, node):
            assert isinstance(each, Name), f"{where}: {ast.unparse(node)}"


@pytest.mark.slow
def test_nothing_that_is_only_called_like_an_operation_is_taken_for_one():
    """`value.name` is for readers: a leaf may be called "sum", too."""
    for where, file, node in held_against("name"):
        try:
            found = evaluated(file, node)
        except NameError:  # a variable of a function: of files, columns and runs
            continue
        assert not {each for each in found if isinstance(each, str)} & set(Name), where
    owners = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file, node in nodes(ast.Attribute)
        if node.attr == "name" and is_attribute(node.value, "op")
    ]
    assert [where.partition(":")[0] for where in owners] == ["graph/values.py"], owners


@pytest.mark.slow
def test_operations_are_made_under_names_alone_and_every_name_is_made():
    made = {name for name in map(name_given, nodes(ast.Call)) if name is not None}
    made |= {op.name for op in UFUNCS.values()}
    assert made == set(Name)


def name_given(found: tuple[Path, ast.Call]) -> Name | None:
    """The name under which a call makes an operation."""
    file, call = found
    if ast.unparse(call.func) not in ("Operation", "GivenDerivative", "operations.reduce"):
        return None
    first = call.args[0]
    if ast.unparse(first) in ("name", "Name(ufunc.__name__)"):  # both typed as names
        return None
    (name,) = evaluated(file, first)
    assert isinstance(name, Name), f"{file}:{call.lineno}"
    return name


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda ufunc: ufunc.__name__)
def test_a_ufunc_is_called_as_in_numpy(ufunc):
    assert UFUNCS[ufunc].name == ufunc.__name__


def test_a_leaf_has_no_operation_whatever_it_is_called():
    graph = Graph()
    leaf = graph.leaf("sum", (2,))
    assert (leaf.operation, leaf.name) == (None, "sum")
    assert (leaf.sum().operation, leaf.sum().name) == (Name.SUM, "sum")
    assert type(leaf.sum().name) is str  # plain text, for messages and JSON
