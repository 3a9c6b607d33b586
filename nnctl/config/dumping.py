"""A config as plain data with every default filled in, and as YAML that reads back the same."""

import math
from typing import Any

import yaml

from nnctl.config.data_files import with_files
from nnctl.config.scalars import TooLong, core_value
from nnctl.config.schema import Config, absolute
from nnctl.config.types import Entry, Section
from nnctl.errors.visible import visible, visible_lines

WIDTH = 100
# What is asked of a model's answers: files of runs that ask nothing do not speak of it.
UNASKED: dict[str, Any] = {"calibrate": False, "threshold": None, "intervals": None}


def resolved(
    config: Config, *, absolute_paths: bool = False, tune: bool = False, unasked: bool = False
) -> dict[str, Any]:
    """Every key of the config with its value, those of the named types included.

    The section `tune`, which decides nothing of a training, is left out unless it is asked for;
    so are the keys about answers where nothing is asked, unless the `unasked` is wanted.

    A type without arguments is its bare name. Data files are named as the user wrote them, or by
    absolute paths, which mean the same from any folder.
    """
    values: dict[str, Any] = plain_values(config)
    if config.tune is None or not tune:
        del values["tune"]
    if not unasked:
        for key in [key for key, default in UNASKED.items() if values[key] == default]:
            del values[key]
        if values["data"]["calibration"] is None:
            del values["data"]["calibration"]
    without_images(values["data"])
    if absolute_paths:
        data = values["data"]
        values["data"] = with_files(data, lambda file: absolute(config.resolve(file)))
    return values


def without_images(data: dict[str, Any]) -> None:
    """Leaves out of plain `data` the keys about images, where there are none."""
    if data["image"] is None:
        del data["image"]
    for part in data.values():
        if isinstance(part, dict) and "images" in part and part["images"] is None:
            del part["images"]


def plain_values(value: Any) -> Any:
    """Sections as dictionaries, tuples as lists."""
    if isinstance(value, Entry) and not value.arguments():
        return value.type
    if isinstance(value, Section):
        return {name: plain_values(below) for name, below in value}
    if isinstance(value, dict):
        return {key: plain_values(below) for key, below in value.items()}
    if isinstance(value, tuple | list):
        return [plain_values(item) for item in value]
    return value


def dump_yaml(values: dict[str, Any]) -> str:
    """Plain data as YAML, which `load` reads back to the same values, floats to the last bit."""
    text: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return visible_lines(text)


def dump_line(key: str, value: Any) -> str:
    """`key: value` as one line of YAML; `value` is a scalar, or a collection of scalars."""
    nested = isinstance(value, dict | list)
    line: str = yaml.dump(
        {key: value},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=math.inf,
        default_flow_style=None if nested else False,
    )
    return visible_lines(line.rstrip("\n"))


class _Dumper(yaml.SafeDumper):
    """Writes what means the same to readers of YAML 1.1 and 1.2."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text in quotes where YAML 1.2 reads it as something else; PyYAML sees to 1.1 itself.

    So is text that is not visible as it is: what PyYAML leaves of that is escaped between quotes.
    """
    try:
        is_text = isinstance(core_value(text), str) and visible(text) == text
    except TooLong:
        is_text = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_text else '"')


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    """A list of scalars on one line, others an item a line."""
    nested = any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not nested)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
