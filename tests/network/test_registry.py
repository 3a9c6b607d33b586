"""Named types that are loaded when they are asked for."""

import inspect
import sys
from importlib import import_module

import pytest

from nnctl.network import layers, optimizers
from nnctl.network.layers import LAYERS
from nnctl.network.layers.dense import Dense
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.network.registry import Registry
from tests.processes import run

REGISTRIES = pytest.mark.parametrize(
    ("package", "registry"), [(layers, LAYERS), (optimizers, OPTIMIZERS)]
)


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    """A registry of a package whose module notes that it was loaded."""
    package = tmp_path / "drawn_shapes"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "round.py").write_text("class Circle: pass\nclass Ellipse: pass\n")
    (package / "square.py").write_text("class Square: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry(
        "drawn_shapes",
        {"circle": "round.Circle", "disc": "round.Circle", "square": "square.Square"},
    )
    for name in [name for name in sys.modules if name.startswith("drawn_shapes")]:
        del sys.modules[name]


def loaded():
    return {name.partition(".")[2] for name in sys.modules if name.startswith("drawn_shapes.")}


def test_names_are_known_before_anything_is_loaded(shapes):
    assert list(shapes) == ["circle", "disc", "square"]
    assert len(shapes) == 3 and "disc" in shapes and "line" not in shapes and None not in shapes
    assert shapes.name_of(Dense) is None
    assert loaded() == set()


def test_a_type_is_loaded_with_its_module_alone(shapes):
    circle = shapes["circle"]
    assert loaded() == {"round"}
    assert circle is shapes["disc"] is shapes.exported("Circle")
    assert circle is import_module("drawn_shapes.round").Circle
    assert loaded() == {"round"}
    assert [made.__name__ for made in shapes.values()] == ["Circle", "Circle", "Square"]


def test_a_type_is_called_by_the_first_of_its_names(shapes):
    assert shapes.name_of(shapes["disc"]) == "circle"
    assert shapes.name_of(type("Circle", (), {})) is None  # another class of that name
    assert shapes.name_of(import_module("drawn_shapes.round").Ellipse) is None


def test_what_is_not_listed_is_an_error(shapes):
    with pytest.raises(KeyError, match="line"):
        shapes["line"]
    with pytest.raises(AttributeError, match="'drawn_shapes' has no attribute 'Ellipse'"):
        shapes.exported("Ellipse")


@REGISTRIES
def test_a_package_has_all_its_classes_under_their_names(package, registry):
    classes = {made.__name__: made for made in registry.values()}
    assert {name: getattr(package, name) for name in classes} == classes
    assert classes.keys() <= set(package.__all__)
    assert all(inspect.isclass(made) for made in classes.values())
    assert not hasattr(package, "Nothing")


@pytest.mark.slow
@pytest.mark.process
@REGISTRIES
def test_a_package_loads_none_of_its_types(package, registry):
    modules = {registry[name].__module__ for name in registry}
    code = f"import sys, {package.__name__}\nprint(*sys.modules, sep='\\n')"
    found = run([sys.executable, "-c", code]).stdout.splitlines()
    assert package.__name__ in found
    assert modules and modules.isdisjoint(found)
