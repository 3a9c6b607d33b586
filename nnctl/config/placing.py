"""Where in a config a problem of its data is to be mended."""

from collections.abc import Mapping
from typing import Any

from nnctl.config.source import Source
from nnctl.config.yaml_lines import path_below
from nnctl.errors import OUTPUT_UNITS, Problem, Setting
from nnctl.system.unicode import normal_form

TRAIN = "data.train"
EACH = ".*."  # stands for the name in a path, which is the item
NAMED = {"data.target": "target", "data.features": "features"}  # what a file may name itself


def place_problem(source: Source, problem: Problem) -> Problem:
    """The problem at the config's key that decides about it, its place in the data told beside.

    Where no key does, it stays in its place, with the fix that a config allows.
    """
    setting = problem.setting
    if setting is None:
        return problem
    fix = setting.fix or problem.fix
    if not setting.key:
        return problem._replace(fix=fix, setting=None)
    place = ", ".join(part for part in (problem.place, problem.path) if part)
    placed = source.problem(path_of(source.values, setting), f"{problem.message} ({place})", fix)
    return placed._replace(details=problem.details)


def path_of(values: Mapping[str, Any], setting: Setting) -> str:
    """The dotted path, in a config's plain values, of what is to be changed."""
    if setting.key == OUTPUT_UNITS:
        return units_path(values.get("layers"))
    path, data = setting.key, values.get("data")
    if EACH in path:
        above, _, last = path.partition(EACH)
        return path_below(path_of(values, setting._replace(key=above)), last)
    section, _, key = path.partition(".")
    train = data.get("train") if isinstance(data, Mapping) else None
    if path in NAMED and isinstance(train, Mapping) and train.get(NAMED[path]) is not None:
        path, value = f"{TRAIN}.{NAMED[path]}", train[NAMED[path]]
    else:
        holder = values.get(section)
        value = holder.get(key) if isinstance(holder, Mapping) else None
    if isinstance(value, Mapping):
        return mapping_path(path, value, setting.item)
    items = list(map(str, value)) if isinstance(value, list | tuple) else []
    return path_below(path, items.index(setting.item)) if setting.item in items else path


def mapping_path(path: str, value: Mapping[Any, Any], item: str) -> str:
    """The path of what is said of a column, whose name may be spelt in another form."""
    own = next((key for key in value if normal_form(str(key)) == item), None)
    return path if own is None else path_below(path, own)


def units_path(layers: Any) -> str:
    """The path of the units of the last layer that has some."""
    for index, layer in reversed(list(enumerate(layers if isinstance(layers, list) else []))):
        if isinstance(layer, Mapping) and "units" in layer:
            return f"layers.{index}.units"
    return "layers"
